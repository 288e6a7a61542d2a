"""Business events and the read model: what happened, once, and the state of each entity after it.

Rows of the read model only move forward by `sequence`; the same event id with other content is an error.
Events and rows hold no personal data: names and addresses are joined from the account profile for display.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.collection.next_step import Attempt
from domain.entitlements.grants import Grant, Hold
from domain.ids import event_id
from domain.invoicing.invoices import InvoiceDocument, InvoiceState
from domain.money.money import Money
from domain.periods.periods import Period
from domain.subscription.states import SubscriptionState


class EventType(StrEnum):
    """What happened, in the past tense."""

    SALE_ACCEPTED = "sale_accepted"
    SALE_WON = "sale_won"
    SALE_FAILED = "sale_failed"
    SUBSCRIPTION_STARTED = "subscription_started"
    SUBSCRIPTION_ACTIVATED = "subscription_activated"
    SUBSCRIPTION_PAST_DUE = "subscription_past_due"
    SUBSCRIPTION_RECOVERED = "subscription_recovered"
    SUBSCRIPTION_RENEWED = "subscription_renewed"
    SUBSCRIPTION_ENDED = "subscription_ended"
    CANCELLATION_REQUESTED = "cancellation_requested"
    PAYMENT_METHOD_CHANGED = "payment_method_changed"
    PAYMENT_METHOD_REFUSED = "payment_method_refused"
    INVOICE_ISSUED = "invoice_issued"
    PAYMENT_DECLINED = "payment_declined"
    INVOICE_PAID = "invoice_paid"
    INVOICE_VOIDED = "invoice_voided"
    ATTENTION_NEEDED = "attention_needed"


class SaleState(StrEnum):
    """State of a sale."""

    OPEN = "open"
    WON = "won"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True, slots=True)
class SaleRow:
    """The sale as it is now; `failure` says why it was undone."""

    order_id: str
    subscription_id: str
    account_id: str
    state: SaleState
    failure: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SubscriptionRow:
    """The subscription as it is now; `next_due_at` is when its clock acts next."""

    subscription_id: str
    account_id: str
    order_id: str
    plan: str
    quantity: int
    currency: str
    state: SubscriptionState
    period: Period | None
    period_number: int
    cancel_at: datetime | None
    next_due_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class InvoiceRow:
    """The invoice as it is now, with its document."""

    document: InvoiceDocument
    state: InvoiceState
    amount_due: Money
    provider_invoice_id: str | None = None
    payment_id: str | None = None
    hosted_url: str | None = None
    paid_at: datetime | None = None
    granted_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class BusinessEvent:
    """One thing that happened to one entity, with the rows of the read model after it.

    Attributes:
        entity: `sale/...`, `subscription/...` or `invoice/...`.
        sequence: Number of the event among the entity's events, from 1; kept in the workflow state.
        summary: One line for people, without personal data.
    """

    entity: str
    sequence: int
    event_type: EventType
    at: datetime
    account_id: str
    subscription_id: str
    summary: str
    sale: SaleRow | None = None
    subscription: SubscriptionRow | None = None
    invoice: InvoiceRow | None = None
    attempt: Attempt | None = None
    grant: Grant | None = None
    hold: Hold | None = None

    @property
    def event_id(self) -> str:
        """The id under which this event is recorded once."""
        return event_id(self.entity, self.sequence, self.event_type)
