"""Invoice payments, and the invoices that they pay."""

from sandbox.store import Document
from sandbox.stripe import intents
from sandbox.stripe.books import Books
from sandbox.stripe.calls import Call, Operation
from sandbox.stripe.events import EventLog
from sandbox.stripe.forms import PAGING, RANGE, TEXT, choice, in_range, nested
from sandbox.stripe.lists import matches, page


def new_payment(books: Books, invoice: Document, payment: Document) -> Document:
    """Save and return the default invoice payment of an invoice that was finalized.

    Args:
        books: The account.
        invoice: The invoice; its `amount_due` is requested.
        payment: The object that pays it: `type`, and its id under the name of the type.
    """
    return books.save(
        "invoice_payment",
        {
            "id": books.new_id("inpay"),
            "object": "invoice_payment",
            "amount_paid": None,
            "amount_requested": invoice["amount_due"],
            "created": books.stamp(),
            "currency": invoice["currency"],
            "invoice": invoice["id"],
            "is_default": True,
            "livemode": False,
            "payment": payment,
            "status": "open",
            "status_transitions": {"canceled_at": None, "paid_at": None},
        },
    )


def open_payment(books: Books, invoice: str) -> Document | None:
    """Return the invoice payment that still waits for money, or None."""
    found = books.newest("invoice_payment", invoice=invoice, status="open")
    return found[0] if found else None


def intent_of(books: Books, payment: Document) -> Document:
    """Return the payment intent behind an invoice payment."""
    return books.need("payment_intent", payment["payment"]["payment_intent"])


def invoice_of_intent(books: Books, intent: str) -> Document | None:
    """Return the invoice that a payment intent pays, or None."""
    found = books.newest("invoice_payment", **{"payment.payment_intent": intent})
    return books.need("invoice", found[0]["invoice"]) if found else None


def mark_paid(books: Books, log: EventLog, invoice: Document, payment: Document | None) -> None:
    """Save an invoice, and its invoice payment if money moved, as paid."""
    now = books.stamp()
    if payment is not None:
        payment |= {"amount_paid": payment["amount_requested"], "status": "paid"}
        payment["status_transitions"]["paid_at"] = now
        books.save("invoice_payment", payment)
    invoice |= {
        "status": "paid",
        "amount_paid": invoice["amount_due"],
        "amount_remaining": 0,
        "attempted": True,
        "next_payment_attempt": None,
        "auto_advance": False,
    }
    invoice["status_transitions"]["paid_at"] = now
    books.save("invoice", invoice)
    if payment is not None:
        log.emit("invoice_payment.paid", payment)
    log.emit("invoice.paid", invoice)
    log.emit("invoice.payment_succeeded", invoice)


def abandon(books: Books, log: EventLog, invoice: str, reason: str) -> None:
    """Cancel the open invoice payment of an invoice, and its payment intent.

    Args:
        books: The account.
        log: Receives `payment_intent.canceled`.
        invoice: Id of the invoice.
        reason: Stripe's cancellation reason, such as `void_invoice`.
    """
    payment = open_payment(books, invoice)
    if payment is None:
        return
    intents.cancel(books, log, intent_of(books, payment), reason)
    payment["status"] = "canceled"
    payment["status_transitions"]["canceled_at"] = books.stamp()
    books.save("invoice_payment", payment)


def retrieve(call: Call) -> Document:
    """Return an invoice payment."""
    return call.books.need("invoice_payment", call.ids[0])


def list_payments(call: Call) -> Document:
    """Return a page of invoice payments, by invoice or by the object that pays it."""
    wanted: Document = call.params.get("payment") or {}
    created = call.params.get("created")
    terms = {
        "invoice": call.text("invoice"),
        "status": call.text("status"),
        "payment.payment_intent": wanted.get("payment_intent"),
    }
    return page(
        call,
        "invoice_payment",
        terms,
        lambda each: (
            in_range(each["created"], created)
            and matches(each, "payment.type", wanted.get("type"))
            and matches(each, "payment.payment_record", wanted.get("payment_record"))
        ),
    )


_PAYMENT = nested(
    {
        "type": choice("payment_intent", "payment_record"),
        "payment_intent": TEXT,
        "payment_record": TEXT,
    }
)
OPERATIONS = (
    Operation(
        "GET",
        "invoice_payments",
        list_payments,
        {
            **PAGING,
            "invoice": TEXT,
            "status": choice("canceled", "open", "paid"),
            "payment": _PAYMENT,
            "created": RANGE,
        },
    ),
    Operation("GET", "invoice_payments/{}", retrieve, {}),
)
