"""Business events and the read model: what happened, once, and the state of each entity after it.

Rows of the read model only move forward by generation and sequence; the same event id with other content is an error.
Events and rows hold no personal data: names and addresses are joined from the account profile for display.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from domain.collection.next_step import Attempt
from domain.entitlements.grants import Grant
from domain.entitlements.holds import Hold
from domain.ids import event_id
from domain.invoicing.invoices import InvoiceDocument, InvoicePurpose
from domain.invoicing.transitions import InvoiceState
from domain.money.money import Money
from domain.periods.periods import Period
from domain.sales.states import SaleState
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
    GRANT_CHANGED = "grant_changed"
    ATTENTION_NEEDED = "attention_needed"


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
    """The subscription as it is now; `next_due_at` is when it acts next by itself."""

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
    """The invoice as it is now; its lines are in its document.

    Attributes:
        draft: The document while it has no number; from then on the register has it under the invoice's id.
    """

    invoice_id: str
    subscription_id: str
    account_id: str
    number: str | None
    purpose: InvoicePurpose
    total: Money
    issued_on: date | None
    due_on: date | None
    state: InvoiceState
    amount_due: Money
    draft: InvoiceDocument | None = None
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
        generation: How often the entity was revived; its rows move by (generation, sequence).
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
    generation: int = 0

    @property
    def event_id(self) -> str:
        """The id under which this event is recorded once."""
        return event_id(self.entity, self.sequence, self.event_type, generation=self.generation)


@dataclass(frozen=True, kw_only=True, slots=True)
class EntityState:
    """The carried state of an entity after its last event: what it is revived from if its workflow is lost.

    Attributes:
        entity: `sale/...`, `subscription/...` or `invoice/...`.
        generation: How often the entity was revived.
        sequence: Number of its last event.
        state: The carried state, as the workflow's class of it; as JSON once it has left the workflow. Its
            queue has no records, and its documents are references.
    """

    entity: str
    generation: int
    sequence: int
    state: Any
