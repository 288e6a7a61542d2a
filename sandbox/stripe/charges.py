"""Charges: each attempt to move money, approved or declined."""

from sandbox.store import Document
from sandbox.stripe.books import Books
from sandbox.stripe.calls import Call, Operation
from sandbox.stripe.events import EventLog
from sandbox.stripe.forms import PAGING, RANGE, TEXT, in_range, only
from sandbox.stripe.lists import page
from sandbox.stripe.objects import billing_details
from sandbox.stripe.shapes import CARD_DETAILS, CHARGE, fresh

BLOCKED = "fraudulent"
_FROM_INTENT = (
    "currency",
    "customer",
    "description",
    "metadata",
    "receipt_email",
    "statement_descriptor",
    "statement_descriptor_suffix",
)
_SHOWN = ("brand", "checks", "country", "exp_month", "exp_year", "fingerprint", "funding", "last4")


def _details(method: Document | None) -> Document:
    if method is None:
        return {"type": "customer_balance", "customer_balance": {}}
    card = method["card"]
    shown = {name: card[name] for name in _SHOWN}
    return {"type": "card", "card": {**fresh(CARD_DETAILS), **shown, "network": card["brand"]}}


def _outcome(decline: Document | None, method: Document | None) -> Document | None:
    if method is None:
        return None
    known = decline or {}
    is_blocked = known.get("decline_code") == BLOCKED
    return {
        "advice_code": known.get("advice_code"),
        "network_advice_code": known.get("network_advice_code"),
        "network_decline_code": known.get("network_decline_code"),
        "network_status": "declined_by_network" if decline else "approved_by_network",
        "reason": known.get("decline_code") or known.get("code"),
        "risk_level": "highest" if is_blocked else "normal",
        "risk_score": 90 if is_blocked else 12,
        "seller_message": "The bank declined the payment." if decline else "Payment complete.",
        "type": "issuer_declined" if decline else "authorized",
    }


def new_charge(
    books: Books,
    log: EventLog,
    intent: Document,
    method: Document | None,
    decline: Document | None = None,
) -> Document:
    """Save and return the charge of an attempt, and log its result.

    Args:
        books: The account.
        log: Its events.
        intent: The payment intent of the attempt.
        method: The card; None for the customer's cash balance.
        decline: The issuer's decline; None approves the charge.
    """
    known = decline or {}
    charge = (
        fresh(CHARGE)
        | only(intent, _FROM_INTENT)
        | {
            "id": books.new_id("ch"),
            "amount": intent["amount"],
            "amount_captured": 0 if decline else intent["amount"],
            "billing_details": method["billing_details"] if method else billing_details(),
            "captured": not decline,
            "created": books.stamp(),
            "failure_code": known.get("code"),
            "failure_message": known.get("message"),
            "outcome": _outcome(decline, method),
            "paid": not decline,
            "payment_intent": intent["id"],
            "payment_method": method["id"] if method else None,
            "payment_method_details": _details(method),
            "status": "failed" if decline else "succeeded",
        }
    )
    log.emit("charge.failed" if decline else "charge.succeeded", charge)
    return books.save("charge", charge)


def retrieve(call: Call) -> Document:
    """Return a charge."""
    return call.books.need("charge", call.ids[0])


def list_charges(call: Call) -> Document:
    """Return a page of charges."""
    terms = {name: call.text(name) for name in ("customer", "payment_intent")}
    created = call.params.get("created")
    return page(call, "charge", terms, lambda each: in_range(each["created"], created))


OPERATIONS = (
    Operation(
        "GET",
        "charges",
        list_charges,
        {**PAGING, "customer": TEXT, "payment_intent": TEXT, "created": RANGE},
    ),
    Operation("GET", "charges/{}", retrieve, {}),
)
