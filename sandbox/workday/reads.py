"""The Get operations: by reference or by criteria, in pages."""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

from sandbox.store import Document
from sandbox.workday.desk import Desk
from sandbox.workday.reading import amount, child, children, flag, reference_value, text
from sandbox.workday.records import CUSTOMER, INVOICE, PAYMENT, REFERENCE_TYPE, Records
from sandbox.workday.schema import path_of
from sandbox.workday.soap import (
    Element,
    ValidationFaultError,
    add,
    add_given,
    add_reference,
    element,
)

_DEFAULT_COUNT = 100
_MOST_REFERENCES = 999


@dataclass(frozen=True, kw_only=True, slots=True)
class _Read:
    """How one kind of document is read: element names, the match of criteria, and how it is written."""

    kind: str
    response: str
    item: str
    reference: str
    include: str
    matches: Callable[[Records, Document, Element], bool]
    write: Callable[[Element, Document], None]


def get_customers(desk: Desk, request: Element) -> Element:
    """Return the requested page of customers."""
    return _answer(desk, request, _CUSTOMERS)


def get_invoices(desk: Desk, request: Element) -> Element:
    """Return the requested page of invoices."""
    return _answer(desk, request, _INVOICES)


def get_payments(desk: Desk, request: Element) -> Element:
    """Return the requested page of payments."""
    return _answer(desk, request, _PAYMENTS)


def _answer(desk: Desk, request: Element, read: _Read) -> Element:
    found = _found(desk.records, request, read)
    filters = child(request, "Response_Filter")
    page = _whole(filters, "Page", 1)
    count = _whole(filters, "Count", _DEFAULT_COUNT)
    shown = found[(page - 1) * count : page * count]
    response = element(read.response)
    if filters is not None:
        echo = add(response, "Response_Filter")
        add(echo, "Page", str(page))
        add(echo, "Count", str(count))
    results = add(response, "Response_Results")
    add(results, "Total_Results", str(len(found)))
    add(results, "Total_Pages", str(ceil(len(found) / count)))
    add(results, "Page_Results", str(len(shown)))
    add(results, "Page", str(page))
    group = child(request, "Response_Group")
    with_data = group is None or flag(group, read.include, default=True)
    if shown:
        data = add(response, "Response_Data")
        for document in shown:
            item = add(data, read.item)
            add_reference(item, read.reference, document["references"])
            if with_data:
                read.write(item, document)
    return response


def _whole(filters: Element | None, name: str, default: int) -> int:
    # The schema accepts `1.0` as a whole number.
    given = None if filters is None else amount(filters, name)
    return default if given is None else int(given)


def _found(records: Records, request: Element, read: _Read) -> list[Document]:
    references = child(request, "Request_References")
    if references is not None:
        asked = children(references, read.reference)
        if len(asked) > _MOST_REFERENCES:
            message = f"At most {_MOST_REFERENCES} references may be requested."
            raise ValidationFaultError(message, path_of(references))
        return records.resolve_all(read.kind, asked)
    criteria = child(request, "Request_Criteria")
    return [
        document
        for document in records.all(read.kind)
        if criteria is None or read.matches(records, document, criteria)
    ]


def _customer_matches(_: Records, customer: Document, criteria: Element) -> bool:
    name = text(criteria, "Customer_Name")
    return text(criteria, "Customer_ID") in {"", customer["id"]} and name in {
        "",
        customer["name"],
    }


def _invoice_matches(records: Records, invoice: Document, criteria: Element) -> bool:
    number = text(criteria, "Invoice_or_Invoice_Adjustment_Number")
    customers = records.resolve_all(CUSTOMER, children(criteria, "Customers_Reference"))
    return (
        reference_value(criteria, "Company_Reference") == invoice["company"]
        and number in {"", invoice["number"]}
        and (not customers or invoice["customer"] in {customer["id"] for customer in customers})
    )


def _payment_matches(records: Records, payment: Document, criteria: Element) -> bool:
    companies = {text(node, "ID") for node in children(criteria, "Company_Reference")}
    payers = records.resolve_all(CUSTOMER, children(criteria, "Remit-from_Customer_Reference"))
    first = text(criteria, "Payment_Date_On_or_After")
    last = text(criteria, "Payment_Date_On_or_Before")
    return (
        (not companies or payment["company"] in companies)
        and (not payers or payment["customer"] in {payer["id"] for payer in payers})
        and (not first or payment["date"] >= first)
        and (not last or payment["date"] <= last)
    )


def _write_customer(item: Element, customer: Document) -> None:
    data = add(item, "Customer_Data")
    add(data, "Customer_ID", customer["id"])
    add_given(data, "Customer_Reference_ID", customer["references"].get("Customer_Reference_ID"))
    add(data, "Customer_Name", customer["name"])
    add(data, "Submit", "true" if customer["status"] == "Active" else "false")
    _reference(data, "Customer_Category_Reference", "Customer_Category_ID", customer["category"])
    _reference(data, "Payment_Terms_Reference", "Payment_Terms_ID", customer["terms"])
    payment_type = customer["payment_type"]
    _reference(data, "Default_Payment_Type_Reference", "Payment_Type_ID", payment_type)
    _reference(data, "Currency_Reference", "Currency_ID", customer["currency"])


def _write_invoice(item: Element, invoice: Document) -> None:
    data = add(item, "Customer_Invoice_Data")
    add(data, "Customer_Invoice_ID", invoice["id"])
    add(data, "Submit", "false" if invoice["document_status"] == "Draft" else "true")
    _reference(data, "Company_Reference", "Company_Reference_ID", invoice["company"])
    _reference(data, "Currency_Reference", "Currency_ID", invoice["currency"])
    add_reference(data, "Customer_Reference", invoice["customer_references"])
    add(data, "Invoice_Number", invoice["number"])
    add_given(data, "Gapless_Invoice_Number", invoice["gapless_number"])
    add(data, "Invoice_Date", invoice["invoice_date"])
    add_given(data, "From_Date", invoice["from"])
    add_given(data, "To_Date", invoice["to"])
    add_given(data, "Due_Date_Override", invoice["due_date"])
    add(data, "Control_Amount_Total", invoice["control_total"])
    _reference(data, "Payment_Terms_Reference", "Payment_Terms_ID", invoice["terms"])
    _reference(data, "Payment_Type_Reference", "Payment_Type_ID", invoice["payment_type"])
    add(data, "Payment_Status", invoice["payment_status"])
    add(data, "Document_Status", invoice["document_status"])
    add(data, "Amount_Due", invoice["amount_due"])
    add_given(data, "Customer_PO_Number", invoice["po_number"])
    add_given(data, "Memo", invoice["memo"])
    for line in invoice["lines"]:
        _write_line(data, line)


def _write_line(data: Element, line: Document) -> None:
    node = add(data, "Customer_Invoice_Line_Replacement_Data")
    add_given(node, "Customer_Invoice_Line_Reference_ID", line["id"])
    add(node, "Line_Order", line["order"])
    _reference(node, "Sales_Item_Reference", "Sales_Item_ID", line["sales_item"])
    _reference(node, "Revenue_Category_Reference", "Revenue_Category_ID", line["revenue_category"])
    add_given(node, "Line_Item_Description", line["description"])
    _reference(node, "Tax_Code_Reference", "Tax_Code_ID", line["tax_code"])
    add_given(node, "Quantity", line["quantity"])
    add_given(node, "Unit_Cost", line["unit_cost"])
    add(node, "Extended_Amount", line["extended_amount"])
    add_given(node, "From_Date", line["from"])
    add_given(node, "To_Date", line["to"])
    add_given(node, "Memo", line["memo"])
    add(node, "Calculated_Tax_Amount", line["tax_amount"])


def _write_payment(item: Element, payment: Document) -> None:
    data = add(item, "Customer_Payment_Data")
    add(data, "Customer_Payment_for_Invoices_Reference_ID", payment["id"])
    _reference(data, "Company_Reference", "Company_Reference_ID", payment["company"])
    _reference(data, "Payment_Currency_Reference", "Currency_ID", payment["currency"])
    add(data, "Payment_Date", payment["date"])
    _reference(data, "Payment_Type_Reference", "Payment_Type_ID", payment["type"])
    add(data, "Payment_Status", payment["status"])
    add(data, "Payment_Application_Status", payment["application_status"])
    add(data, "Payment_Number", payment["number"])
    add(data, "Payment_Amount", payment["amount"])
    _reference(data, "Remit-from_Customer_Reference", "Customer_ID", payment["customer"])
    add_given(data, "Payment_Memo", payment["memo"])
    for applied in payment["applications"]:
        advice = add(data, "Customer_Payment_Remittance_Advice_Data")
        _reference(
            advice, "Customer_Invoice_Reference", REFERENCE_TYPE[INVOICE], applied["invoice"]
        )
        add(advice, "Amount_to_Pay", applied["amount"])


def _reference(parent: Element, name: str, id_type: str, value: str) -> None:
    add_reference(parent, name, {id_type: value} if value else {})


_CUSTOMERS = _Read(
    kind=CUSTOMER,
    response="Get_Customers_Response",
    item="Customer",
    reference="Customer_Reference",
    include="Include_Customer_Data",
    matches=_customer_matches,
    write=_write_customer,
)
_INVOICES = _Read(
    kind=INVOICE,
    response="Get_Customer_Invoices_Response",
    item="Customer_Invoice",
    reference="Customer_Invoice_Reference",
    include="Include_Customer_Invoice_Data",
    matches=_invoice_matches,
    write=_write_invoice,
)
_PAYMENTS = _Read(
    kind=PAYMENT,
    response="Get_Customer_Payments_Response",
    item="Customer_Payment",
    reference="Customer_Payment_Reference",
    include="Include_Customer_Payment_Data",
    matches=_payment_matches,
    write=_write_payment,
)
