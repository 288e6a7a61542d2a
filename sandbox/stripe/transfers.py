"""Bank transfers: a customer's cash balance, and the invoices that it pays automatically.

Source: docs.stripe.com/payments/customer-balance/reconciliation, read in November 2026.
"""

from itertools import combinations

from sandbox.store import Document
from sandbox.stripe import intents
from sandbox.stripe.books import Books
from sandbox.stripe.calls import Call, Operation
from sandbox.stripe.customers import living
from sandbox.stripe.errors import missing_parameter, refuse
from sandbox.stripe.events import EventLog
from sandbox.stripe.forms import INTEGER, PAGING, TEXT, choice, nested
from sandbox.stripe.invoice_payments import intent_of, mark_paid, open_payment
from sandbox.stripe.lists import page

_MOST_DOCUMENTS = 5
_MOST_COMPARED = 20
"""How many invoices are combined to match a transfer; more would take minutes."""

_OVERDUE_SECONDS = 30 * 24 * 3600
_BANKS: dict[str, Document] = {
    "eur": {
        "type": "eu_bank_transfer",
        "eu_bank_transfer": {"bic": None, "iban_last4": "3000", "sender_name": "Sender"},
    },
    "gbp": {
        "type": "gb_bank_transfer",
        "gb_bank_transfer": {
            "account_number_last4": "6789",
            "sender_name": "Sender",
            "sort_code": "108800",
        },
    },
    "usd": {
        "type": "us_bank_transfer",
        "us_bank_transfer": {"network": "ach", "sender_name": "Sender"},
    },
    "mxn": {"type": "mx_bank_transfer"},
    "jpy": {
        "type": "jp_bank_transfer",
        "jp_bank_transfer": {"sender_bank": None, "sender_branch": None, "sender_name": "Sender"},
    },
}


def retrieve(call: Call) -> Document:
    """Return the cash balance of a customer."""
    return call.books.need("cash_balance", living(call)["id"])


def update(call: Call) -> Document:
    """Change how a customer's transfers are reconciled."""
    customer = living(call)
    cash = call.books.need("cash_balance", customer["id"])
    settings: Document = call.params.get("settings") or {}
    mode = settings.get("reconciliation_mode")
    if mode is not None:
        is_default = mode == "merchant_default"
        cash["settings"] = {
            "reconciliation_mode": "automatic" if is_default else mode,
            "using_merchant_default": is_default,
        }
    return call.books.save_as("cash_balance", customer["id"], cash)


def fund(call: Call) -> Document:
    """Simulate the arrival of a bank transfer, and pay the invoices that it covers."""
    customer = living(call)
    amount, currency = call.params.get("amount"), call.text("currency")
    if amount is None:
        missing_parameter("amount")
    if currency is None:
        missing_parameter("currency")
    if amount < 1:
        refuse("Invalid positive integer", param="amount", code="parameter_invalid_integer")
    currency = currency.lower()
    if currency not in _BANKS:
        refuse(f"Bank transfers are not available in {currency}.", param="currency")
    reference = call.text("reference")
    bank = {**_BANKS[currency], "reference": reference}
    funded = _book(
        call.books,
        customer["id"],
        currency,
        amount,
        kind="funded",
        details={"bank_transfer": bank},
    )
    cash = call.books.need("cash_balance", customer["id"])
    call.log.emit("cash_balance.funds_available", cash)
    call.log.emit("customer_cash_balance_transaction.created", funded)
    reconcile(call.books, call.log, customer["id"], currency, reference or "")
    return funded


def _book(
    books: Books, customer: str, currency: str, change: int, *, kind: str, details: Document
) -> Document:
    cash = books.need("cash_balance", customer)
    available: dict[str, int] = cash["available"] or {}
    balance = available.get(currency, 0) + change
    available[currency] = balance
    cash["available"] = {name: amount for name, amount in available.items() if amount} or None
    books.save_as("cash_balance", customer, cash)
    return books.save(
        "customer_cash_balance_transaction",
        {
            "id": books.new_id("ccsbtxn"),
            "object": "customer_cash_balance_transaction",
            "created": books.stamp(),
            "currency": currency,
            "customer": customer,
            "customer_account": None,
            "ending_balance": balance,
            "livemode": False,
            "net_amount": change,
            "type": kind,
            kind: details,
        },
    )


def return_to_cash(books: Books, log: EventLog, refund: Document, customer: str) -> None:
    """Return a refunded amount to the cash balance that it came from."""
    details: Document = {"refund": refund["id"]}
    back = _book(
        books,
        customer,
        refund["currency"],
        refund["amount"],
        kind="refunded_from_payment",
        details=details,
    )
    log.emit("customer_cash_balance_transaction.created", back)


def reconcile(
    books: Books, log: EventLog, customer: str, currency: str, reference: str = ""
) -> None:
    """Pay open invoices from a customer's cash balance, each in full or not at all."""
    cash = books.need("cash_balance", customer)
    if cash["settings"]["reconciliation_mode"] != "automatic":
        return
    available: dict[str, int] = cash["available"] or {}
    for invoice in _chosen(books, customer, currency, available.get(currency, 0), reference):
        pay_from_cash(books, log, invoice)


def _chosen(
    books: Books, customer: str, currency: str, available: int, reference: str
) -> list[Document]:
    waiting = [
        invoice
        for invoice in reversed(books.newest("invoice", customer=customer, status="open"))
        if invoice["currency"] == currency and takes_transfers(books, invoice)
    ]
    named = [each for each in waiting if each["number"] and each["number"] in reference]
    ordered = [*named, *(each for each in waiting if each not in named)]
    for size in range(1, min(_MOST_DOCUMENTS, len(waiting)) + 1):
        for some in combinations(ordered[:_MOST_COMPARED], size):
            if sum(each["amount_remaining"] for each in some) == available:
                return list(some)
    covered: list[Document] = []
    for invoice in ordered:
        if invoice["amount_remaining"] <= available:
            available -= invoice["amount_remaining"]
            covered.append(invoice)
    return covered


def takes_transfers(books: Books, invoice: Document) -> bool:
    """Return whether a transfer may pay an invoice: its settings allow it, at most 30 days after it is due."""
    kinds = invoice["payment_settings"]["payment_method_types"]
    is_due = invoice["due_date"] or books.stamp()
    return (
        invoice["collection_method"] == "send_invoice"
        and (kinds is None or "customer_balance" in kinds)
        and books.stamp() <= is_due + _OVERDUE_SECONDS
    )


def pay_from_cash(books: Books, log: EventLog, invoice: Document) -> None:
    """Pay an open invoice from the cash balance, which covers it."""
    payment = open_payment(books, invoice["id"])
    if payment is None:
        return
    intent = intent_of(books, payment)
    applied = _book(
        books,
        invoice["customer"],
        invoice["currency"],
        -invoice["amount_remaining"],
        kind="applied_to_payment",
        details={"payment_intent": intent["id"]},
    )
    log.emit("customer_cash_balance_transaction.created", applied)
    intents.take_from_cash(books, log, intent)
    mark_paid(books, log, invoice, payment)


def list_transactions(call: Call) -> Document:
    """Return a page of a customer's cash balance transactions."""
    customer = living(call)["id"]
    return page(call, "customer_cash_balance_transaction", {"customer": customer})


def retrieve_transaction(call: Call) -> Document:
    """Return one cash balance transaction of a customer."""
    return call.books.need("customer_cash_balance_transaction", call.ids[1])


_MODE = choice("automatic", "manual", "merchant_default")
OPERATIONS = (
    Operation("GET", "customers/{}/cash_balance", retrieve, {}),
    Operation(
        "POST",
        "customers/{}/cash_balance",
        update,
        {"settings": nested({"reconciliation_mode": _MODE})},
    ),
    Operation("GET", "customers/{}/cash_balance_transactions", list_transactions, PAGING),
    Operation("GET", "customers/{}/cash_balance_transactions/{}", retrieve_transaction, {}),
    Operation(
        "POST",
        "test_helpers/customers/{}/fund_cash_balance",
        fund,
        {"amount": INTEGER, "currency": TEXT, "reference": TEXT},
    ),
)
