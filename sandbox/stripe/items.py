"""The endpoints of invoice items and invoice lines."""

from sandbox.store import Document
from sandbox.stripe.calls import Call, Operation
from sandbox.stripe.errors import missing_parameter, refuse
from sandbox.stripe.forms import (
    DECIMAL,
    FLAG,
    INTEGER,
    METADATA,
    PAGING,
    TEXT,
    Fields,
    choice,
    listed,
    nested,
)
from sandbox.stripe.lines import EMBEDDED, line_of, lines_of, new_item, require_draft, store_lines
from sandbox.stripe.lists import list_of, page
from sandbox.stripe.objects import merge_metadata


def add_lines(call: Call) -> Document:
    """Add lines to a draft invoice."""
    invoice = call.books.need("invoice", call.ids[0])
    require_draft(invoice)
    given: list[Document] = call.params.get("lines") or []
    if not given:
        missing_parameter("lines")
    lines = lines_of(call.books, invoice["id"])
    for each in given:
        if each.get("invoice_item"):
            item = call.books.need("invoiceitem", each["invoice_item"], param="lines")
        else:
            item = new_item(call.books, invoice["customer"], invoice["currency"], each)
        lines.append(line_of(call.books, item, invoice["id"], each))
    changed = call.params.get("invoice_metadata")
    if changed is not None:
        invoice["metadata"] = merge_metadata(invoice["metadata"], changed)
    store_lines(call.books, invoice, lines)
    call.log.emit("invoice.updated", invoice)
    return invoice


def create_item(call: Call) -> Document:
    """Create an invoice item, on a draft invoice or for the customer's next one."""
    key = call.text("invoice")
    invoice = call.books.need("invoice", key, param="invoice") if key else None
    customer = call.text("customer") or (invoice or {}).get("customer")
    if customer is None:
        missing_parameter("customer")
    call.books.need("customer", customer, param="customer")
    price: Document = call.params.get("price_data") or {}
    if invoice is not None:
        require_draft(invoice)
    currency = call.text("currency") or price.get("currency") or (invoice or {}).get("currency")
    if currency is None:
        missing_parameter("currency")
    item = new_item(call.books, customer, currency.lower(), call.params)
    if invoice is not None:
        if item["currency"] != invoice["currency"]:
            refuse("The currency of the item must be that of the invoice.", param="currency")
        lines = lines_of(call.books, invoice["id"])
        lines.append(line_of(call.books, item, invoice["id"], {}))
        store_lines(call.books, invoice, lines)
    call.log.emit("invoiceitem.created", item)
    return item


def list_lines(call: Call) -> Document:
    """Return the lines of an invoice."""
    call.books.need("invoice", call.ids[0])
    lines = lines_of(call.books, call.ids[0])
    after = call.text("starting_after")
    known = [line["id"] for line in lines]
    start = known.index(after) + 1 if after in known else 0
    limit = int(call.params.get("limit") or EMBEDDED)
    return list_of(lines[start : start + limit], call.url, has_more=len(lines) > start + limit)


def retrieve_item(call: Call) -> Document:
    """Return an invoice item."""
    return call.books.need("invoiceitem", call.ids[0])


def list_items(call: Call) -> Document:
    """Return a page of invoice items."""
    is_pending = call.params.get("pending")
    terms = {name: call.text(name) for name in ("customer", "invoice")}
    return page(
        call,
        "invoiceitem",
        terms,
        lambda each: is_pending is None or (each["invoice"] is None) == is_pending,
    )


_PERIOD = nested({"start": INTEGER, "end": INTEGER})
_PRODUCT = nested({"name": TEXT, "description": TEXT, "metadata": METADATA})
_PRICE: Fields = {
    "currency": TEXT,
    "product": TEXT,
    "tax_behavior": choice("exclusive", "inclusive", "unspecified"),
    "unit_amount": INTEGER,
    "unit_amount_decimal": DECIMAL,
}
_RATE = nested(
    {
        "display_name": TEXT,
        "inclusive": FLAG,
        "percentage": DECIMAL,
        "country": TEXT,
        "description": TEXT,
        "jurisdiction": TEXT,
        "state": TEXT,
        "tax_type": TEXT,
    }
)
_TAX = nested(
    {
        "amount": INTEGER,
        "tax_rate_data": _RATE,
        "taxability_reason": TEXT,
        "taxable_amount": INTEGER,
    }
)
_COMMON: Fields = {
    "amount": INTEGER,
    "description": TEXT,
    "discountable": FLAG,
    "metadata": METADATA,
    "period": _PERIOD,
    "quantity": INTEGER,
    "quantity_decimal": DECIMAL,
}
_LINE: Fields = {
    **_COMMON,
    "invoice_item": TEXT,
    "price_data": nested({**_PRICE, "product_data": _PRODUCT}),
    "tax_amounts": listed(_TAX),
}
_ITEM: Fields = {
    **_COMMON,
    "currency": TEXT,
    "customer": TEXT,
    "invoice": TEXT,
    "price_data": nested(_PRICE),
    "unit_amount_decimal": DECIMAL,
}
OPERATIONS = (
    Operation("POST", "invoiceitems", create_item, _ITEM),
    Operation(
        "GET",
        "invoiceitems",
        list_items,
        {**PAGING, "customer": TEXT, "invoice": TEXT, "pending": FLAG},
    ),
    Operation("GET", "invoiceitems/{}", retrieve_item, {}),
    Operation(
        "POST",
        "invoices/{}/add_lines",
        add_lines,
        {"lines": listed(nested(_LINE)), "invoice_metadata": METADATA},
    ),
    Operation("GET", "invoices/{}/lines", list_lines, PAGING),
)
