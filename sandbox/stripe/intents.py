"""What happens to a payment intent: tried, succeeded, declined, canceled."""

from sandbox.store import Document
from sandbox.stripe.books import Books
from sandbox.stripe.cards import AUTHENTICATION, Card
from sandbox.stripe.charges import new_charge
from sandbox.stripe.errors import refuse_state
from sandbox.stripe.events import EventLog
from sandbox.stripe.methods import card_of
from sandbox.stripe.shapes import PAYMENT_INTENT, fresh

RETRIABLE = {"requires_payment_method", "requires_confirmation", "requires_action"}


def new_intent(books: Books, log: EventLog, given: Document) -> Document:
    """Save and return a payment intent.

    Args:
        books: The account.
        log: Told `payment_intent.created`.
        given: amount and currency, and whatever else differs from the defaults.
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
    """Check that a payment intent can still be tried or canceled.

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


def _refusal(card: Card | None, *, is_off_session: bool) -> Document | None:
    if card is None:
        return None
    if card.needs_authentication and is_off_session:
        return AUTHENTICATION
    return card.decline


def try_card(
    books: Books, log: EventLog, intent: Document, method: Document, *, is_off_session: bool
) -> Document | None:
    """Charge a card for a payment intent and return the decline, or None.

    A card that asks its holder leaves an on-session intent in `requires_action`, without decline.
    """
    card = card_of(method)
    decline = _refusal(card, is_off_session=is_off_session)
    if decline is None and card is not None and card.needs_authentication:
        intent |= {"status": "requires_action", "payment_method": method["id"]}
        intent["next_action"] = {"type": "use_stripe_sdk", "use_stripe_sdk": {}}
        books.save("payment_intent", intent)
        log.emit("payment_intent.requires_action", intent)
        return None
    charge = new_charge(books, log, intent, method, decline)
    intent["latest_charge"] = charge["id"]
    if decline is None:
        succeed(books, log, intent, method)
        return None
    error = {"type": "card_error", **decline, "charge": charge["id"], "payment_method": method}
    intent |= {"status": "requires_payment_method", "payment_method": None, "next_action": None}
    intent["last_payment_error"] = error
    books.save("payment_intent", intent)
    log.emit("payment_intent.payment_failed", intent)
    return decline


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
