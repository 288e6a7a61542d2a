"""Submit_Customer_Invoice_Adjustment: credit and debit memos."""

from decimal import Decimal

from sandbox.store import Document
from sandbox.workday import ledger
from sandbox.workday.billing import check_may_replace, header, line_for_people, status_after
from sandbox.workday.desk import Desk, reference_response, required
from sandbox.workday.reading import child, flag, plain, reference_value, text
from sandbox.workday.records import ADJUSTMENT, INVOICE
from sandbox.workday.schema import path_of
from sandbox.workday.soap import Element


def submit_adjustment(desk: Desk, request: Element) -> Element:
    """Create a credit or debit memo, apply it if requested, and return the response.

    Raises:
        SoapFaultError: The memo is refused; nothing was changed.
    """
    data = required(request, "Customer_Invoice_Adjustment_Data")
    records = desk.records
    key = text(data, "Customer_Invoice_Adjustment_ID")
    existing = records.get(ADJUSTMENT, key) if key else None
    check_may_replace(request, data, existing, "Customer Invoice Adjustment")
    fields = header(desk, data)
    fields["reason"] = reference_value(data, "Adjustment_Reason_Reference")
    fields["increases_amount_due"] = flag(data, "Increase_Amount_Due")
    fields["invoice_date"] = text(data, "Adjustment_Date") or desk.at.date().isoformat()
    reference = child(data, "Original_Customer_Invoice_Reference")
    original = None if reference is None else records.resolve(INVOICE, reference)
    fields["original"] = "" if original is None else original["id"]
    status, warnings = status_after(request, data)
    is_credit = status == "Approved" and not fields["increases_amount_due"]
    credited = None
    if is_credit and original is not None and flag(data, "Auto-Apply_Adjustment_to_Invoice"):
        credited, applied = _credited(original, data, Decimal(fields["total"]))
        fields |= _left_after(Decimal(fields["total"]), applied)
    with records.store.batch():
        key = key or f"CUSTOMER_INVOICE_ADJUSTMENT-6-{records.number('adjustment')}"
        memo = existing or records.new(ADJUSTMENT, key)
        memo |= fields | {"number": text(data, "Invoice_Number") or key, "document_status": status}
        records.put(ADJUSTMENT, memo)
        if credited is not None:
            records.put(INVOICE, credited)
        desk.note("adjustment.submitted", key, line_for_people(memo))
    return reference_response(request, "Customer_Invoice_Adjustment_Reference", memo, warnings)


def _credited(original: Document, data: Element, total: Decimal) -> tuple[Document, Decimal]:
    # The part of the credit that exceeds the amount due stays open on the memo; it can be refunded or
    # applied elsewhere.
    applied = min(total, Decimal(original["amount_due"]))
    return ledger.reduce_amount_due(original, applied, path_of(data)), applied


def _left_after(total: Decimal, applied: Decimal) -> Document:
    left = total - applied
    return {
        "amount_due": plain(left),
        "payment_status": ledger.status_of(total=total, due=left),
    }
