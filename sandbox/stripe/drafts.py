"""Draft invoices: created, changed, deleted, listed."""

from collections.abc import Sequence
from datetime import timedelta

from sandbox.store import Document
from sandbox.stripe.books import Books
from sandbox.stripe.calls import Call, Operation
from sandbox.stripe.errors import missing_parameter, refuse, refuse_state
from sandbox.stripe.forms import (
    FLAG,
    INTEGER,
    METADATA,
    PAGING,
    RANGE,
    TEXT,
    Fields,
    choice,
    in_range,
    listed,
    nested,
)
from sandbox.stripe.lines import line_of, require_draft, store_lines
from sandbox.stripe.lists import page, search
from sandbox.stripe.methods import usable_method
from sandbox.stripe.objects import merge_metadata
from sandbox.stripe.shapes import INVOICE, fresh

_PLAIN = (
    "auto_advance",
    "custom_fields",
    "description",
    "effective_at",
    "footer",
    "statement_descriptor",
)
_ALWAYS_EDITABLE = {"metadata", "expand"}


def _blank(books: Books, customer: Document, currency: str) -> Document:
    now, settings = books.stamp(), customer["invoice_settings"]
    return fresh(INVOICE) | {
        "id": books.new_id("in"),
        "created": now,
        "currency": currency,
        "custom_fields": settings["custom_fields"],
        "customer": customer["id"],
        "customer_address": customer["address"],
        "customer_email": customer["email"],
        "customer_name": customer["name"],
        "customer_phone": customer["phone"],
        "customer_shipping": customer["shipping"],
        "customer_tax_exempt": customer["tax_exempt"],
        "footer": settings["footer"],
        "period_end": now,
        "period_start": now,
        # Until it is finalized, this is the current balance of the customer.
        "starting_balance": customer["balance"],
    }


def _apply(call: Call, invoice: Document) -> None:
    params = call.params
    invoice |= {name: params[name] for name in _PLAIN if name in params}
    if "number" in params:
        _take_number(call.books, invoice, params["number"])
    if "metadata" in params:
        invoice["metadata"] = merge_metadata(invoice["metadata"], params["metadata"])
    if params.get("payment_settings"):
        invoice["payment_settings"] = {**invoice["payment_settings"], **params["payment_settings"]}
    method = call.text("default_payment_method")
    if method is not None:
        usable_method(call.books, method, invoice["customer"], param="default_payment_method")
    if "default_payment_method" in params:
        invoice["default_payment_method"] = method
    invoice["collection_method"] = params.get("collection_method", invoice["collection_method"])
    _apply_due_date(call, invoice)


def _take_number(books: Books, invoice: Document, number: str | None) -> None:
    taken = books.newest_keys("invoice", {"number": number}) if number else []
    if taken and taken != [invoice["id"]]:
        refuse(f"An invoice with the number {number} already exists.", param="number")
    invoice["number"] = number


def _apply_due_date(call: Call, invoice: Document) -> None:
    due, days = call.params.get("due_date"), call.params.get("days_until_due")
    is_sent = invoice["collection_method"] == "send_invoice"
    if due is not None and days is not None:
        refuse("You may only specify one of these parameters: due_date, days_until_due.")
    if not is_sent and (due is not None or days is not None):
        name = "due_date" if due is not None else "days_until_due"
        refuse(f"You can only set `{name}` if collection_method is `send_invoice`.", param=name)
    if days is not None:
        due = int((call.books.now() + timedelta(days=days)).timestamp())
    if due is not None:
        invoice["due_date"] = due
    if is_sent and invoice["due_date"] is None:
        refuse(
            "If the invoice's collection method is `send_invoice`, you must specify one of"
            " `days_until_due` or `due_date`.",
            param="days_until_due",
        )


def create(call: Call) -> Document:
    """Create a draft invoice; the customer's pending items are added only on request."""
    key = call.text("customer")
    if key is None:
        missing_parameter("customer")
    customer = call.books.need("customer", key, param="customer")
    if customer.get("deleted"):
        refuse(f"No such customer: '{key}'", param="customer", code="resource_missing")
    currency = str(call.text("currency") or customer["currency"] or "usd").lower()
    invoice = _blank(call.books, customer, currency)
    _apply(call, invoice)
    pending: Sequence[Document] = ()
    if call.params.get("pending_invoice_items_behavior") == "include":
        pending = [
            item
            for item in reversed(call.books.newest("invoiceitem", customer=key))
            if item["invoice"] is None and item["currency"] == currency
        ]
    lines = [line_of(call.books, item, invoice["id"], {}) for item in pending]
    store_lines(call.books, invoice, lines)
    call.log.emit("invoice.created", invoice)
    return invoice


def update(call: Call) -> Document:
    """Change a draft invoice; of a finalized invoice only the metadata can change."""
    invoice = call.books.need("invoice", call.ids[0])
    if set(call.params) - _ALWAYS_EDITABLE:
        require_draft(invoice)
    before = dict(invoice)
    _apply(call, invoice)
    call.books.save("invoice", invoice)
    changed = {name: before[name] for name in before if before[name] != invoice[name]}
    call.log.emit("invoice.updated", invoice, previous=changed)
    return invoice


def delete(call: Call) -> Document:
    """Delete a draft invoice."""
    invoice = call.books.need("invoice", call.ids[0])
    if invoice["status"] != "draft":
        refuse_state("You can only delete draft invoices.", code="invoice_not_editable")
    call.books.drop("invoice", invoice["id"])
    call.books.drop("_lines", invoice["id"])
    call.log.emit("invoice.deleted", invoice)
    return {"id": invoice["id"], "object": "invoice", "deleted": True}


def retrieve(call: Call) -> Document:
    """Return an invoice."""
    return call.books.need("invoice", call.ids[0])


def list_invoices(call: Call) -> Document:
    """Return a page of invoices."""
    terms = {name: call.text(name) for name in ("customer", "status", "collection_method")}
    created, due = call.params.get("created"), call.params.get("due_date")
    return page(
        call,
        "invoice",
        terms,
        lambda each: (
            in_range(each["created"], created)
            and (due is None or (each["due_date"] is not None and in_range(each["due_date"], due)))
        ),
    )


def search_invoices(call: Call) -> Document:
    """Return the invoices that match a query."""
    return search(call, "invoice", ("number", "status", "customer", "currency"))


_TRANSFER = nested(
    {
        "type": choice(
            "eu_bank_transfer",
            "gb_bank_transfer",
            "jp_bank_transfer",
            "mx_bank_transfer",
            "us_bank_transfer",
        ),
        "eu_bank_transfer": nested({"country": choice("BE", "DE", "ES", "FR", "IE", "NL")}),
    }
)
_BALANCE = nested({"funding_type": choice("bank_transfer"), "bank_transfer": _TRANSFER})
_SETTINGS = nested(
    {
        "default_mandate": TEXT,
        "payment_method_options": nested({"customer_balance": _BALANCE}),
        "payment_method_types": listed(choice("card", "customer_balance", "link")),
    }
)
_UPDATE: Fields = {
    "auto_advance": FLAG,
    "collection_method": choice("charge_automatically", "send_invoice"),
    "custom_fields": listed(nested({"name": TEXT, "value": TEXT})),
    "days_until_due": INTEGER,
    "default_payment_method": TEXT,
    "description": TEXT,
    "due_date": INTEGER,
    "effective_at": INTEGER,
    "footer": TEXT,
    "metadata": METADATA,
    "number": TEXT,
    "payment_settings": _SETTINGS,
    "statement_descriptor": TEXT,
}
_CREATE: Fields = {
    **_UPDATE,
    "currency": TEXT,
    "customer": TEXT,
    "pending_invoice_items_behavior": choice("exclude", "include"),
}
_LIST: Fields = {
    **PAGING,
    "customer": TEXT,
    "status": choice("draft", "open", "paid", "uncollectible", "void"),
    "collection_method": choice("charge_automatically", "send_invoice"),
    "created": RANGE,
    "due_date": RANGE,
}
OPERATIONS = (
    Operation("POST", "invoices", create, _CREATE),
    Operation("GET", "invoices", list_invoices, _LIST),
    Operation(
        "GET", "invoices/search", search_invoices, {"query": TEXT, "limit": INTEGER, "page": TEXT}
    ),
    Operation("GET", "invoices/{}", retrieve, {}),
    Operation("POST", "invoices/{}", update, _UPDATE),
    Operation("DELETE", "invoices/{}", delete, {}),
)
