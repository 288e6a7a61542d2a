"""What customers and operators ask of a running subscription.

A new request is a class here, its form in `perennial.requests`, and a case in `workflows.subscription.workflow`.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Literal

from domain.effects.events import EventType


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangePaymentMethod:
    """Attach this payment method, make it the default and charge open invoices with it.

    Attributes:
        request_id: The caller's key: the same request is done only once, also across runs.
        payment_method: The provider's token (`pm_...`).
    """

    request_id: str
    payment_method: str
    request: Literal["change_payment_method"] = "change_payment_method"
    refused: ClassVar[EventType] = EventType.PAYMENT_METHOD_REFUSED
    """The event that records that it was not done."""

    @property
    def content(self) -> str:
        """What is asked for, as text; the same request id with another text is another request."""
        return f"payment method {self.payment_method}"


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
    request: Literal["cancel"] = "cancel"

    @property
    def content(self) -> str:
        """What is asked for, as text; the same request id with another text is another request."""
        return f"cancel at {self.at}"


QueuedRequest = ChangePaymentMethod
"""Requests that wait their turn in the inbox."""

SubscriptionRequest = QueuedRequest | CancelSubscription
"""All requests; a cancellation is taken at once."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RequestAccepted:
    """The subscription has accepted a request; `ends_at` is set for cancellations."""

    request_id: str
    subscription_id: str
    ends_at: datetime | None = None
