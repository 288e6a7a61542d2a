"""The contract of the workflows: their names, the messages that they accept, and what they return."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

NEW_SALE: Final = "NewSale"
SUBSCRIPTION: Final = "Subscription"
INVOICE: Final = "Invoice"

ACCEPT_SALE: Final = "accept"
FIRST_INVOICE: Final = "first_invoice"
INVOICE_CHANGED: Final = "invoice_changed"
REQUEST: Final = "request"
PROVIDER_EVENT: Final = "provider_event"
PAYMENT_METHOD_CHANGED: Final = "payment_method_changed"
STOP_COLLECTION: Final = "stop"
RESUME: Final = "resume"
SKIP_EFFECT: Final = "skip_effect"
END_SUBSCRIPTION: Final = "end"

DRAINING_ERROR: Final = "Draining"
"""Error type of an update that arrives while a run ends; send it again, and the next run accepts it."""
REFUSED_ERROR: Final = "Refused"
"""Error type of an update that the present state does not allow; nothing was changed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NewSaleInput:
    """The input of a `NewSale` workflow; the order itself stays in storage."""

    order_id: str
    order_digest: str
    subscription_id: str
    account_id: str
    plan: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SaleAccepted:
    """The result of accepting a sale: the subscription that it creates, and the digest of its order."""

    subscription_id: str
    order_digest: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SaleResult:
    """How a sale ended: `is_won`, or `failure` with the reason why it was undone."""

    subscription_id: str
    is_won: bool
    failure: str | None = None


class InvoiceOutcome(StrEnum):
    """What an invoice reports to its subscription."""

    PAID = "paid"
    DECLINED = "declined"
    OVERDUE = "overdue"
    CLOSED_UNPAID = "closed_unpaid"


@dataclass(frozen=True, kw_only=True, slots=True)
class InvoiceChanged:
    """The outcome of an invoice, which the invoice sends to its subscription.

    The subscription passes the outcome of the first invoice on to the sale.

    Attributes:
        at: When it happened, as the invoice reports it; None if another workflow reports it.
    """

    invoice_id: str
    outcome: InvoiceOutcome
    reason: str
    at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ProviderEventReceived:
    """The payment provider reports a change; the event's content is not trusted but read again."""

    event_id: str
    event_type: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SubscriptionResult:
    """How a subscription ended."""

    subscription_id: str
    state: str


@dataclass(frozen=True, kw_only=True, slots=True)
class InvoiceResult:
    """How an invoice ended."""

    invoice_id: str
    state: str
