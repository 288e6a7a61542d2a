"""The payment intents endpoint: charge a saved card without an invoice."""

from sandbox.store import Document
from sandbox.stripe import intents
from sandbox.stripe.books import Books
from sandbox.stripe.calls import Call, Operation
from sandbox.stripe.errors import missing_parameter, refuse, refuse_card, refuse_state
from sandbox.stripe.events import EventLog
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
from sandbox.stripe.invoice_payments import invoice_of_intent, mark_paid, open_payment
from sandbox.stripe.lists import page, search
from sandbox.stripe.methods import mark_set_up, resolve, usable_method
from sandbox.stripe.objects import merge_metadata

_SMALLEST = 1
_COPIED = (
    "description",
    "receipt_email",
    "setup_future_usage",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "allowed_payment_method_types",
    "excluded_payment_method_types",
)


def create(call: Call) -> Document:
    """Create a payment intent, and charge it at once when `confirm` is set."""
    params = call.params
    for name in ("amount", "currency"):
        if params.get(name) is None:
            missing_parameter(name)
    if params["amount"] < _SMALLEST:
        refuse("Invalid positive integer", param="amount", code="parameter_invalid_integer")
    customer = call.text("customer")
    if customer is not None:
        call.books.need("customer", customer, param="customer")
    method = _method(call, customer)
    given = {name: params[name] for name in _COPIED if name in params}
    given |= {"amount": params["amount"], "currency": str(params["currency"]).lower()}
    given |= {"customer": customer, "metadata": params.get("metadata") or {}}
    automatic: Document = params.get("automatic_payment_methods") or {"enabled": True}
    given["automatic_payment_methods"] = {"allow_redirects": "always", **automatic}
    if method is not None:
        given |= {"payment_method": method["id"], "status": "requires_confirmation"}
    elif params.get("confirm"):
        refuse(
            "You cannot confirm this PaymentIntent because it's missing a payment method.",
            code="payment_intent_unexpected_state",
        )
    intent = intents.new_intent(call.books, call.log, given)
    if params.get("confirm") and method is not None:
        return _try(call, intent, method)
    return intent


def _method(call: Call, customer: str | None) -> Document | None:
    key = call.text("payment_method")
    if key is None:
        return None
    method = resolve(call.books, key, param="payment_method")
    if method["customer"] is not None and customer != method["customer"]:
        refuse(
            "The provided PaymentMethod is attached to a customer. You must pass the same"
            " customer to use it.",
            param="payment_method",
        )
    return method


def _try(call: Call, intent: Document, method: Document) -> Document:
    is_off_session = call.params.get("off_session") in {"true", "one_off", "recurring"}
    decline = intents.try_card(call.books, call.log, intent, method, is_off_session=is_off_session)
    if decline is not None:
        refuse_card(
            decline,
            charge=intent["latest_charge"],
            payment_intent=intent,
            payment_method=method,
        )
    if intent["status"] == "succeeded":
        conclude(call.books, call.log, intent, method)
    return intent


def conclude(books: Books, log: EventLog, intent: Document, method: Document) -> None:
    """Complete a successful payment intent: save its card, and mark its invoice as paid."""
    if intent["setup_future_usage"] and intent["customer"]:
        method["customer"] = intent["customer"]
        books.save("payment_method", method)
    if intent["setup_future_usage"] == "off_session":
        mark_set_up(books, method["id"])
    invoice = invoice_of_intent(books, intent["id"])
    if invoice is not None:
        mark_paid(books, log, invoice, open_payment(books, invoice["id"]))


def confirm(call: Call) -> Document:
    """Charge a payment intent; if it belongs to an invoice, the invoice is then paid."""
    intent = call.books.need("payment_intent", call.ids[0])
    intents.require_open(intent, "confirmed")
    key = call.text("payment_method") or intent["payment_method"]
    if key is None:
        refuse_state(
            "You cannot confirm this PaymentIntent because it's missing a payment method.",
            code="payment_intent_unexpected_state",
            payment_intent=intent,
        )
    method = resolve(call.books, key, param="payment_method")
    if method["customer"] is not None:
        usable_method(call.books, method["id"], intent["customer"], param="payment_method")
    return _try(call, intent, method)


def cancel(call: Call) -> Document:
    """Cancel a payment intent that has not succeeded; to cancel that of an invoice, void the invoice."""
    intent = call.books.need("payment_intent", call.ids[0])
    intents.require_open(intent, "canceled")
    if invoice_of_intent(call.books, intent["id"]) is not None:
        refuse_state(
            "You cannot cancel a PaymentIntent that belongs to an invoice. Void the invoice.",
            code="payment_intent_unexpected_state",
            payment_intent=intent,
        )
    intents.cancel(call.books, call.log, intent, call.text("cancellation_reason"))
    return intent


def retrieve(call: Call) -> Document:
    """Return a payment intent."""
    return call.books.need("payment_intent", call.ids[0])


def update(call: Call) -> Document:
    """Change the metadata or description of a payment intent."""
    intent = call.books.need("payment_intent", call.ids[0])
    if "metadata" in call.params:
        intent["metadata"] = merge_metadata(intent["metadata"], call.params["metadata"])
    if "description" in call.params:
        intent["description"] = call.params["description"]
    return call.books.save("payment_intent", intent)


def list_intents(call: Call) -> Document:
    """Return a page of payment intents."""
    created = call.params.get("created")
    return page(
        call,
        "payment_intent",
        {"customer": call.text("customer")},
        lambda each: in_range(each["created"], created),
    )


def search_intents(call: Call) -> Document:
    """Return the payment intents that match a query."""
    return search(call, "payment_intent", ("status", "customer", "currency"))


_CONFIRM: Fields = {
    "payment_method": TEXT,
    "off_session": choice("true", "false", "one_off", "recurring"),
    "error_on_requires_action": FLAG,
    "receipt_email": TEXT,
    "return_url": TEXT,
    "setup_future_usage": choice("off_session", "on_session"),
}
_CREATE: Fields = {
    **_CONFIRM,
    "amount": INTEGER,
    "currency": TEXT,
    "customer": TEXT,
    "confirm": FLAG,
    "description": TEXT,
    "metadata": METADATA,
    "automatic_payment_methods": nested(
        {"enabled": FLAG, "allow_redirects": choice("always", "never")}
    ),
    "allowed_payment_method_types": listed(TEXT),
    "excluded_payment_method_types": listed(TEXT),
    "capture_method": choice("automatic", "automatic_async"),
    "statement_descriptor": TEXT,
    "statement_descriptor_suffix": TEXT,
}
_REASONS = choice("abandoned", "duplicate", "fraudulent", "requested_by_customer")
OPERATIONS = (
    Operation("POST", "payment_intents", create, _CREATE),
    Operation(
        "GET", "payment_intents", list_intents, {**PAGING, "customer": TEXT, "created": RANGE}
    ),
    Operation(
        "GET",
        "payment_intents/search",
        search_intents,
        {"query": TEXT, "limit": INTEGER, "page": TEXT},
    ),
    Operation("GET", "payment_intents/{}", retrieve, {}),
    Operation("POST", "payment_intents/{}", update, {"metadata": METADATA, "description": TEXT}),
    Operation("POST", "payment_intents/{}/confirm", confirm, _CONFIRM),
    Operation("POST", "payment_intents/{}/cancel", cancel, {"cancellation_reason": _REASONS}),
)
