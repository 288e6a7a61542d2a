"""The transitions of a payment intent: attempted, succeeded, declined, canceled."""

from sandbox.store import Document
from sandbox.stripe.books import Books
from sandbox.stripe.cards import AUTHENTICATION
from sandbox.stripe.charges import new_charge
from sandbox.stripe.errors import refuse_state
from sandbox.stripe.events import EventLog
from sandbox.stripe.methods import card_of, is_set_up
from sandbox.stripe.shapes import PAYMENT_INTENT, fresh

RETRIABLE = {"requires_payment_method", "requires_confirmation", "requires_action"}


def new_intent(books: Books, log: EventLog, given: Document) -> Document:
    """Save and return a payment intent.

    Args:
        books: The account.
        log: Receives `payment_intent.created`.
        given: Amount, currency, and the members that differ from the defaults.
    """
    key = books.new_id("pi")
    intent = fresh(PAYMENT_INTENT) | {
        "id": key,
        "client_secret": f"{key}_secret_{books.new_id('s')[2:]}",
        "created": books.stamp(),
        **given,
    }
    books.save("payment_intent", intent)
    log.emit("payment_intent.created", intent)
    return intent


def require_open(intent: Document, verb: str) -> None:
    """Check that a payment intent can still be confirmed or canceled.

    Raises:
        StripeError: It has succeeded or was canceled.
    """
    if intent["status"] not in RETRIABLE:
        refuse_state(
            f"This PaymentIntent could not be {verb} because it has a status of"
            f" {intent['status']}.",
            code="payment_intent_unexpected_state",
            payment_intent=intent,
        )


def _asks_holder(books: Books, method: Document, *, is_off_session: bool) -> bool:
    card = card_of(method)
    return card is not None and card.must_ask(
        is_off_session=is_off_session, is_set_up=is_set_up(books, method["id"])
    )


def try_card(
    books: Books, log: EventLog, intent: Document, method: Document, *, is_off_session: bool
) -> Document | None:
    """Charge a card for a payment intent and return the decline, or None.

    If the cardholder must authenticate on-session, the intent goes to `requires_action` without a decline.
    """
    must_ask = _asks_holder(books, method, is_off_session=is_off_session)
    if must_ask and not is_off_session:
        intent |= {"status": "requires_action", "payment_method": method["id"]}
        intent["next_action"] = {"type": "use_stripe_sdk", "use_stripe_sdk": {}}
        books.save("payment_intent", intent)
        log.emit("payment_intent.requires_action", intent)
        return None
    return charge_card(books, log, intent, method, AUTHENTICATION if must_ask else None)


def charge_card(
    books: Books,
    log: EventLog,
    intent: Document,
    method: Document,
    refusal: Document | None = None,
) -> Document | None:
    """Ask the issuer, after any authentication by the holder, and return the decline, or None.

    Args:
        books: The account.
        log: Its events.
        intent: The payment intent to charge.
        method: The card.
        refusal: A decline for any card; None lets the test card decide.
    """
    card = card_of(method)
    decline = refusal or (card.decline if card is not None else None)
    charge = new_charge(books, log, intent, method, decline)
    intent["latest_charge"] = charge["id"]
    if decline is None:
        succeed(books, log, intent, method)
        return None
    fail(books, log, intent, {**decline, "charge": charge["id"], "payment_method": method})
    return decline


def fail(books: Books, log: EventLog, intent: Document, error: Document) -> None:
    """Save a payment intent as waiting for another payment method."""
    intent |= {"status": "requires_payment_method", "payment_method": None, "next_action": None}
    intent["last_payment_error"] = {"type": "card_error", **error}
    books.save("payment_intent", intent)
    log.emit("payment_intent.payment_failed", intent)


def take_from_cash(books: Books, log: EventLog, intent: Document) -> None:
    """Pay a payment intent from the customer's cash balance, which covers it."""
    charge = new_charge(books, log, intent, None)
    intent["latest_charge"] = charge["id"]
    succeed(books, log, intent, None)


def succeed(books: Books, log: EventLog, intent: Document, method: Document | None) -> None:
    """Save a payment intent as succeeded."""
    intent |= {
        "status": "succeeded",
        "amount_received": intent["amount"],
        "last_payment_error": None,
        "next_action": None,
        "payment_method": method["id"] if method else None,
    }
    books.save("payment_intent", intent)
    log.emit("payment_intent.succeeded", intent)


def cancel(books: Books, log: EventLog, intent: Document, reason: str | None) -> None:
    """Save a payment intent as canceled."""
    intent |= {
        "status": "canceled",
        "canceled_at": books.stamp(),
        "cancellation_reason": reason,
        "next_action": None,
    }
    books.save("payment_intent", intent)
    log.emit("payment_intent.canceled", intent)
