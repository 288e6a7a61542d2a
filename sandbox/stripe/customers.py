"""Stripe customers."""

from sandbox.store import Document
from sandbox.stripe.calls import Call, Operation
from sandbox.stripe.errors import refuse
from sandbox.stripe.forms import (
    ADDRESS,
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
from sandbox.stripe.lists import page, search
from sandbox.stripe.methods import attach, usable_method
from sandbox.stripe.objects import merge_metadata
from sandbox.stripe.shapes import CUSTOMER, fresh

_SHIPPING = nested({"address": ADDRESS, "name": TEXT, "phone": TEXT})
_UPDATE: Fields = {
    "address": ADDRESS,
    "balance": INTEGER,
    "cash_balance": nested(
        {"settings": nested({"reconciliation_mode": choice("automatic", "manual")})}
    ),
    "description": TEXT,
    "email": TEXT,
    "invoice_prefix": TEXT,
    "invoice_settings": nested(
        {
            "custom_fields": listed(nested({"name": TEXT, "value": TEXT})),
            "default_payment_method": TEXT,
            "footer": TEXT,
        }
    ),
    "metadata": METADATA,
    "name": TEXT,
    "next_invoice_sequence": INTEGER,
    "phone": TEXT,
    "preferred_locales": listed(TEXT),
    "shipping": _SHIPPING,
    "tax_exempt": choice("none", "exempt", "reverse"),
}
_PLAIN = (
    "address",
    "balance",
    "description",
    "email",
    "invoice_prefix",
    "name",
    "next_invoice_sequence",
    "phone",
    "preferred_locales",
    "shipping",
    "tax_exempt",
)


def new_cash_balance(customer: str) -> Document:
    """Return the empty cash balance of a customer."""
    return {
        "object": "cash_balance",
        "available": None,
        "customer": customer,
        "customer_account": None,
        "livemode": False,
        "settings": {"reconciliation_mode": "automatic", "using_merchant_default": True},
    }


def create(call: Call) -> Document:
    """Create a customer; a payment method in the request is attached and made the default."""
    key = call.books.new_id("cus")
    customer: Document = fresh(CUSTOMER) | {
        "id": key,
        "created": call.books.stamp(),
        "invoice_prefix": f"{call.books.number('invoice_prefix'):08X}",
    }
    cash = new_cash_balance(key)
    method = call.text("payment_method")
    if method is not None:
        # Attach it before anything is saved: if the card is declined, no customer is created.
        attached = attach(call.books, call.log, method, key)
        customer["invoice_settings"]["default_payment_method"] = attached["id"]
    _apply(call, customer, cash)
    call.books.save_as("cash_balance", key, cash)
    call.books.save("customer", customer)
    call.log.emit("customer.created", customer)
    return customer


def retrieve(call: Call) -> Document:
    """Return a customer; a deleted customer has the short form that Stripe returns."""
    return call.books.need("customer", call.ids[0])


def update(call: Call) -> Document:
    """Change the named fields of a customer."""
    customer = living(call)
    before = dict(customer)
    cash = call.books.find("cash_balance", customer["id"]) or new_cash_balance(customer["id"])
    _apply(call, customer, cash)
    call.books.save_as("cash_balance", customer["id"], cash)
    call.books.save("customer", customer)
    changed = {name: before[name] for name in before if before[name] != customer[name]}
    call.log.emit("customer.updated", customer, previous=changed)
    return customer


def living(call: Call) -> Document:
    """Return the customer of the URL, which must not be deleted.

    Raises:
        StripeError: The customer never existed or is deleted.
    """
    customer = call.books.need("customer", call.ids[0])
    if customer.get("deleted"):
        refuse(
            f"No such customer: '{customer['id']}'", param="id", code="resource_missing", status=404
        )
    return customer


def _apply(call: Call, customer: Document, cash: Document) -> None:
    params = call.params
    customer.update({name: params[name] for name in _PLAIN if name in params})
    if "metadata" in params:
        customer["metadata"] = merge_metadata(customer["metadata"], params["metadata"])
    settings: Document = params.get("invoice_settings") or {}
    default = settings.get("default_payment_method")
    if default is not None and not call.params.get("payment_method"):
        usable_method(
            call.books,
            default,
            customer["id"],
            param="invoice_settings[default_payment_method]",
        )
    customer["invoice_settings"] = {**customer["invoice_settings"], **settings}
    cash_params: Document = params.get("cash_balance") or {}
    cash_settings: Document = cash_params.get("settings") or {}
    mode = cash_settings.get("reconciliation_mode")
    if mode is not None:
        cash["settings"] = {"reconciliation_mode": mode, "using_merchant_default": False}


def delete(call: Call) -> Document:
    """Delete a customer; its invoices stay."""
    customer = living(call)
    gone: Document = {"id": customer["id"], "object": "customer", "deleted": True}
    call.books.save("customer", gone)
    call.log.emit("customer.deleted", customer)
    return gone


def list_customers(call: Call) -> Document:
    """Return a page of customers, without the deleted ones."""
    created = call.params.get("created")
    return page(
        call,
        "customer",
        {"email": call.text("email")},
        lambda each: not each.get("deleted") and in_range(each["created"], created),
    )


def search_customers(call: Call) -> Document:
    """Return the customers that match a query."""
    return search(call, "customer", ("email", "name", "phone"))


_SEARCH: Fields = {"query": TEXT, "limit": INTEGER, "page": TEXT}
OPERATIONS = (
    Operation("POST", "customers", create, {**_UPDATE, "payment_method": TEXT}),
    Operation("GET", "customers", list_customers, {**PAGING, "email": TEXT, "created": RANGE}),
    Operation("GET", "customers/search", search_customers, _SEARCH),
    Operation("GET", "customers/{}", retrieve, {}),
    Operation("POST", "customers/{}", update, _UPDATE),
    Operation("DELETE", "customers/{}", delete, {}),
)
