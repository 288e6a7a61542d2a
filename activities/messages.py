"""Inputs and results of workflows and activities: one value in, one value out, all kept in histories.

They hold no personal data: activities read account profiles from our own tables. Fields may be added with
a default; none is ever removed, renamed or retyped once a history with it is committed for a release.
"""

from dataclasses import dataclass
from datetime import date, datetime

from domain.collection.policy import CollectionPolicy, SubscriptionPolicy
from domain.collection.provider_invoice import Decline, ProviderInvoice
from domain.effects.events import BusinessEvent, EntityState
from domain.entitlements.grants import Grant
from domain.invoicing.invoices import InvoiceDocument
from domain.money.money import Money
from domain.parties.orders import PaymentChoice
from domain.pricing.terms import PlanTerms


@dataclass(frozen=True, kw_only=True, slots=True)
class SaleTerms:
    """What a sale's workflow needs of its order, its account and the catalog."""

    account_id: str
    zone: str
    opportunity_id: str
    purchase_order: str | None
    payment: PaymentChoice
    plan: PlanTerms
    policy: SubscriptionPolicy


@dataclass(frozen=True, kw_only=True, slots=True)
class RenewTerms:
    """Ask for the terms of the subscription's period that begins on a date.

    Attributes:
        terms: Terms so far.
        period_start: Local date in the account's time zone.
    """

    account_id: str
    terms: PlanTerms
    period_start: date


@dataclass(frozen=True, kw_only=True, slots=True)
class AttachPaymentMethod:
    """Attach a payment method to the account's payment customer and make it the default.

    Attributes:
        request_id: The customer's request, so that the same method, given again, is tried again; empty for
            the method that came with the order.
    """

    account_id: str
    customer_id: str
    payment_method: str
    request_id: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordEvents:
    """Record events of one entity, in order, with its carried state after them."""

    events: tuple[BusinessEvent, ...]
    state: EntityState


@dataclass(frozen=True, kw_only=True, slots=True)
class TakeNumber:
    """Take the legal number of a draft; `days_until_due` is its payment term in days."""

    draft: InvoiceDocument
    series: str
    days_until_due: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Escrow:
    """What the payment of an invoice releases: the grant, whose id is the invoice's, and the total to be paid."""

    grant: Grant
    total: Money


@dataclass(frozen=True, kw_only=True, slots=True)
class ChargeProviderInvoice:
    """Charge a provider invoice as the business attempt that `idempotency_key` names."""

    provider_invoice_id: str
    payment_method: str
    idempotency_key: str
    escrow: Escrow


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadProviderInvoice:
    """Read a provider invoice."""

    provider_invoice_id: str
    escrow: Escrow


@dataclass(frozen=True, kw_only=True, slots=True)
class PaymentSeen:
    """What the provider answered to a charge or a read.

    Attributes:
        decline: Why the charge was declined; None for a read.
        is_granted: It is paid in full and the grant was put.
    """

    provider_invoice: ProviderInvoice
    decline: Decline | None = None
    is_granted: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class SubscriptionInput:
    """The input of a `Subscription` workflow."""

    subscription_id: str
    order_id: str
    account_id: str
    zone: str
    purchase_order: str | None
    plan: PlanTerms
    policy: SubscriptionPolicy
    payment: PaymentChoice
    customer_id: str
    payment_method: str | None
    anchor: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class InvoiceInput:
    """The input of an `Invoice` workflow: the draft, the grant in escrow, and how to collect."""

    draft: InvoiceDocument
    grant: Grant
    policy: CollectionPolicy
    number_series: str
    zone: str
    plan: str
    payment: PaymentChoice
    customer_id: str
    payment_method: str | None
