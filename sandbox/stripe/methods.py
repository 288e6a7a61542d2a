"""Stripe payment methods: test cards by token or number, attached to customers."""

import hashlib

from sandbox.store import Document
from sandbox.stripe import cards
from sandbox.stripe.books import Books
from sandbox.stripe.calls import Call, Operation
from sandbox.stripe.cards import Card
from sandbox.stripe.errors import missing_parameter, no_such, refuse, refuse_card, refuse_state
from sandbox.stripe.events import EventLog
from sandbox.stripe.forms import (
    ADDRESS,
    INTEGER,
    METADATA,
    PAGING,
    TEXT,
    Fields,
    choice,
    nested,
)
from sandbox.stripe.lists import page
from sandbox.stripe.objects import billing_details, merge_metadata
from sandbox.stripe.shapes import CARD_METHOD, fresh

_EXPIRY_YEARS = 5
_LAST_MONTH = 12


def fingerprint(number: str) -> str:
    """Return a digest that identifies a card number without showing it."""
    return hashlib.sha256(number.encode()).hexdigest()[:16]


_BY_FINGERPRINT = {
    fingerprint(card.number): card
    for card in (cards.by_token(name) for name in cards.token_names())
    if card is not None
}


def card_of(method: Document) -> Card | None:
    """Return the test card of a payment method, or None for other types."""
    details: Document = method.get("card") or {}
    return _BY_FINGERPRINT.get(details.get("fingerprint", ""))


def mark_set_up(books: Books, method: str) -> None:
    """Store that the holder agreed to off-session charges."""
    books.save_as("_set_up", method, {"id": method})


def is_set_up(books: Books, method: str) -> bool:
    """Return whether the holder agreed to off-session charges."""
    return books.find("_set_up", method) is not None


def new_card_method(books: Books, card: Card, details: Document | None = None) -> Document:
    """Save and return a new payment method for a test card.

    Args:
        books: The account.
        card: The test card.
        details: Expiry, `billing_details` and `metadata`, if given.
    """
    given = details or {}
    now = books.now()
    method: Document = fresh(CARD_METHOD) | {
        "id": books.new_id("pm"),
        "allow_redisplay": given.get("allow_redisplay") or "unspecified",
        "billing_details": billing_details(given.get("billing_details")),
        "created": books.stamp(),
        "metadata": given.get("metadata") or {},
    }
    method["card"] |= {
        "brand": card.brand,
        "country": card.country,
        "display_brand": card.brand,
        "exp_month": given.get("exp_month") or now.month,
        "exp_year": given.get("exp_year") or now.year + _EXPIRY_YEARS,
        "fingerprint": fingerprint(card.number),
        "funding": card.funding,
        "last4": card.last4,
        "networks": {"available": [card.brand], "preferred": None},
    }
    return books.save("payment_method", method)


def resolve(books: Books, key: str, *, param: str) -> Document:
    """Return the payment method of an id, or a new one for a test token `pm_card_...`.

    Raises:
        StripeError: There is no such payment method or token.
    """
    found = books.find("payment_method", key)
    if found is not None:
        return found
    card = cards.by_token(key) if key.startswith("pm_card_") else None
    if card is None:
        no_such("PaymentMethod", key, param=param, status=400)
    return new_card_method(books, card)


def usable_method(books: Books, key: str, customer: str, *, param: str) -> Document:
    """Return a payment method that must be attached to this customer.

    Raises:
        StripeError: It does not exist, or it is not attached to this customer.
    """
    method = books.need("payment_method", key, param=param)
    if method["customer"] != customer:
        refuse(
            "The customer does not have a payment method with the ID"
            f" {key}. The payment method must be attached to the customer.",
            param=param,
            code="resource_missing",
        )
    return method


def attach(books: Books, log: EventLog, key: str, customer: str) -> Document:
    """Attach a payment method to a customer; the issuer is asked first.

    Raises:
        StripeError: 402 if the issuer declines the attachment; 400 if another customer has the method.
    """
    method = resolve(books, key, param="payment_method")
    if method["customer"] not in {None, customer}:
        refuse_state(
            "The payment method you provided has already been attached to a customer.",
            code="payment_method_unexpected_state",
        )
    card = card_of(method)
    if card is not None and card.decline is not None and not card.is_attachable:
        books.drop("payment_method", method["id"])
        refuse_card(card.decline, payment_method=method)
    method["customer"] = customer
    books.save("payment_method", method)
    log.emit("payment_method.attached", method)
    return method


def _card_from(params: Document) -> tuple[Card, Document]:
    given: Document = params.get("card") or {}
    token, number = given.get("token"), given.get("number")
    if token is not None:
        card = cards.by_token(token)
        if card is None:
            no_such("token", token, param="card[token]", status=400)
        return card, {}
    if number is None:
        missing_parameter("card[number]")
    number = number.replace(" ", "")
    card = cards.by_number(number)
    if not cards.is_plausible(number):
        refuse_card(cards.INCORRECT_NUMBER)
    if card is None:
        refuse_card(cards.NOT_A_TEST_CARD)
    return card, {"exp_month": given.get("exp_month"), "exp_year": given.get("exp_year")}


def _check_expiry(call: Call, expiry: Document) -> None:
    month, year = expiry.get("exp_month"), expiry.get("exp_year")
    if month is not None and not 1 <= month <= _LAST_MONTH:
        decline: Document = {
            "code": "invalid_expiry_month",
            "message": "Your card's expiration month is invalid.",
            "param": "exp_month",
        }
        refuse_card(decline)
    now = call.books.now()
    if year is not None and (year, month or _LAST_MONTH) < (now.year, now.month):
        decline = {
            "code": "invalid_expiry_year",
            "message": "Your card's expiration year is invalid.",
            "param": "exp_year",
        }
        refuse_card(decline)


def create(call: Call) -> Document:
    """Create a payment method that is not attached to a customer yet."""
    if call.text("type") is None:
        missing_parameter("type")
    card, expiry = _card_from(call.params)
    _check_expiry(call, expiry)
    return new_card_method(call.books, card, {**call.params, **expiry})


def update(call: Call) -> Document:
    """Change the details of a payment method, such as the expiry of a new card."""
    method = call.books.need("payment_method", call.ids[0])
    params = call.params
    if "metadata" in params:
        method["metadata"] = merge_metadata(method["metadata"], params["metadata"])
    if "billing_details" in params:
        method["billing_details"] = billing_details(params["billing_details"])
    _check_expiry(call, params.get("card") or {})
    method["card"] = {**method["card"], **(params.get("card") or {})}
    call.books.save("payment_method", method)
    call.log.emit("payment_method.updated", method)
    return method


def attach_to(call: Call) -> Document:
    """Attach the payment method of the URL."""
    customer = call.text("customer")
    if customer is None:
        missing_parameter("customer")
    call.books.need("customer", customer, param="customer")
    return attach(call.books, call.log, call.ids[0], customer)


def detach(call: Call) -> Document:
    """Detach a payment method and remove it as its customer's default."""
    method = call.books.need("payment_method", call.ids[0])
    owner = method["customer"]
    if owner is None:
        refuse_state("The payment method you provided is not attached to a customer.")
    method["customer"] = None
    call.books.save("payment_method", method)
    customer = call.books.need("customer", owner)
    settings: Document = customer.get("invoice_settings") or {}
    if settings.get("default_payment_method") == method["id"]:
        customer["invoice_settings"] = {**settings, "default_payment_method": None}
        call.books.save("customer", customer)
    call.log.emit("payment_method.detached", method, previous={"customer": owner})
    return method


def retrieve(call: Call) -> Document:
    """Return a payment method; if the URL names a customer, it must be attached to that customer."""
    key = call.ids[-1]
    method = call.books.need("payment_method", key)
    if len(call.ids) > 1 and method["customer"] != call.ids[0]:
        no_such("PaymentMethod", key, param="payment_method")
    return method


def list_methods(call: Call) -> Document:
    """Return a page of a customer's payment methods."""
    customer = call.ids[0] if call.ids else call.text("customer")
    if customer is not None:
        call.books.need("customer", customer, param=None if call.ids else "customer")
    return page(call, "payment_method", {"customer": customer, "type": call.text("type")})


_DETAILS = nested({"address": ADDRESS, "email": TEXT, "name": TEXT, "phone": TEXT, "tax_id": TEXT})
_CARD: Fields = {
    "number": TEXT,
    "exp_month": INTEGER,
    "exp_year": INTEGER,
    "cvc": TEXT,
    "token": TEXT,
}
_CREATE: Fields = {
    "type": choice("card"),
    "card": nested(_CARD),
    "billing_details": _DETAILS,
    "metadata": METADATA,
    "allow_redisplay": choice("always", "limited", "unspecified"),
}
_UPDATE: Fields = {
    "card": nested({"exp_month": INTEGER, "exp_year": INTEGER}),
    "billing_details": _DETAILS,
    "metadata": METADATA,
}
OPERATIONS = (
    Operation("POST", "payment_methods", create, _CREATE),
    Operation("GET", "payment_methods", list_methods, {**PAGING, "customer": TEXT, "type": TEXT}),
    Operation("GET", "payment_methods/{}", retrieve, {}),
    Operation("POST", "payment_methods/{}", update, _UPDATE),
    Operation("POST", "payment_methods/{}/attach", attach_to, {"customer": TEXT}),
    Operation("POST", "payment_methods/{}/detach", detach, {}),
    Operation("GET", "customers/{}/payment_methods", list_methods, {**PAGING, "type": TEXT}),
    Operation("GET", "customers/{}/payment_methods/{}", retrieve, {}),
)
