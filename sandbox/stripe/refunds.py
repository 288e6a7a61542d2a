"""Refunds of charges, in full or in part, never more than was paid."""

from sandbox.store import Document
from sandbox.stripe.calls import Call, Operation
from sandbox.stripe.errors import missing_parameter, refuse, refuse_state
from sandbox.stripe.forms import INTEGER, METADATA, PAGING, RANGE, TEXT, choice, in_range
from sandbox.stripe.lists import page
from sandbox.stripe.methods import card_of
from sandbox.stripe.objects import merge_metadata
from sandbox.stripe.shapes import REFUND, fresh
from sandbox.stripe.transfers import return_to_cash


def _charge(call: Call) -> Document:
    charge, intent = call.text("charge"), call.text("payment_intent")
    if charge is None and intent is None:
        missing_parameter("payment_intent")
    if charge is None and intent is not None:
        charge = call.books.need("payment_intent", intent, param="payment_intent")["latest_charge"]
    if charge is None:
        refuse_state(f"This PaymentIntent ({intent}) does not have a successful charge to refund.")
    return call.books.need("charge", charge, param="charge")


def _amount(call: Call, charge: Document) -> int:
    left: int = charge["amount_captured"] - charge["amount_refunded"]
    if not charge["paid"]:
        refuse_state(f"This charge ({charge['id']}) has failed and cannot be refunded.")
    if left == 0:
        refuse_state(
            f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded"
        )
    amount = int(call.params.get("amount", left))
    if amount < 1:
        refuse("Invalid positive integer", param="amount", code="parameter_invalid_integer")
    if amount > left:
        refuse_state(
            f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})."
        )
    return amount


def create(call: Call) -> Document:
    """Refund a charge."""
    charge = _charge(call)
    amount = _amount(call, charge)
    is_card = charge["payment_method_details"]["type"] == "card"
    card: Document = {"reference_status": "pending", "type": "refund"}
    destination: Document = (
        {"type": "card", "card": card}
        if is_card
        else {"type": "customer_cash_balance", "customer_cash_balance": {}}
    )
    refund = fresh(REFUND) | {
        "id": call.books.new_id("re"),
        "amount": amount,
        "charge": charge["id"],
        "created": call.books.stamp(),
        "currency": charge["currency"],
        "customer": charge["customer"],
        "destination_details": destination,
        "metadata": call.params.get("metadata") or {},
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "reason": call.text("reason"),
    }
    method = card_of(call.books.find("payment_method", str(charge["payment_method"])) or {})
    if method is not None and method.refund == "succeeds_later":
        refund["status"] = "pending"
    call.books.save("refund", refund)
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    call.books.save("charge", charge)
    if not is_card and charge["customer"]:
        return_to_cash(call.books, call.log, refund, charge["customer"])
    call.log.emit("refund.created", refund)
    call.log.emit("charge.refunded", charge)
    return refund


def update(call: Call) -> Document:
    """Change the metadata of a refund."""
    refund = call.books.need("refund", call.ids[0])
    if "metadata" in call.params:
        refund["metadata"] = merge_metadata(refund["metadata"], call.params["metadata"])
    call.books.save("refund", refund)
    call.log.emit("refund.updated", refund)
    return refund


def retrieve(call: Call) -> Document:
    """Return a refund."""
    return call.books.need("refund", call.ids[0])


def list_refunds(call: Call) -> Document:
    """Return a page of refunds."""
    terms = {name: call.text(name) for name in ("charge", "payment_intent")}
    created = call.params.get("created")
    return page(call, "refund", terms, lambda each: in_range(each["created"], created))


_REASON = choice("duplicate", "fraudulent", "requested_by_customer")
OPERATIONS = (
    Operation(
        "POST",
        "refunds",
        create,
        {
            "charge": TEXT,
            "payment_intent": TEXT,
            "amount": INTEGER,
            "reason": _REASON,
            "metadata": METADATA,
        },
    ),
    Operation(
        "GET",
        "refunds",
        list_refunds,
        {**PAGING, "charge": TEXT, "payment_intent": TEXT, "created": RANGE},
    ),
    Operation("GET", "refunds/{}", retrieve, {}),
    Operation("POST", "refunds/{}", update, {"metadata": METADATA}),
)
