"""What invoices and adjustments have in common: their header and their document status."""

from sandbox.store import Document
from sandbox.workday import ledger
from sandbox.workday.desk import AlreadyExistsError, Desk, required
from sandbox.workday.reading import (
    amount,
    attribute_flag,
    child,
    flag,
    plain,
    reference_value,
    text,
)
from sandbox.workday.records import CUSTOMER
from sandbox.workday.schema import path_of
from sandbox.workday.soap import Element, ValidationFaultError


def header(desk: Desk, data: Element) -> Document:
    """Return the fields of the document that the request describes, with the totals of its lines.

    Raises:
        ValidationFaultError: The lines, the checksum or the customer are not valid.
    """
    lines = ledger.read_lines(data)
    _check_dates(data, lines)
    net, tax = ledger.totals(lines)
    ledger.check_control_total(data, net)
    customer = desk.records.resolve(CUSTOMER, required(data, "Customer_Reference"))
    total = plain(net + tax)
    return {
        "company": reference_value(data, "Company_Reference"),
        "currency": reference_value(data, "Currency_Reference") or customer["currency"] or "USD",
        "customer": customer["id"],
        "customer_name": customer["name"],
        "customer_references": customer["references"],
        "from": text(data, "From_Date"),
        "to": text(data, "To_Date"),
        "terms": reference_value(data, "Payment_Terms_Reference") or customer["terms"],
        "payment_type": reference_value(data, "Payment_Type_Reference"),
        "po_number": text(data, "Customer_PO_Number"),
        "memo": text(data, "Memo"),
        "control_total": plain(amount(data, "Control_Amount_Total") or net),
        "lines": lines,
        "total": total,
        "amount_due": total,
        "payment_status": "Unpaid",
    }


def _check_dates(data: Element, lines: list[Document]) -> None:
    first, last = text(data, "From_Date"), text(data, "To_Date")
    if first and last and not first < last:
        raise ValidationFaultError("To Date must be greater than From Date.", path_of(data))
    for line in lines:
        if line["from"] and line["to"] and line["to"] < line["from"]:
            message = "Invoice Line From Date must be on or before Invoice Line To Date"
            raise ValidationFaultError(message, path_of(data))
        is_early = first and line["from"] and line["from"] < first
        is_late = last and line["to"] and line["to"] > last
        if is_early or is_late:
            message = "Invoice Line from/to date must be within Invoice Header from/to date"
            raise ValidationFaultError(message, path_of(data))


def status_after(request: Element, data: Element) -> tuple[str, tuple[str, ...]]:
    """Return the document status after this submit, and the warnings of the response."""
    process = child(request, "Business_Process_Parameters")
    status = ledger.document_status(
        is_submitted=flag(data, "Submit"),
        is_completed=process is not None and flag(process, "Auto_Complete"),
    )
    if status == "Draft":
        return status, ("The document is saved as draft because Submit is not true.",)
    return status, ()


def check_may_replace(
    request: Element, data: Element, existing: Document | None, noun: str
) -> None:
    """Check that the document is new, or that it replaces a document that is not approved.

    Raises:
        AlreadyExistsError: The document exists, and Add_Only is set.
        ValidationFaultError: The document exists and is neither a draft nor waiting for approval.
    """
    if existing is None:
        return
    if attribute_flag(request, "Add_Only"):
        raise AlreadyExistsError(data, "documents cannot be resubmitted")
    if existing["document_status"] not in {"Draft", "In Progress"}:
        status = existing["document_status"]
        message = f"{noun} '{existing['id']}' is {status} and cannot be changed."
        raise ValidationFaultError(message, path_of(data))


def line_for_people(document: Document) -> str:
    """Return number, total and status in one line."""
    money = f"{document['total']} {document['currency']}"
    return f"{document['number']} {money} {document['document_status']}"
