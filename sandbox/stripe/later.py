"""Later actions of the outside world: a cardholder authenticates, a bank decides a refund."""

from sandbox.store import Document
from sandbox.stripe import intents, setups
from sandbox.stripe.books import Books
from sandbox.stripe.errors import no_such, refuse_state
from sandbox.stripe.events import EventLog
from sandbox.stripe.methods import card_of
from sandbox.stripe.payments import conclude


def authenticate(books: Books, log: EventLog, key: str, *, is_successful: bool) -> Document:
    """Return the payment or setup intent after its cardholder has authenticated or failed to.

    Raises:
        StripeError: The intent does not exist, or does not wait for its cardholder.
    """
    kind = "setup_intent" if key.startswith("seti_") else "payment_intent"
    intent = books.need(kind, key)
    if intent["status"] != "requires_action":
        refuse_state(f"{key} is {intent['status']}: no authentication is pending.")
    method = books.need("payment_method", intent["payment_method"])
    if kind == "setup_intent":
        _set_up(books, log, intent, method, is_successful=is_successful)
    elif not is_successful:
        intents.fail(books, log, intent, _unanswered("payment_intent", method))
    elif intents.charge_card(books, log, intent, method) is None:
        conclude(books, log, intent, method)
    return intent


def _set_up(
    books: Books, log: EventLog, setup: Document, method: Document, *, is_successful: bool
) -> None:
    if is_successful:
        setups.succeed(books, log, setup)
        return
    setup |= {"status": "requires_payment_method", "payment_method": None, "next_action": None}
    setup["last_setup_error"] = _unanswered("setup_intent", method)
    books.save("setup_intent", setup)
    log.emit("setup_intent.setup_failed", setup)


def _unanswered(kind: str, method: Document) -> Document:
    return {
        "type": "card_error",
        "code": f"{kind}_authentication_failure",
        "message": "We are unable to authenticate your payment method. Please choose a different"
        " payment method and try again.",
        "payment_method": method,
    }


def decide_refund(books: Books, log: EventLog, key: str) -> Document:
    """Return a refund after the bank of its card has decided it; if it failed, the money comes back.

    Raises:
        StripeError: The refund does not exist, is already decided, or its card decides refunds at once.
    """
    refund = books.find("refund", key)
    if refund is None:
        no_such("refund", key, param="refund")
    card = card_of(books.find("payment_method", str(refund["payment_method"])) or {})
    way = "at_once" if card is None else card.refund
    is_decided = refund["status"] == "failed" or (
        way == "succeeds_later" and refund["status"] == "succeeded"
    )
    if way == "at_once" or is_decided:
        refuse_state(f"The refund {key} is {refund['status']} and cannot change any more.")
    if way == "succeeds_later":
        refund["status"] = "succeeded"
        books.save("refund", refund)
    else:
        _fail(books, log, refund)
    for kind in ("refund.updated", "charge.refund.updated"):
        log.emit(kind, refund)
    return refund


def _fail(books: Books, log: EventLog, refund: Document) -> None:
    refund |= {"status": "failed", "failure_reason": "expired_or_canceled_card"}
    books.save("refund", refund)
    charge = books.need("charge", refund["charge"])
    charge["amount_refunded"] -= refund["amount"]
    charge["refunded"] = False
    books.save("charge", charge)
    log.emit("refund.failed", refund)
