"""The receivables rules as functions on documents: totals, amounts due, and the effect of a payment."""

from decimal import Decimal

from sandbox.store import Document
from sandbox.workday.reading import amount, children, plain, reference_value, text
from sandbox.workday.schema import path_of
from sandbox.workday.soap import Element, ValidationFaultError

LINE = "Customer_Invoice_Line_Replacement_Data"
ZERO = Decimal(0)


def read_lines(data: Element) -> list[Document]:
    """Return the lines of an invoice or adjustment.

    Raises:
        ValidationFaultError: There is no line, or a line has no amount, or a line does not have exactly one
            of sales item and revenue category.
    """
    nodes = children(data, LINE)
    if not nodes:
        raise ValidationFaultError("At least one invoice line is required.", path_of(data))
    return [_read_line(node, position) for position, node in enumerate(nodes, start=1)]


def _read_line(node: Element, position: int) -> Document:
    sales_item = reference_value(node, "Sales_Item_Reference")
    category = reference_value(node, "Revenue_Category_Reference")
    if bool(sales_item) == bool(category):
        message = "Enter either a Sales Item or a Revenue Category for the invoice line."
        raise ValidationFaultError(message, path_of(node))
    return {
        "id": text(node, "Customer_Invoice_Line_Reference_ID"),
        "order": text(node, "Line_Order") or str(position),
        "sales_item": sales_item,
        "revenue_category": category,
        "description": text(node, "Line_Item_Description"),
        "quantity": text(node, "Quantity"),
        "unit_cost": text(node, "Unit_Cost"),
        "extended_amount": plain(_line_amount(node)),
        "from": text(node, "From_Date"),
        "to": text(node, "To_Date"),
        "memo": text(node, "Memo"),
        "tax_code": reference_value(node, "Tax_Code_Reference"),
        "tax_amount": plain(amount(node, "Calculated_Tax_Amount") or ZERO),
    }


def _line_amount(node: Element) -> Decimal:
    extended = amount(node, "Extended_Amount")
    if extended is not None:
        return extended
    quantity, unit_cost = amount(node, "Quantity"), amount(node, "Unit_Cost")
    if quantity is None or unit_cost is None:
        message = "Extended Amount is required unless Quantity and Unit Cost are entered."
        raise ValidationFaultError(message, path_of(node))
    return quantity * unit_cost


def totals(lines: list[Document]) -> tuple[Decimal, Decimal]:
    """Return the sum of the lines before tax, and the tax on them."""
    net = sum((Decimal(line["extended_amount"]) for line in lines), ZERO)
    tax = sum((Decimal(line["tax_amount"]) for line in lines), ZERO)
    return net, tax


def check_control_total(data: Element, net: Decimal) -> None:
    """Check that the control total, if there is one, equals the sum of the lines before tax.

    Raises:
        ValidationFaultError: The two differ.
    """
    control = amount(data, "Control_Amount_Total")
    if control is not None and control != net:
        message = (
            f"Control Amount Total ({plain(control)}) does not equal"
            f" the sum of the lines ({plain(net)})."
        )
        raise ValidationFaultError(message, f"{path_of(data)}/wd:Control_Amount_Total[1]")


def status_of(*, total: Decimal, due: Decimal) -> str:
    """Return `Paid`, `Unpaid` or `Partially Paid`."""
    if due == 0:
        return "Paid"
    return "Unpaid" if due == total else "Partially Paid"


def reduce_amount_due(invoice: Document, applied: Decimal, xpath: str) -> Document:
    """Return the invoice after a payment or credit was applied to it.

    Raises:
        ValidationFaultError: The invoice is not approved, or less than `applied` is due.
    """
    name = invoice["number"]
    if invoice["document_status"] != "Approved":
        status = invoice["document_status"]
        raise ValidationFaultError(f"Customer Invoice {name} is {status}, not Approved.", xpath)
    due = Decimal(invoice["amount_due"])
    if applied > due:
        message = (
            f"The amount {plain(applied)} exceeds the amount due of {plain(due)}"
            f" on Customer Invoice {name}."
        )
        raise ValidationFaultError(message, xpath)
    left = due - applied
    return invoice | {
        "amount_due": plain(left),
        "payment_status": status_of(total=Decimal(invoice["total"]), due=left),
    }


def document_status(*, is_submitted: bool, is_completed: bool) -> str:
    """Return the document status after a submit: a draft, waiting for approval, or approved."""
    if not is_submitted:
        return "Draft"
    return "Approved" if is_completed else "In Progress"
