"""The transitions of an invoice from draft to its end.

Source: docs.stripe.com/invoicing/integration/workflow-transitions, read in November 2026. Nothing
happens automatically here: `auto_advance` is stored, but it does not finalize or retry an invoice.
"""

from sandbox.store import Document
from sandbox.stripe import intents
from sandbox.stripe.calls import Call, Operation
from sandbox.stripe.errors import no_such, refuse, refuse_card, refuse_state
from sandbox.stripe.forms import FLAG, TEXT, Fields
from sandbox.stripe.invoice_payments import abandon, intent_of, mark_paid, new_payment, open_payment
from sandbox.stripe.lines import lines_of, require_draft, store_lines
from sandbox.stripe.methods import usable_method
from sandbox.stripe.transfers import reconcile, takes_transfers


def finalize(call: Call) -> Document:
    """Open a draft: add number, payment intent and URLs; an invoice with nothing due is paid at once."""
    invoice = call.books.need("invoice", call.ids[0])
    if invoice["status"] != "draft":
        refuse_state(
            "This invoice is already finalized, you can't re-finalize a non-draft invoice.",
            code="invoice_not_editable",
        )
    if "auto_advance" in call.params:
        invoice["auto_advance"] = call.params["auto_advance"]
    return _finalized(call, invoice)


def _finalized(call: Call, invoice: Document) -> Document:
    require_draft(invoice)
    books, now = call.books, call.books.stamp()
    customer = books.need("customer", invoice["customer"])
    if customer.get("deleted"):
        no_such("customer", customer["id"], param="customer", status=400)
    if invoice["number"] is None:
        sequence = customer["next_invoice_sequence"]
        invoice["number"] = f"{customer['invoice_prefix']}-{sequence:04d}"
        customer["next_invoice_sequence"] = sequence + 1
    invoice["starting_balance"] = customer["balance"]
    left = invoice["total"] + customer["balance"]
    customer["balance"] = invoice["ending_balance"] = min(left, 0)
    customer["currency"] = customer["currency"] or invoice["currency"]
    books.save("customer", customer)
    address = f"{books.base_url}/stripe/_invoices/{invoice['id']}"
    invoice |= {
        "status": "open",
        "effective_at": invoice["effective_at"] or now,
        "hosted_invoice_url": address,
        "invoice_pdf": f"{address}/pdf",
        "status_transitions": {**invoice["status_transitions"], "finalized_at": now},
    }
    store_lines(books, invoice, lines_of(books, invoice["id"]))
    if invoice["amount_due"]:
        _await_money(call, invoice)
    call.log.emit("invoice.finalized", invoice)
    if not invoice["amount_due"]:
        mark_paid(books, call.log, invoice, None)
    elif takes_transfers(books, invoice):
        reconcile(books, call.log, invoice["customer"], invoice["currency"])
        return books.need("invoice", invoice["id"])
    return invoice


def _await_money(call: Call, invoice: Document) -> None:
    kinds = invoice["payment_settings"]["payment_method_types"] or ["card"]
    asked: Document = {
        "amount": invoice["amount_due"],
        "currency": invoice["currency"],
        "customer": invoice["customer"],
        "description": f"Payment for Invoice {invoice['number']}",
        "payment_method_types": kinds,
    }
    intent = intents.new_intent(call.books, call.log, asked)
    paid_by: Document = {"type": "payment_intent", "payment_intent": intent["id"]}
    new_payment(call.books, invoice, paid_by)


def send(call: Call) -> Document:
    """Send an invoice that its customer must pay; a draft is finalized first."""
    invoice = call.books.need("invoice", call.ids[0])
    if invoice["collection_method"] != "send_invoice":
        refuse_state(
            "You can only manually send an invoice if its collection method is 'send_invoice'."
        )
    if invoice["status"] == "draft":
        invoice = _finalized(call, invoice)
    elif invoice["status"] != "open":
        _refuse_transition(invoice, "sent")
    call.log.emit("invoice.sent", invoice)
    return invoice


def pay(call: Call) -> Document:
    """Pay an invoice now: from a card, or marked as paid elsewhere; a draft is finalized first.

    Returns:
        The paid invoice. If the card is declined, the invoice stays open and the answer is 402.
    """
    invoice = call.books.need("invoice", call.ids[0])
    if invoice["status"] == "paid":
        refuse_state("Invoice is already paid")
    if invoice["status"] not in {"draft", "open", "uncollectible"}:
        _refuse_transition(invoice, "paid")
    if call.params.get("paid_out_of_band"):
        return _pay_elsewhere(call, invoice)
    method = _method(call, invoice)
    if invoice["status"] == "draft":
        invoice = _finalized(call, invoice)
    payment = open_payment(call.books, invoice["id"])
    if payment is None:
        return invoice
    return _collect(call, invoice, payment, method)


def _method(call: Call, invoice: Document) -> Document:
    customer = call.books.need("customer", invoice["customer"])
    settings: Document = customer.get("invoice_settings") or {}
    key = (
        call.text("payment_method")
        or invoice["default_payment_method"]
        or settings.get("default_payment_method")
    )
    if key is None:
        refuse(
            "There is no `default_payment_method` set on this Customer or Invoice. Please set a"
            " `default_payment_method`.",
            code="invoice_no_payment_method_types",
        )
    return usable_method(call.books, key, invoice["customer"], param="payment_method")


def _collect(call: Call, invoice: Document, payment: Document, method: Document) -> Document:
    books, log = call.books, call.log
    intent = intent_of(books, payment)
    is_off_session = bool(call.params.get("off_session", True))
    invoice["attempted"] = True
    invoice["attempt_count"] += 1
    decline = intents.try_card(books, log, intent, method, is_off_session=is_off_session)
    if decline is None and intent["status"] == "succeeded":
        mark_paid(books, log, invoice, payment)
        return invoice
    books.save("invoice", invoice)
    _refuse_payment(call, invoice, intent, method, decline)
    return invoice


def _refuse_payment(
    call: Call, invoice: Document, intent: Document, method: Document, decline: Document | None
) -> None:
    if decline is None or decline["code"] == "authentication_required":
        call.log.emit("invoice.payment_action_required", invoice)
    if decline is None:
        asked: Document = {
            "code": "invoice_payment_intent_requires_action",
            "message": "This payment requires additional user action before it can be completed"
            " successfully. Payment can be completed using the PaymentIntent associated with"
            " the invoice.",
        }
        refuse_card(asked, payment_intent=intent)
    call.log.emit("invoice.payment_failed", invoice)
    charge = intent["latest_charge"]
    refuse_card(decline, charge=charge, payment_intent=intent, payment_method=method)


def _pay_elsewhere(call: Call, invoice: Document) -> Document:
    if invoice["status"] == "draft":
        invoice = _finalized(call, invoice)
    if invoice["status"] == "paid":
        return invoice
    abandon(call.books, call.log, invoice["id"], "void_invoice")
    invoice["amount_paid_off_stripe"] = invoice["amount_due"]
    mark_paid(call.books, call.log, invoice, None)
    return invoice


def void(call: Call) -> Document:
    """Void an invoice permanently; its number stays used."""
    invoice = call.books.need("invoice", call.ids[0])
    if invoice["status"] not in {"open", "uncollectible"}:
        _refuse_transition(invoice, "voided")
    abandon(call.books, call.log, invoice["id"], "void_invoice")
    return _moved(call, invoice, "void", "voided_at", "invoice.voided")


def mark_uncollectible(call: Call) -> Document:
    """Mark an invoice as uncollectible; it can still be paid or voided."""
    invoice = call.books.need("invoice", call.ids[0])
    if invoice["status"] != "open":
        _refuse_transition(invoice, "marked uncollectible")
    invoice["status_details"] = {"uncollectible": {"reason": "user_forgiven"}}
    return _moved(
        call,
        invoice,
        "uncollectible",
        "marked_uncollectible_at",
        "invoice.marked_uncollectible",
    )


def _moved(call: Call, invoice: Document, status: str, when: str, event: str) -> Document:
    invoice |= {"status": status, "auto_advance": False}
    invoice["status_transitions"][when] = call.books.stamp()
    call.books.save("invoice", invoice)
    call.log.emit(event, invoice)
    return invoice


def _refuse_transition(invoice: Document, verb: str) -> None:
    refuse_state(
        f"This invoice can't be {verb}: it has a status of {invoice['status']}.",
        code="invoice_not_editable",
    )


_PAY: Fields = {"payment_method": TEXT, "off_session": FLAG, "paid_out_of_band": FLAG}
OPERATIONS = (
    Operation("POST", "invoices/{}/finalize", finalize, {"auto_advance": FLAG}),
    Operation("POST", "invoices/{}/send", send, {}),
    Operation("POST", "invoices/{}/pay", pay, _PAY),
    Operation("POST", "invoices/{}/void", void, {}),
    Operation("POST", "invoices/{}/mark_uncollectible", mark_uncollectible, {}),
)
