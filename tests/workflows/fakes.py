"""The outside world in memory, fitting the ports: it keeps what it was told and fails when it is told to."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from temporalio import activity
from temporalio.client import Client

from domain.collection.policy import SubscriptionPolicy
from domain.effects.emails import RenderedEmail
from domain.effects.events import BusinessEvent, EntityState, EventType
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
from domain.invoicing.invoices import InvoiceDocument, InvoiceNumber
from domain.parties.accounts import AccountProfile
from domain.parties.orders import Order
from domain.pricing.terms import PlanTerms
from tests.workflows.fake_provider import FakeProvider, Faults


@dataclass
class FakeErp:
    faults: Faults
    posted: list[str] = field(default_factory=list[Any])

    def _post(self, entry: str) -> None:
        self.faults.strike("erp")
        if entry not in self.posted:
            self.posted.append(entry)

    async def ensure_customer(self, account: AccountProfile, *, currency: str) -> None:
        self._post(f"customer {account.account_id}")

    async def ensure_invoice(self, effect: PostErpInvoice) -> None:
        self._post(f"invoice {effect.document.number}")

    async def ensure_payment(self, effect: PostErpPayment) -> None:
        self._post(f"payment of {effect.invoice_number}")

    async def cancel_invoice(self, effect: CancelErpInvoice) -> None:
        self._post(f"cancel {effect.document.number}")


@dataclass
class FakeCrm:
    faults: Faults
    seen: list[str] = field(default_factory=list[Any])

    def _see(self, entry: str) -> None:
        self.faults.strike("crm")
        if entry not in self.seen:
            self.seen.append(entry)

    async def win_opportunity(self, account: AccountProfile, effect: WinOpportunity) -> None:
        self._see(f"won {effect.opportunity_id}")

    async def lose_opportunity(self, effect: LoseOpportunity) -> None:
        self._see(f"lost {effect.opportunity_id}")

    async def add_task(self, effect: AddCrmTask) -> None:
        self._see(f"task {effect.task_id}")


@dataclass
class FakeEntitlements:
    faults: Faults
    grants: dict[str, Grant] = field(default_factory=dict[Any, Any])
    holds: dict[str, Hold] = field(default_factory=dict[Any, Any])

    async def put_grant(self, grant: Grant) -> None:
        self.faults.strike("put_grant")
        known = self.grants.setdefault(grant.grant_id, grant)
        # As the service does: a late lower version changes nothing, and a version has one content.
        assert known.version != grant.version or known == grant, grant.grant_id
        if grant.version > known.version:
            self.grants[grant.grant_id] = grant

    async def put_hold(self, hold: Hold) -> None:
        self.faults.strike("put_hold")
        self.holds[hold.hold_id] = hold

    async def read_access(self, account_id: str) -> Access:
        return Access(account_id=account_id, features=(), grants=tuple(self.grants), holds=())


@dataclass
class FakeEmailSender:
    faults: Faults
    sent: dict[str, RenderedEmail] = field(default_factory=dict[Any, Any])

    async def send(self, email: RenderedEmail) -> None:
        self.faults.strike("email")
        self.sent[email.message_id] = email


@dataclass
class FakeBooks:
    """Recorder and number register."""

    faults: Faults
    events: dict[str, BusinessEvent] = field(default_factory=dict[Any, Any])
    numbers: dict[str, InvoiceNumber] = field(default_factory=dict[Any, Any])
    states: dict[str, EntityState] = field(default_factory=dict[Any, Any])
    batches: list[int] = field(default_factory=list[Any])

    async def record(self, events: Sequence[BusinessEvent], state: EntityState) -> None:
        self.faults.strike("record")
        self.batches.append(len(events))
        for event in events:
            assert self.events.get(event.event_id, event) == event, event.event_id
            self.events[event.event_id] = event
        self.states[state.entity] = state

    async def take_number(
        self, draft: InvoiceDocument, *, series: str, days_until_due: int
    ) -> InvoiceNumber:
        self.faults.strike("take_number")
        # The server's own clock.
        now = activity.info().scheduled_time
        today = now.date()
        return self.numbers.setdefault(
            draft.invoice_id,
            InvoiceNumber(
                number=f"{series}-{len(self.numbers) + 1:06d}",
                issued_on=today,
                due_on=today + timedelta(days=days_until_due),
                taken_at=now,
            ),
        )

    def types_of(self, entity: str) -> list[EventType]:
        """Return the types of the entity's events in their own order."""
        mine = [event for event in self.events.values() if event.entity == entity]
        return [event.event_type for event in sorted(mine, key=lambda event: event.sequence)]


@dataclass
class FakeOrders:
    """Orders, the catalog's answers and account profiles."""

    orders: dict[str, Order] = field(default_factory=dict[Any, Any])
    terms: dict[str, PlanTerms] = field(default_factory=dict[Any, Any])
    policy: SubscriptionPolicy | None = None
    new_terms: PlanTerms | None = None
    questions: list[date] = field(default_factory=list[Any])
    faults: Faults = field(default_factory=Faults)

    async def find_order(self, order_id: str) -> Order | None:
        return self.orders.get(order_id)

    async def find_account(self, account_id: str) -> AccountProfile | None:
        mine = (order.account for order in self.orders.values())
        return next((account for account in mine if account.account_id == account_id), None)

    def terms_of(self, order: Order) -> PlanTerms:
        return self.terms[order.plan]

    def terms_for_period(self, terms: PlanTerms, account: AccountProfile, *, on: date) -> PlanTerms:
        self.faults.strike("terms_for_period")
        self.questions.append(on)
        return self.new_terms or terms

    def policy_of(self, order: Order) -> SubscriptionPolicy:
        assert self.policy is not None
        return self.policy


class FakeWorld:
    """Everything outside, with one client for starting workflows."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.faults = Faults()
        self.provider = FakeProvider(self.faults)
        self.erp = FakeErp(self.faults)
        self.crm = FakeCrm(self.faults)
        self.entitlements = FakeEntitlements(self.faults)
        self.email_sender = FakeEmailSender(self.faults)
        self.books = FakeBooks(self.faults)
        self.orders = FakeOrders(faults=self.faults)
