"""The invoice as a document: lines, tax, totals; immutable once it has its number.

Amounts are rounded once per line; total = rounded subtotal + rounded tax. A correction after issue is a
credit note, never an edit (EU VAT Directive 2006/112, art. 219).

A line reads from left to right: quantity x unit price = list amount; less discounts; times the factor
of the part of the period; less the tax that is contained, if prices contain it; gives the amount.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from domain.invoicing.totals import DocumentTotals
from domain.money.money import Money
from domain.periods.periods import Period
from domain.periods.proration import Prorated
from domain.pricing.discounts import AppliedDiscount
from domain.pricing.taxes import TaxMode, TaxPart, TaxScope


class InvoicePurpose(StrEnum):
    """Why the invoice exists."""

    FIRST = "first"
    RENEWAL = "renewal"
    CHANGE = "change"


@dataclass(frozen=True, kw_only=True, slots=True)
class InvoiceLine:
    """One line: what, how much, for which span, and why.

    Attributes:
        line_id: Unique within the invoice, stable; vendor line references derive from it.
        price_of: Id of the plan or add-on in the catalog.
        quantity: Units billed, 0 or more.
        unit_price: Price of one unit in major units of the currency, up to 12 decimals.
        amount: Rounded line amount before tax, after discount; negative for a credit.
        period: The span the line pays for; None for one-off charges.
        reason: Why the line is there, in words an accountant reads ("first period", "renewal").
        factor: Proration factor that was applied; None when the whole period is billed.
        list_amount: Quantity times unit price, rounded: for the whole period, before discounts.
            None on lines that were written before this was kept.
        discounts: What each discount took off the list amount.
        prorated: How the part of the period was counted; its amount is before tax in exclusive
            prices and with tax in inclusive ones. None when the whole period is billed.
        taxes: The line's share of each tax line, by the code of its rate.
        credit_of: Id of the line of an earlier invoice that this one gives back a part of.
    """

    line_id: str
    price_of: str
    description: str
    quantity: Decimal
    unit_price: Decimal
    amount: Money
    period: Period | None
    reason: str
    factor: Decimal | None = None
    list_amount: Money | None = None
    discounts: tuple[AppliedDiscount, ...] = ()
    prorated: Prorated | None = None
    taxes: tuple[TaxPart, ...] = ()
    credit_of: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TaxLine:
    """The tax of one rate group: `amount` is the rounded tax on `taxable`; `rate` is a fraction (0.19).

    Attributes:
        code: Key of the rate in the rate table.
        is_reverse_charge: The buyer owes the tax: the rate is named, the amount is 0.
    """

    name: str
    rate: Decimal
    taxable: Money
    amount: Money
    code: str = ""
    is_reverse_charge: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class InvoiceHeader:
    """What a document says besides its lines; the fields are those of `InvoiceDocument`."""

    invoice_id: str
    subscription_id: str
    account_id: str
    legal_entity: str
    purchase_order: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class InvoiceDocument(DocumentTotals[InvoiceLine, TaxLine]):
    """An invoice, as a draft (`number` None) or issued.

    Attributes:
        legal_entity: Our company that sells; it owns the number series.
        number: Legal number, taken at issue, gapless per legal entity and series; None before.
        issued_on: Date of issue in the seller's time zone; None before issue.
        due_on: Last day of the payment term; equals `issued_on` when the invoice is charged at once.
        purchase_order: The buyer's reference.
        tax_mode: Whether unit prices and list amounts contain tax; line amounts never do.
        tax_scope: Where tax was rounded.
    """

    invoice_id: str
    subscription_id: str
    account_id: str
    legal_entity: str
    purpose: InvoicePurpose
    currency: str
    lines: tuple[InvoiceLine, ...]
    tax_lines: tuple[TaxLine, ...] = ()
    number: str | None = None
    issued_on: date | None = None
    due_on: date | None = None
    purchase_order: str | None = None
    tax_mode: TaxMode = TaxMode.EXCLUSIVE
    tax_scope: TaxScope = TaxScope.PER_LINE

    def reference(self) -> "InvoiceDocument":
        """Return the document without its lines: enough to find it in our tables."""
        return replace(self, lines=(), tax_lines=())


@dataclass(frozen=True, kw_only=True, slots=True)
class ProviderInvoiceRequest:
    """Everything needed to create the provider invoice of an issued invoice.

    Attributes:
        document: The issued invoice with its legal number.
        customer_id: The provider's id of the payment customer.
        send_with_due_date: True: send it with bank details and wait; False: it will be charged.
    """

    document: InvoiceDocument
    customer_id: str
    send_with_due_date: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class InvoiceNumber:
    """A legal number taken from the register, with the dates that were fixed in the same transaction."""

    number: str
    issued_on: date
    due_on: date
    taken_at: datetime


def issue(draft: InvoiceDocument, number: InvoiceNumber) -> InvoiceDocument:
    """Return the issued document; it is not changed again.

    Raises:
        ValueError: If the document already has a number.
    """
    if draft.number is not None:
        raise ValueError(f"invoice {draft.invoice_id} is already issued as {draft.number}")
    return replace(draft, number=number.number, issued_on=number.issued_on, due_on=number.due_on)
