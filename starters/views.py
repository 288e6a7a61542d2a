"""What the API answers and takes beside orders, as documented shapes. Fields are only ever added."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Self

from pydantic import BaseModel, Field

from domain.effects.events import (
    BusinessEvent,
    EventType,
    InvoiceRow,
    SaleRow,
    SaleState,
    SubscriptionRow,
)
from domain.entitlements.grants import Access, FeatureQuantity, Grant
from domain.ids import subscription_id
from domain.invoicing.invoices import InvoicePurpose, InvoiceState
from domain.money.money import Money
from domain.parties.orders import Order
from domain.subscription.states import SubscriptionState
from starters.orders import Form, FreeText, PaymentMethodToken
from starters.orders import Order as OrderForm
from starters.use_cases.sell import SaleAnswer, SaleStatus
from workflows.contract.messages import CancelAt, RequestAccepted


class SaleView(BaseModel):
    """The answer to an order."""

    order_id: str = Field(examples=["order-1001"])
    subscription_id: str = Field(examples=["sub-order-1001"])
    status: SaleStatus = Field(
        description="`accepted_waiting_for_worker`: safe, but no worker has looked at it yet."
    )

    @classmethod
    def of(cls, answer: SaleAnswer) -> Self:
        """Return the view of an answer."""
        return cls(
            order_id=answer.order_id,
            subscription_id=answer.subscription_id,
            status=answer.status,
        )


class AmountView(BaseModel):
    """An exact amount of money, in major units and in minor units."""

    amount: str = Field(examples=["49.00"])
    currency: str = Field(examples=["USD"])
    minor_units: int = Field(examples=[4900])

    @classmethod
    def of(cls, money: Money) -> Self:
        """Return the view of an amount."""
        return cls(
            amount=f"{money.to_decimal():f}",
            currency=money.currency,
            minor_units=money.minor_units,
        )


class FeatureView(BaseModel):
    """A feature and how much of it; 0 for a switch."""

    key: str = Field(examples=["seats"])
    quantity: int = Field(examples=[5])

    @classmethod
    def all_of(cls, features: Sequence[FeatureQuantity]) -> list[Self]:
        """Return the views of several features."""
        return [cls(key=feature.key, quantity=feature.quantity) for feature in features]


class InvoiceView(BaseModel):
    """An invoice as it stands."""

    invoice_id: str
    number: str | None = Field(description="Legal number; null before issue.")
    purpose: InvoicePurpose
    state: InvoiceState
    total: AmountView
    amount_due: AmountView
    issued_on: date | None
    due_on: date | None
    payment_id: str | None = Field(description="The payment provider's id of the payment.")
    hosted_url: str | None = Field(description="Page where the customer can see and pay it.")
    paid_at: datetime | None
    granted_at: datetime | None = Field(description="When what it bought was unlocked.")

    @classmethod
    def of(cls, row: InvoiceRow) -> Self:
        """Return the view of an invoice."""
        return cls(
            invoice_id=row.document.invoice_id,
            number=row.document.number,
            purpose=row.document.purpose,
            state=row.state,
            total=AmountView.of(row.document.total),
            amount_due=AmountView.of(row.amount_due),
            issued_on=row.document.issued_on,
            due_on=row.document.due_on,
            payment_id=row.payment_id,
            hosted_url=row.hosted_url,
            paid_at=row.paid_at,
            granted_at=row.granted_at,
        )


class GrantView(BaseModel):
    """What the payment of one invoice unlocked."""

    grant_id: str = Field(description="The id of the invoice that paid for it.")
    version: int
    features: list[FeatureView]
    starts_at: datetime
    until: datetime

    @classmethod
    def of(cls, grant: Grant) -> Self:
        """Return the view of a grant."""
        return cls(
            grant_id=grant.grant_id,
            version=grant.version,
            features=FeatureView.all_of(grant.features),
            starts_at=grant.starts_at,
            until=grant.until,
        )


class AccessView(BaseModel):
    """What the account may use right now, as the entitlement service says at this moment."""

    account_id: str
    features: list[FeatureView]
    grants: list[str]
    holds: list[str]

    @classmethod
    def of(cls, access: Access) -> Self:
        """Return the view of an account's access."""
        return cls(
            account_id=access.account_id,
            features=FeatureView.all_of(access.features),
            grants=list(access.grants),
            holds=list(access.holds),
        )


class PeriodView(BaseModel):
    """A span from `start` up to but not including `end`."""

    start: datetime
    end: datetime


class SubscriptionSummary(BaseModel):
    """A subscription as it stands."""

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
    next_due_at: datetime | None = Field(description="The next thing its clock will do.")

    @classmethod
    def of(cls, row: SubscriptionRow) -> Self:
        """Return the view of a subscription."""
        period = row.period
        return cls(
            subscription_id=row.subscription_id,
            account_id=row.account_id,
            order_id=row.order_id,
            plan=row.plan,
            quantity=row.quantity,
            currency=row.currency,
            state=row.state,
            period=None if period is None else PeriodView(start=period.start, end=period.end),
            period_number=row.period_number,
            cancel_at=row.cancel_at,
            next_due_at=row.next_due_at,
        )


class SubscriptionView(SubscriptionSummary):
    """A subscription with its invoices, what they unlocked, and the account's access right now."""

    invoices: list[InvoiceView]
    grants: list[GrantView]
    access: AccessView | None = Field(
        description="Read live; null when the entitlement service does not answer."
    )


class SubscriptionPage(BaseModel):
    """Some subscriptions, ascending by id."""

    subscriptions: list[SubscriptionSummary]
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

    @classmethod
    def of(cls, event: BusinessEvent) -> Self:
        """Return the view of an event."""
        return cls(
            event_id=event.event_id,
            entity=event.entity,
            sequence=event.sequence,
            event_type=event.event_type,
            at=event.at,
            summary=event.summary,
        )


class EventPage(BaseModel):
    """What happened to a subscription, its sale and its invoices, oldest first."""

    events: list[EventView]
    next_after: str | None = Field(
        description="Send it as `after` for the next page; null: no more."
    )


class OrderView(BaseModel):
    """An order as it was submitted, and what became of it."""

    subscription_id: str
    state: SaleState
    failure: str | None = Field(description="Why the sale was undone.")
    order: OrderForm

    @classmethod
    def of(cls, order: Order, sale: SaleRow | None) -> Self:
        """Return the view of an order; without a recorded sale it is open."""
        return cls(
            subscription_id=subscription_id(order.order_id),
            state=SaleState.OPEN if sale is None else sale.state,
            failure=None if sale is None else sale.failure,
            order=OrderForm.of_domain(order),
        )


class PaymentMethodChange(Form):
    """Charge this payment method from now on, and what is open at once."""

    payment_method: PaymentMethodToken


class Cancellation(Form):
    """End the subscription."""

    at: Annotated[CancelAt, Field(strict=False)] = Field(
        default=CancelAt.PERIOD_END, description="Now, or when the paid period ends."
    )
    reason: FreeText = Field(
        default="requested by the customer",
        description="Shown to operators; must not hold personal data.",
    )


class RequestView(BaseModel):
    """A request was taken in."""

    request_id: str
    subscription_id: str
    ends_at: datetime | None = Field(description="When a cancellation takes effect.")

    @classmethod
    def of(cls, accepted: RequestAccepted) -> Self:
        """Return the view of an accepted request."""
        return cls(
            request_id=accepted.request_id,
            subscription_id=accepted.subscription_id,
            ends_at=accepted.ends_at,
        )
