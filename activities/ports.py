"""Ports: what activities need from outside, as protocols. Connectors and storage implement them structurally.

Every method uses domain values, raises only `domain.failures` errors, and is safe to call again with
the same key: it finds the result of an earlier call instead of acting twice.
"""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from activities.messages import InvoiceInput, SubscriptionInput
from domain.collection.policy import SubscriptionPolicy
from domain.collection.provider_invoice import ChargeResult, ProviderInvoice, StoredPaymentMethod
from domain.effects.emails import RenderedEmail
from domain.effects.events import BusinessEvent, EntityState
from domain.effects.outbox import (
    AddCrmTask,
    CancelErpInvoice,
    LoseOpportunity,
    PostErpInvoice,
    PostErpPayment,
    WinOpportunity,
)
from domain.entitlements.grants import Access, Grant
from domain.entitlements.holds import Hold
from domain.invoicing.invoices import InvoiceDocument, InvoiceNumber, ProviderInvoiceRequest
from domain.parties.accounts import AccountProfile
from domain.parties.orders import Order
from domain.pricing.terms import PlanTerms


class PaymentProvider(Protocol):
    """Money, stored payment methods and provider invoices."""

    async def ensure_customer(self, account: AccountProfile) -> str:
        """Return the provider's id of the account's payment customer, creating it if it is missing."""
        ...

    async def attach_payment_method(
        self, *, account_id: str, customer_id: str, payment_method: str, request_id: str = ""
    ) -> StoredPaymentMethod:
        """Attach a payment method and make it the default; a decline is part of the result.

        The same call again has the same result; with another request id it is tried again.
        """
        ...

    async def ensure_provider_invoice(self, request: ProviderInvoiceRequest) -> ProviderInvoice:
        """Return the open provider invoice of this invoice.

        If it is missing or unfinished, it is created, filled, finalised and sent.
        """
        ...

    async def read_provider_invoice(self, provider_invoice_id: str) -> ProviderInvoice:
        """Return the provider invoice as it is now."""
        ...

    async def charge(
        self, *, provider_invoice_id: str, payment_method: str, idempotency_key: str
    ) -> ChargeResult:
        """Charge the provider invoice once for this key; a decline is a result, not an exception."""
        ...

    async def void_provider_invoice(self, provider_invoice_id: str) -> ProviderInvoice:
        """Void the provider invoice unless it was paid meanwhile; the result says which."""
        ...


class Erp(Protocol):
    """Customers, posted invoices and payments of the ERP."""

    async def ensure_customer(self, account: AccountProfile, *, currency: str) -> None:
        """Make sure that the ERP knows the account, under our account id."""
        ...

    async def ensure_invoice(self, effect: PostErpInvoice) -> None:
        """Make sure that the invoice is posted, under its number."""
        ...

    async def ensure_payment(self, effect: PostErpPayment) -> None:
        """Make sure that the payment is posted and applied to its invoice, under the payment id."""
        ...

    async def cancel_invoice(self, effect: CancelErpInvoice) -> None:
        """Make sure that the invoice is cancelled; one that never reached the ERP counts as cancelled."""
        ...


class Crm(Protocol):
    """Accounts, opportunities and tasks of the CRM."""

    async def win_opportunity(self, account: AccountProfile, effect: WinOpportunity) -> None:
        """Make sure that the account exists and its opportunity is won."""
        ...

    async def lose_opportunity(self, effect: LoseOpportunity) -> None:
        """Make sure that the opportunity is lost."""
        ...

    async def add_task(self, effect: AddCrmTask) -> None:
        """Make sure that the task exists, once."""
        ...


class EntitlementService(Protocol):
    """Grants and holds; it computes access."""

    async def put_grant(self, grant: Grant) -> None:
        """Make sure that the grant is stored, at this version or a higher one."""
        ...

    async def put_hold(self, hold: Hold) -> None:
        """Make sure that the hold is stored, at this version or a higher one."""
        ...

    async def read_access(self, account_id: str) -> Access:
        """Return what the account may use right now."""
        ...


class EmailSender(Protocol):
    """Outgoing email."""

    async def send(self, email: RenderedEmail) -> None:
        """Pass the email to the SMTP relay; its Message-ID makes a repeat recognisable."""
        ...


class Recorder(Protocol):
    """Append-only business events and the read model."""

    async def record(self, events: Sequence[BusinessEvent], state: EntityState) -> None:
        """Append the events and update the rows, in one transaction; known events are skipped.

        `state` is the carried state of the entity after these events.

        Raises:
            ConflictError: If an event id is already recorded with other content.
        """
        ...


class InvoiceRegister(Protocol):
    """The gapless number register of each legal entity."""

    async def take_number(
        self, draft: InvoiceDocument, *, series: str, days_until_due: int
    ) -> InvoiceNumber:
        """Return the number of this invoice: the next of its series, or the one it already has."""
        ...


class Orders(Protocol):
    """Orders and account profiles as submitted."""

    async def find_order(self, order_id: str) -> Order | None:
        """Return the order, or None if it is unknown."""
        ...

    async def find_account(self, account_id: str) -> AccountProfile | None:
        """Return the account's latest profile, or None if it is unknown."""
        ...


class Catalog(Protocol):
    """Plans and policies in force."""

    def terms_of(self, order: Order) -> PlanTerms:
        """Return the terms that this order buys.

        Raises:
            RejectedError: If the plan, price, interval or currency is unknown.
        """
        ...

    def terms_for_period(self, terms: PlanTerms, account: AccountProfile, *, on: date) -> PlanTerms:
        """Return what a running subscription pays in its period that begins on this local date."""
        ...

    def policy_of(self, order: Order) -> SubscriptionPolicy:
        """Return the subscription policy that applies to this order."""
        ...


class WorkflowStarter(Protocol):
    """Starts workflows that outlive their starter; one that already runs is not started again."""

    async def start_subscription(self, start: SubscriptionInput) -> None:
        """Make sure that the subscription's workflow has been started."""
        ...

    async def start_invoice(self, start: InvoiceInput) -> None:
        """Make sure that the invoice's workflow has been started."""
        ...
