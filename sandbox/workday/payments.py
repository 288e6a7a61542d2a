"""Put_Customer_Payment: money received, applied to the invoices that the remittance names."""

from decimal import Decimal

from sandbox.store import Document
from sandbox.workday import ledger
from sandbox.workday.desk import AlreadyExistsError, Desk, reference_response, required
from sandbox.workday.reading import (
    amount,
    attribute_flag,
    child,
    children,
    flag,
    plain,
    reference_value,
    text,
)
from sandbox.workday.records import CUSTOMER, INVOICE, PAYMENT
from sandbox.workday.schema import path_of
from sandbox.workday.soap import Element, ValidationFaultError

_REMITTANCE = "Customer_Payment_Remittance_Advice_Data"


def put_payment(desk: Desk, request: Element) -> Element:
    """Record a payment, apply it, and return the response.

    If the same payment comes again without Add_Only, nothing changes.

    Raises:
        ValidationFaultError: The payment is refused; nothing was changed.
    """
    data = required(request, "Customer_Payment_Data")
    key = text(data, "Customer_Payment_for_Invoices_Reference_ID")
    fields = _fields(desk, data)
    existing = desk.records.get(PAYMENT, key) if key else None
    if existing is not None:
        return _again(request, data, existing, fields)
    invoices, applications = _apply(desk, data, fields)
    applied = sum((Decimal(item["amount"]) for item in applications), ledger.ZERO)
    fields |= {
        "applications": applications,
        "status": "Complete",
        "application_status": _application_status(Decimal(fields["amount"]), applied),
    }
    with desk.records.store.batch():
        number = desk.records.number("payment")
        payment = desk.records.new(PAYMENT, key or f"CUSTOMER_PAYMENT-6-{number}")
        payment |= fields | {"number": f"CP-{number:06}"}
        desk.records.put(PAYMENT, payment)
        for invoice in invoices.values():
            desk.records.put(INVOICE, invoice)
        names = ", ".join(item["invoice"] for item in applications) or "on account"
        summary = f"{fields['amount']} {fields['currency']} for {names}"
        desk.note("payment.put", payment["id"], summary)
    warnings = () if applications else ("The payment is not applied to any invoice.",)
    return reference_response(request, "Customer_Payment_Reference", payment, warnings)


def _fields(desk: Desk, data: Element) -> Document:
    paid = amount(data, "Payment_Amount") or ledger.ZERO
    if paid <= 0:
        raise ValidationFaultError("Payment Amount must be greater than 0.", path_of(data))
    payer = child(data, "Remit-from_Customer_Reference")
    if payer is None and flag(data, "Ready_to_Auto-Apply"):
        message = "Ready to Auto-Apply needs a Remit-from Customer."
        raise ValidationFaultError(message, path_of(data))
    return {
        "company": reference_value(data, "Company_Reference"),
        "currency": reference_value(data, "Payment_Currency_Reference"),
        "date": text(data, "Payment_Date"),
        "type": reference_value(data, "Payment_Type_Reference"),
        "amount": plain(paid),
        "customer": "" if payer is None else desk.records.resolve(CUSTOMER, payer)["id"],
        "memo": text(data, "Payment_Memo"),
        "ready_to_auto_apply": flag(data, "Ready_to_Auto-Apply"),
    }


def _again(request: Element, data: Element, existing: Document, fields: Document) -> Element:
    if attribute_flag(request, "Add_Only"):
        raise AlreadyExistsError(data, "but the object being updated already exists")
    if any(existing[name] != value for name, value in fields.items()):
        message = f"Customer Payment '{existing['id']}' is Complete and cannot be changed."
        raise ValidationFaultError(message, path_of(data))
    return reference_response(request, "Customer_Payment_Reference", existing)


def _apply(
    desk: Desk, data: Element, fields: Document
) -> tuple[dict[str, Document], list[Document]]:
    """Return the changed invoices by key, and what was applied to each.

    Raises:
        ValidationFaultError: An amount cannot be applied to its invoice, or more is applied than was paid.
    """
    changed: dict[str, Document] = {}
    applications: list[Document] = []
    left = Decimal(fields["amount"])
    for advice in children(data, _REMITTANCE):
        invoice = desk.records.resolve(INVOICE, required(advice, "Customer_Invoice_Reference"))
        invoice = changed.get(invoice["id"], invoice)
        _check_same_books(advice, invoice, fields)
        to_pay = _amount_to_pay(advice)
        applied = left if to_pay is None else to_pay
        left -= applied
        if left < 0:
            message = "The amounts to pay exceed the Payment Amount."
            raise ValidationFaultError(message, path_of(advice))
        changed[invoice["id"]] = ledger.reduce_amount_due(invoice, applied, path_of(advice))
        applications.append({"invoice": invoice["id"], "amount": plain(applied)})
    return changed, applications


def _amount_to_pay(advice: Element) -> Decimal | None:
    in_payment_currency = amount(advice, "Amount_to_Pay")
    if in_payment_currency is not None:
        return in_payment_currency
    return amount(advice, "Amount_to_Pay_in_Invoice_Currency")


def _check_same_books(advice: Element, invoice: Document, fields: Document) -> None:
    for name, noun in (("company", "Company"), ("currency", "Currency")):
        if invoice[name] != fields[name]:
            message = (
                f"The {noun} of the payment ({fields[name]}) is not the one of"
                f" Customer Invoice {invoice['number']} ({invoice[name]})."
            )
            raise ValidationFaultError(message, path_of(advice))


def _application_status(paid: Decimal, applied: Decimal) -> str:
    if applied == 0:
        return "Unapplied"
    return "Fully Applied" if applied == paid else "Partially Applied"
