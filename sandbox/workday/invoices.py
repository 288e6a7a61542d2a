"""Submit_Customer_Invoice, Cancel_Customer_Invoice, and the approval by a person."""

from sandbox.store import Document
from sandbox.workday.billing import check_may_replace, header, line_for_people, status_after
from sandbox.workday.desk import Desk, reference_response, required
from sandbox.workday.reading import text
from sandbox.workday.records import INVOICE
from sandbox.workday.schema import path_of
from sandbox.workday.soap import Element, ValidationFaultError


def submit_invoice(desk: Desk, request: Element) -> Element:
    """Create an invoice, or replace one that is not approved, and return the response.

    Raises:
        ValidationFaultError: The invoice is refused; nothing was changed.
    """
    data = required(request, "Customer_Invoice_Data")
    records = desk.records
    key = text(data, "Customer_Invoice_ID")
    existing = records.get(INVOICE, key) if key else None
    check_may_replace(request, data, existing, "Customer Invoice")
    fields = header(desk, data)
    fields["invoice_date"] = text(data, "Invoice_Date") or desk.at.date().isoformat()
    fields["due_date"] = text(data, "Due_Date_Override")
    status, warnings = status_after(request, data)
    with records.store.batch():
        key = key or f"CUSTOMER_INVOICE-6-{records.number('invoice')}"
        invoice = existing or records.new(INVOICE, key)
        invoice |= fields | {"number": text(data, "Invoice_Number") or key, "gapless_number": ""}
        invoice |= {"document_status": status}
        if status == "Approved":
            invoice["gapless_number"] = gapless_number(desk, invoice["company"])
        records.put(INVOICE, invoice)
        desk.note("invoice.submitted", key, line_for_people(invoice))
    return reference_response(request, "Customer_Invoice_Reference", invoice, warnings)


def cancel_invoice(desk: Desk, request: Element) -> Element:
    """Cancel an invoice on which nothing was paid and return the response; a repeat changes nothing.

    Raises:
        ValidationFaultError: A payment or credit was applied to it.
    """
    reference = required(request, "Customer_Invoice_Reference")
    invoice = desk.records.resolve(INVOICE, reference)
    if invoice["document_status"] != "Canceled":
        if invoice["payment_status"] != "Unpaid":
            status = invoice["payment_status"]
            message = f"Customer Invoice {invoice['number']} is {status} and cannot be canceled."
            raise ValidationFaultError(message, path_of(reference))
        with desk.records.store.batch():
            invoice |= {"document_status": "Canceled", "amount_due": "0"}
            desk.records.put(INVOICE, invoice)
            desk.note("invoice.canceled", invoice["id"], line_for_people(invoice))
    return reference_response(request, "Customer_Invoice_Reference", invoice)


def approve_invoice(desk: Desk, key: str) -> Document | None:
    """Approve an invoice that waits for approval, as a person would, and return it; None if unknown."""
    invoice = desk.records.get(INVOICE, key)
    if invoice is not None and invoice["document_status"] == "In Progress":
        with desk.records.store.batch():
            number = gapless_number(desk, invoice["company"])
            invoice |= {"document_status": "Approved", "gapless_number": number}
            desk.records.put(INVOICE, invoice)
            desk.note("invoice.approved", key, line_for_people(invoice))
    return invoice


def gapless_number(desk: Desk, company: str) -> str:
    """Return the next legal number of a company."""
    return f"{company}-{desk.records.number(f'gapless/{company}'):06}"
