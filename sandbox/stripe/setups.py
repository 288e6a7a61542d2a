"""Setup intents: a card saved for later, with the holder's consent."""

from sandbox.store import Document
from sandbox.stripe.books import Books
from sandbox.stripe.calls import Call, Operation
from sandbox.stripe.errors import refuse_card, refuse_state
from sandbox.stripe.events import EventLog
from sandbox.stripe.forms import FLAG, METADATA, PAGING, TEXT, Fields, choice, listed, nested
from sandbox.stripe.lists import page
from sandbox.stripe.methods import attach, card_of, mark_set_up, resolve
from sandbox.stripe.shapes import SETUP_INTENT, fresh


def create(call: Call) -> Document:
    """Create a setup intent, and save the card at once if `confirm` is set."""
    books, params = call.books, call.params
    customer = call.text("customer")
    if customer is not None:
        books.need("customer", customer, param="customer")
    key = books.new_id("seti")
    automatic: Document = params.get("automatic_payment_methods") or {"enabled": True}
    setup = fresh(SETUP_INTENT) | {
        "id": key,
        "automatic_payment_methods": {"allow_redirects": "always", **automatic},
        "client_secret": f"{key}_secret_{books.new_id('s')[2:]}",
        "created": books.stamp(),
        "customer": customer,
        "description": params.get("description"),
        "metadata": params.get("metadata") or {},
        "usage": params.get("usage") or "off_session",
    }
    method = call.text("payment_method")
    if method is not None:
        found = resolve(books, method, param="payment_method")
        setup |= {"payment_method": found["id"], "status": "requires_confirmation"}
    books.save("setup_intent", setup)
    call.log.emit("setup_intent.created", setup)
    return _confirmed(call, setup) if params.get("confirm") else setup


def confirm(call: Call) -> Document:
    """Save the card of a setup intent."""
    setup = call.books.need("setup_intent", call.ids[0])
    if setup["status"] in {"succeeded", "canceled"}:
        refuse_state(
            f"You cannot confirm this SetupIntent because it has a status of {setup['status']}.",
            code="setup_intent_unexpected_state",
        )
    method = call.text("payment_method")
    if method is not None:
        setup["payment_method"] = resolve(call.books, method, param="payment_method")["id"]
    return _confirmed(call, setup)


def _confirmed(call: Call, setup: Document) -> Document:
    if setup["payment_method"] is None:
        refuse_state(
            "You cannot confirm this SetupIntent because it's missing a payment method.",
            code="setup_intent_unexpected_state",
        )
    method = resolve(call.books, setup["payment_method"], param="payment_method")
    card = card_of(method)
    if card is not None and card.decline is not None and not card.is_attachable:
        setup |= {"status": "requires_payment_method", "payment_method": None}
        setup["last_setup_error"] = {
            "type": "card_error",
            **card.decline,
            "payment_method": method,
        }
        call.books.save("setup_intent", setup)
        call.log.emit("setup_intent.setup_failed", setup)
        refuse_card(card.decline, setup_intent=setup, payment_method=method)
    if card is not None and card.asks != "never":
        setup |= {"status": "requires_action", "payment_method": method["id"]}
        setup["next_action"] = {"type": "use_stripe_sdk", "use_stripe_sdk": {}}
        call.books.save("setup_intent", setup)
        call.log.emit("setup_intent.requires_action", setup)
        return setup
    setup["payment_method"] = method["id"]
    succeed(call.books, call.log, setup)
    return setup


def succeed(books: Books, log: EventLog, setup: Document) -> None:
    """Save a setup intent as succeeded, and store the consent of the cardholder."""
    method = setup["payment_method"]
    if setup["customer"] is not None:
        attach(books, log, method, setup["customer"])
    if setup["usage"] == "off_session":
        mark_set_up(books, method)
    setup |= {"status": "succeeded", "last_setup_error": None, "next_action": None}
    books.save("setup_intent", setup)
    log.emit("setup_intent.succeeded", setup)


def retrieve(call: Call) -> Document:
    """Return a setup intent."""
    return call.books.need("setup_intent", call.ids[0])


def list_setups(call: Call) -> Document:
    """Return a page of setup intents."""
    terms = {name: call.text(name) for name in ("customer", "payment_method")}
    return page(call, "setup_intent", terms)


_CREATE: Fields = {
    "automatic_payment_methods": nested(
        {"enabled": FLAG, "allow_redirects": choice("always", "never")}
    ),
    "allowed_payment_method_types": listed(TEXT),
    "confirm": FLAG,
    "customer": TEXT,
    "description": TEXT,
    "metadata": METADATA,
    "payment_method": TEXT,
    "return_url": TEXT,
    "usage": choice("off_session", "on_session"),
}
OPERATIONS = (
    Operation("POST", "setup_intents", create, _CREATE),
    Operation(
        "GET", "setup_intents", list_setups, {**PAGING, "customer": TEXT, "payment_method": TEXT}
    ),
    Operation("GET", "setup_intents/{}", retrieve, {}),
    Operation(
        "POST", "setup_intents/{}/confirm", confirm, {"payment_method": TEXT, "return_url": TEXT}
    ),
)
