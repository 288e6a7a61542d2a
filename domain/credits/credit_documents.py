"""The credit note as a document: what it takes off an issued invoice, with a number of its own series.

It refers to the invoice by its number and is never edited after issue either (EU VAT Directive
2006/112, art. 219; document type 381 of EN 16931). Amounts are 0 or more and are subtracted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from domain.credits.credit_notes import Credited
from domain.invoicing.invoices import InvoiceDocument, InvoiceNumber, TaxLine
from domain.invoicing.totals import DocumentTotals
from domain.money.money import Money
from domain.periods.periods import Period
from domain.periods.proration import Prorated
from domain.pricing.taxes import TaxPart


@dataclass(frozen=True, kw_only=True, slots=True)
class CreditedLine:
    """One line of a credit note.

    Attributes:
        line_id: The line of the invoice that is credited.
        price_of: Its id in the catalog.
        amount: Before tax, 0 or more.
        billed: Amount that the line was billed, before tax, after discount.
        taxes: The same part of each of its taxes, by the code of the rate.
        period: The time given back; None if the credit is not for time.
        prorated: How it was counted; None if the credit is not for time.
        reason: Why, in words an accountant reads.
        is_capped: Whether less is left of the line than the convention alone would give back.
    """

    line_id: str
    price_of: str
    description: str
    amount: Money
    billed: Money
    taxes: tuple[TaxPart, ...]
    reason: str
    period: Period | None = None
    prorated: Prorated | None = None
    is_capped: bool = False

    @property
    def as_credited(self) -> Credited:
        """The amount and its taxes, to be kept with the invoice line."""
        return Credited(net=self.amount, taxes=self.taxes)


@dataclass(frozen=True, kw_only=True, slots=True)
class CreditNoteDocument(DocumentTotals[CreditedLine, TaxLine]):
    """A credit note, as a draft (`number` None) or issued.

    Attributes:
        invoice_id: The invoice that is corrected.
        invoice_number: Its legal number; None while it is only a draft in a preview.
        legal_entity: Owns the number series.
        number: Legal number in the series of credit notes, taken at issue.
    """

    credit_note_id: str
    invoice_id: str
    invoice_number: str | None
    subscription_id: str
    account_id: str
    legal_entity: str
    currency: str
    lines: tuple[CreditedLine, ...]
    tax_lines: tuple[TaxLine, ...] = ()
    number: str | None = None
    issued_on: date | None = None


def issue_credit_note(draft: CreditNoteDocument, number: InvoiceNumber) -> CreditNoteDocument:
    """Return the issued document; it is not changed again.

    Raises:
        ValueError: It already has a number, or the invoice it corrects was never issued.
    """
    if draft.number is not None:
        raise ValueError(f"credit note {draft.credit_note_id} is already issued as {draft.number}")
    if draft.invoice_number is None:
        raise ValueError(f"invoice {draft.invoice_id} has no number: there is nothing to correct")
    return replace(draft, number=number.number, issued_on=number.issued_on)


def credit_note_for(
    invoice: InvoiceDocument, lines: Sequence[CreditedLine], *, credit_note_id: str
) -> CreditNoteDocument:
    """Return the draft of a credit note for lines of one invoice."""
    return CreditNoteDocument(
        credit_note_id=credit_note_id,
        invoice_id=invoice.invoice_id,
        invoice_number=invoice.number,
        subscription_id=invoice.subscription_id,
        account_id=invoice.account_id,
        legal_entity=invoice.legal_entity,
        currency=invoice.currency,
        lines=tuple(lines),
        tax_lines=tax_lines_of_credit(invoice, lines),
    )


def tax_lines_of_credit(
    invoice: InvoiceDocument, lines: Iterable[CreditedLine]
) -> tuple[TaxLine, ...]:
    """Return the taxes that the lines give back, one per rate of the invoice that they touch."""
    zero = Money.zero(invoice.currency)
    taxable: dict[str, Money] = {}
    amounts: dict[str, Money] = {}
    for line in lines:
        for part in line.taxes:
            taxable[part.code] = taxable.get(part.code, zero) + line.amount
            amounts[part.code] = amounts.get(part.code, zero) + part.amount
    return tuple(
        replace(tax, taxable=taxable[tax.code], amount=amounts[tax.code])
        for tax in invoice.tax_lines
        if tax.code in taxable
    )
