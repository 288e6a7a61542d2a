"""Fields of Workday's requests, made from our documents."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from connectors.workday.envelopes import Fields, Ref
from connectors.workday.settings import WorkdaySettings
from domain.effects.outbox import PostErpInvoice, PostErpPayment
from domain.failures import RejectedError
from domain.invoicing.invoices import InvoiceDocument, InvoiceLine
from domain.money.money import Money, sum_money
from domain.parties.accounts import AccountProfile
from domain.periods.periods import Period, local_date

_QUANTITY_DECIMALS: Final = 2
_UNIT_COST_DECIMALS: Final = 6
_AMOUNT_DECIMALS: Final = 3
_ONE_DAY: Final = timedelta(days=1)


def customer_ref(account_id: str) -> Ref:
    """Return the reference to a customer; its id is our account id."""
    return Ref(kind="Customer_Reference_ID", value=account_id)


def invoice_ref(number: str) -> Ref:
    """Return the reference to an invoice by its legal number."""
    return Ref(kind="Customer_Invoice_Reference_ID", value=number)


def payment_ref(payment_id: str) -> Ref:
    """Return the reference to a payment."""
    return Ref(kind="Customer_Payment_for_Invoices_Reference_ID", value=payment_id)


def company_ref(settings: WorkdaySettings, legal_entity: str) -> Ref:
    """Return the reference to one of our companies."""
    return Ref(kind="Company_Reference_ID", value=settings.mapping.company_of(legal_entity))


def currency_ref(currency: str) -> Ref:
    """Return the reference to a currency."""
    return Ref(kind="Currency_ID", value=currency)


def customer_fields(account: AccountProfile, *, currency: str, settings: WorkdaySettings) -> Fields:
    """Return the fields of `Submit_Customer`: a new customer under our account id."""
    usage: Fields = {
        "Type_Data": {
            # Workday requires exactly one primary address of each kind.
            "@Primary": True,
            "Type_Reference": Ref(
                kind="Communication_Usage_Type_ID", value=settings.mapping.email_usage
            ),
        }
    }
    return {
        "Add_Only": True,
        "Business_Process_Parameters": _process(settings),
        "Customer_Data": {
            "Customer_ID": account.account_id,
            "Customer_Reference_ID": account.account_id,
            "Customer_Name": account.name,
            "Submit": True,
            "Customer_Category_Reference": Ref(
                kind="Customer_Category_ID", value=settings.mapping.customer_category
            ),
            "Business_Entity_Data": {
                "Business_Entity_Name": account.name,
                "Contact_Data": {
                    "Email_Address_Data": {"Email_Address": account.email, "Usage_Data": usage}
                },
            },
            "Currency_Reference": currency_ref(currency),
        },
    }


def invoice_fields(effect: PostErpInvoice, settings: WorkdaySettings) -> Fields:
    """Return the fields of `Submit_Customer_Invoice`.

    Raises:
        RejectedError: The document is not issued, an amount has more decimals than Workday takes, or
            a reference is not configured.
    """
    document, mapping = effect.document, settings.mapping
    number = issued_number(document)
    first, last = _span(document, effect.zone)
    return {
        "Business_Process_Parameters": _process(settings),
        "Customer_Invoice_Data": {
            "Customer_Invoice_ID": number,
            "Submit": True,
            "Company_Reference": company_ref(settings, document.legal_entity),
            "Currency_Reference": currency_ref(document.currency),
            "Customer_Reference": customer_ref(document.account_id),
            # The reference ID is the only value that Workday checks for uniqueness.
            "Invoice_Number": number,
            "Invoice_Date": _date(document.issued_on),
            "From_Date": _date(first),
            "To_Date": _date(last),
            "Due_Date_Override": _date(document.due_on),
            # A checksum: the sum of the lines before tax.
            "Control_Amount_Total": amount(document.subtotal),
            "Payment_Terms_Reference": Ref(
                kind="Payment_Terms_ID", value=mapping.terms_of(effect.payment_kind)
            ),
            "Payment_Type_Reference": Ref(
                kind="Payment_Type_ID", value=mapping.payment_type_of(effect.payment_kind)
            ),
            "Customer_PO_Number": document.purchase_order,
            "Memo": document.invoice_id,
            "Customer_Invoice_Line_Replacement_Data": _lines(effect, number, settings),
        },
    }


def payment_fields(effect: PostErpPayment, settings: WorkdaySettings) -> Fields:
    """Return the fields of `Put_Customer_Payment`, applied in full to its invoice.

    Raises:
        RejectedError: The amount has more decimals than Workday takes, or the payment type is not
            configured.
    """
    customer = customer_ref(effect.account_id)
    return {
        "Customer_Payment_Data": {
            "Customer_Payment_for_Invoices_Reference_ID": effect.payment_id,
            "Company_Reference": company_ref(settings, effect.legal_entity),
            "Payment_Currency_Reference": currency_ref(effect.amount.currency),
            "Payment_Date": effect.paid_on.isoformat(),
            "Payment_Type_Reference": Ref(
                kind="Payment_Type_ID",
                value=settings.mapping.payment_type_of(effect.payment_kind),
            ),
            "Payment_Amount": amount(effect.amount),
            "Remit-from_Customer_Reference": customer,
            "Payment_Memo": effect.invoice_number,
            "Customer_Payment_Remittance_Advice_Data": {
                "Customer_Invoice_Reference": invoice_ref(effect.invoice_number),
                "Amount_to_Pay": amount(effect.amount),
                "Bill-to_Customer_Reference": customer,
            },
        }
    }


def amount(money: Money) -> Decimal:
    """Return an amount in major units within the limits of Workday's contract (18 digits, 3 decimals).

    Raises:
        RejectedError: The amount has more than 3 decimals.
    """
    value = money.to_decimal()
    if not _has_at_most(value, _AMOUNT_DECIMALS):
        raise RejectedError(f"Workday takes at most three decimals, not {money}")
    return value


def issued_number(document: InvoiceDocument) -> str:
    """Return the legal number of the invoice.

    Raises:
        RejectedError: The document is still a draft.
    """
    if document.number is None:
        raise RejectedError(f"invoice {document.invoice_id} has no number yet")
    return document.number


def _lines(effect: PostErpInvoice, number: str, settings: WorkdaySettings) -> Sequence[Fields]:
    document, zone = effect.document, effect.zone
    taxes = _taxes(document) if document.lines else ()
    return [
        _line(line, tax, number=number, order=order, zone=zone, settings=settings)
        for order, (line, tax) in enumerate(zip(document.lines, taxes, strict=True), start=1)
    ]


def _taxes(document: InvoiceDocument) -> Sequence[Money]:
    # Workday expects the tax per line, and the lines must sum to exactly the tax of the document.
    known = [
        sum_money((part.amount for part in line.taxes), document.currency)
        for line in document.lines
    ]
    if sum_money(known, document.currency) == document.tax:
        return known
    # These lines were stored before each line had its own share of the tax.
    return document.tax.split([max(line.amount.minor_units, 0) for line in document.lines])


def _days(period: Period, zone: str) -> tuple[date, date]:
    # Our periods end where the next one begins; Workday's last date is part of the period.
    first = local_date(period.start, zone)
    return first, max(first, local_date(period.end, zone) - _ONE_DAY)


def _span(document: InvoiceDocument, zone: str) -> tuple[date, date] | tuple[None, None]:
    days = [_days(line.period, zone) for line in document.lines if line.period is not None]
    if not days:
        return None, None
    first, last = min(start for start, _ in days), max(end for _, end in days)
    # In the header To must be after From; in a line they may be equal.
    return (first, last) if last > first else (None, None)


def _line(
    line: InvoiceLine, tax: Money, *, number: str, order: int, zone: str, settings: WorkdaySettings
) -> Fields:
    # Quantity and unit cost are sent only if their product is the amount within Workday's decimals.
    # The memo of a prorated or discounted line gives the reason.
    is_plain = (
        _has_at_most(line.quantity, _QUANTITY_DECIMALS)
        and _has_at_most(line.unit_price, _UNIT_COST_DECIMALS)
        and line.quantity * line.unit_price == line.amount.to_decimal()
    )
    category = settings.mapping.revenue_category_of(line.price_of)
    first, last = (None, None) if line.period is None else _days(line.period, zone)
    return {
        "Customer_Invoice_Line_Reference_ID": f"{number}-{line.line_id}",
        "Line_Order": str(order),
        "Revenue_Category_Reference": Ref(kind="Revenue_Category_ID", value=category),
        "Line_Item_Description": line.description,
        "Quantity": line.quantity if is_plain else None,
        "Unit_Cost": line.unit_price if is_plain else None,
        "Extended_Amount": amount(line.amount),
        "From_Date": _date(first),
        "To_Date": _date(last),
        "Memo": line.reason,
        "Calculated_Tax_Amount": amount(tax),
    }


def _process(settings: WorkdaySettings) -> Fields:
    return {
        "Auto_Complete": settings.completes_processes,
        "Comment_Data": {"Comment": "Posted by Perennial"},
    }


def _has_at_most(value: Decimal, decimals: int) -> bool:
    return value == round(value, decimals)


def _date(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
