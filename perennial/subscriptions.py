"""What the API says about subscriptions, their access and their events. Fields are only ever added."""

from datetime import datetime

from pydantic import BaseModel, Field

from perennial.enums import EventType, SubscriptionState
from perennial.invoices import InvoiceView


class FeatureView(BaseModel):
    """A feature and how much of it; 0 for a switch."""

    key: str = Field(examples=["seats"])
    quantity: int = Field(examples=[5])


class GrantView(BaseModel):
    """What the payment of one invoice unlocked."""

    grant_id: str = Field(description="The id of the invoice that paid for it.")
    version: int
    features: list[FeatureView]
    starts_at: datetime
    until: datetime


class AccessView(BaseModel):
    """What the account may use right now, as the entitlement service says at this moment."""

    account_id: str
    features: list[FeatureView]
    grants: list[str]
    holds: list[str]


class PeriodView(BaseModel):
    """A span from `start` up to but not including `end`."""

    start: datetime
    end: datetime


class SubscriptionSummary(BaseModel):
    """A subscription as it is now."""

    subscription_id: str
    account_id: str
    order_id: str
    plan: str
    quantity: int
    currency: str
    state: SubscriptionState
    period: PeriodView | None
    period_number: int
    cancel_at: datetime | None
    next_due_at: datetime | None = Field(description="When it acts next by itself.")


class SubscriptionView(SubscriptionSummary):
    """A subscription with its newest invoices, what they unlocked, and the account's access right now."""

    invoices: list[InvoiceView] = Field(description="The newest 50, oldest first.")
    has_earlier_invoices: bool = Field(
        default=False, description="There are more; `/invoices` below this address lists all."
    )
    grants: list[GrantView] = Field(description="The newest 50, oldest first.")
    has_earlier_grants: bool = Field(
        default=False, description="There are more; `/grants` below this address lists all."
    )
    access: AccessView | None = Field(
        description="Read live; null when the entitlement service does not answer."
    )


class SubscriptionPage(BaseModel):
    """Some subscriptions, ascending by id."""

    subscriptions: list[SubscriptionSummary]
    next_after: str | None = Field(
        description="Send it as `after` for the next page; null: no more."
    )


class InvoicePage(BaseModel):
    """Some invoices of a subscription, oldest first."""

    invoices: list[InvoiceView]
    next_after: str | None = Field(
        description="Send it as `after` for the next page; null: no more."
    )


class GrantPage(BaseModel):
    """Some grants of a subscription, earliest start first."""

    grants: list[GrantView]
    next_after: str | None = Field(
        description="Send it as `after` for the next page; null: no more."
    )


class EventView(BaseModel):
    """One thing that happened."""

    event_id: str
    entity: str
    sequence: int
    event_type: EventType
    at: datetime
    summary: str


class EventPage(BaseModel):
    """What happened to a subscription, its sale and its invoices, oldest first."""

    events: list[EventView]
    next_after: str | None = Field(
        description="Send it as `after` for the next page; null: no more."
    )
