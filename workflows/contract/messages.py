"""The front door of the workflows: what others may send them, by which name, and what comes back."""

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
CHANGE_PAYMENT_METHOD: Final = "change_payment_method"
CANCEL_SUBSCRIPTION: Final = "cancel"
PROVIDER_EVENT: Final = "provider_event"
PAYMENT_METHOD_CHANGED: Final = "payment_method_changed"
STOP_COLLECTION: Final = "stop"
RESUME: Final = "resume"
SKIP_EFFECT: Final = "skip_effect"
END_SUBSCRIPTION: Final = "end"

DRAINING_ERROR: Final = "Draining"
"""Type of the refusal while a run ends; the same request succeeds on the next run, so send it again."""
REFUSED_ERROR: Final = "Refused"
"""Type of the refusal of an update that cannot be done in the present state; nothing was changed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NewSaleInput:
    """What a `NewSale` is started with; the order itself stays in storage."""

    order_id: str
    order_digest: str
    subscription_id: str
    account_id: str
    plan: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SaleAccepted:
    """The answer to a sale: the subscription it creates, and the digest of the order that created it."""

    subscription_id: str
    order_digest: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SaleResult:
    """How a sale ended: `won`, or why it was undone."""

    subscription_id: str
    is_won: bool
    failure: str | None = None


class InvoiceOutcome(StrEnum):
    """What an invoice tells its subscription."""

    PAID = "paid"
    DECLINED = "declined"
    OVERDUE = "overdue"
    CLOSED_UNPAID = "closed_unpaid"


@dataclass(frozen=True, kw_only=True, slots=True)
class InvoiceChanged:
    """Sent by an invoice to its subscription, and passed on to the sale for the first invoice; `at` is when."""

    invoice_id: str
    outcome: InvoiceOutcome
    reason: str
    at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangePaymentMethod:
    """Attach this payment method, make it the default and charge what is open.

    Attributes:
        request_id: The caller's key: the same request is done once, also across runs.
        payment_method: The provider's token (`pm_...`).
    """

    request_id: str
    payment_method: str


class CancelAt(StrEnum):
    """When a cancellation takes effect."""

    NOW = "now"
    PERIOD_END = "period_end"


@dataclass(frozen=True, kw_only=True, slots=True)
class CancelSubscription:
    """End the subscription; `reason` is free of personal data and shown to operators."""

    request_id: str
    at: CancelAt
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RequestAccepted:
    """A request was taken into the subscription's inbox; `ends_at` is set for cancellations."""

    request_id: str
    subscription_id: str
    ends_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ProviderEventReceived:
    """The payment provider said that something changed; its content is not trusted, only re-read."""

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
