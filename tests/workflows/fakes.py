"""The outside world in memory, fitting the ports: it keeps what it was told and fails when it is told to."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio import activity
from temporalio.client import Client

from domain.accounts import AccountProfile
from domain.catalog import PlanTerms
from domain.declines import classify_decline
from domain.failures import PerennialError
from domain.grants import Access, Grant, Hold
from domain.invoices import InvoiceDocument, InvoiceNumber
from domain.letters import Mail
from domain.money import Money
from domain.orders import Order
from domain.outbox import (
    AddCrmTask,
    CancelErpInvoice,
    LoseOpportunity,
    PostErpInvoice,
    PostErpPayment,
    WinOpportunity,
)
from domain.payments import (
    ChargeResult,
    Payable,
    PayableRequest,
    PayableStatus,
    StoredPaymentMethod,
)
from domain.policies import SubscriptionPolicy
from domain.records import BusinessEvent, EventType


@dataclass
class Faults:
    """Failures to raise, by call name: each call takes the next one; `always` never runs out."""

    scripted: dict[str, list[PerennialError]] = field(default_factory=dict[Any, Any])
    always: dict[str, PerennialError] = field(default_factory=dict[Any, Any])

    def strike(self, call: str) -> None:
        if call in self.always:
            raise self.always[call]
        if self.scripted.get(call):
            raise self.scripted[call].pop(0)


@dataclass
class FakeProvider:
    """Payables and charges; a charge that is repeated with its key returns the first result."""

    faults: Faults
    declines: dict[str, str] = field(default_factory=dict[Any, Any])
    payables: dict[str, Payable] = field(default_factory=dict[Any, Any])
    charges: dict[str, ChargeResult] = field(default_factory=dict[Any, Any])
    lost_answers: list[PerennialError] = field(default_factory=list[Any])
    attached: list[str] = field(default_factory=list[Any])
    refused_at_attach: frozenset[str] = frozenset()

    @property
    def money_taken(self) -> list[Money]:
        return [
            result.payable.amount_paid for result in self.charges.values() if not result.decline
        ]

    async def ensure_customer(self, account: AccountProfile) -> str:
        self.faults.strike("ensure_customer")
        return f"cus_{account.account_id}"

    async def attach_payment_method(
        self, *, account_id: str, customer_id: str, payment_method: str
    ) -> StoredPaymentMethod:
        self.faults.strike("attach_payment_method")
        refused = payment_method in self.refused_at_attach
        if not refused:
            self.attached.append(payment_method)
        return StoredPaymentMethod(
            payment_method=payment_method,
            customer_id=customer_id,
            decline=classify_decline(code="generic_decline") if refused else None,
        )

    async def ensure_payable(self, request: PayableRequest) -> Payable:
        self.faults.strike("ensure_payable")
        document = request.document
        return self.payables.setdefault(
            f"in_{document.invoice_id}",
            Payable(
                payable_id=f"in_{document.invoice_id}",
                invoice_id=document.invoice_id,
                status=PayableStatus.OPEN,
                amount_due=document.total,
                amount_paid=Money.zero(document.currency),
                hosted_url=f"https://pay.example/{document.invoice_id}",
            ),
        )

    async def read_payable(self, payable_id: str) -> Payable:
        self.faults.strike("read_payable")
        return self.payables[payable_id]

    async def charge(
        self, *, payable_id: str, payment_method: str, idempotency_key: str
    ) -> ChargeResult:
        self.faults.strike("charge")
        if idempotency_key not in self.charges:
            code = self.declines.get(payment_method)
            if code is None:
                self.pay(payable_id)
            self.charges[idempotency_key] = ChargeResult(
                payable=self.payables[payable_id],
                decline=None if code is None else classify_decline(code=code),
            )
        if self.lost_answers:
            raise self.lost_answers.pop(0)
        return self.charges[idempotency_key]

    async def void_payable(self, payable_id: str) -> Payable:
        self.faults.strike("void_payable")
        payable = self.payables[payable_id]
        if payable.status is PayableStatus.OPEN:
            self.payables[payable_id] = replace(payable, status=PayableStatus.VOID)
        return self.payables[payable_id]

    def mark_uncollectible(self, payable_id: str) -> None:
        """Let a person mark the payable in the provider's own pages."""
        self.payables[payable_id] = replace(
            self.payables[payable_id], status=PayableStatus.UNCOLLECTIBLE
        )

    def process(self, payable_id: str, *, is_processing: bool) -> None:
        """Let a payment of the customer's own be under way, or fail after all."""
        self.payables[payable_id] = replace(self.payables[payable_id], is_processing=is_processing)

    def pay(self, payable_id: str) -> None:
        """Let the payable be paid in full, as by a transfer."""
        payable = self.payables[payable_id]
        self.payables[payable_id] = replace(
            payable,
            status=PayableStatus.PAID,
            amount_paid=payable.amount_due,
            paid_at=datetime(2026, 1, 2, tzinfo=UTC),
            payment_id=f"pi_{payable.invoice_id}",
        )


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
        self.grants[grant.grant_id] = grant

    async def put_hold(self, hold: Hold) -> None:
        self.faults.strike("put_hold")
        self.holds[hold.hold_id] = hold

    async def read_access(self, account_id: str) -> Access:
        return Access(account_id=account_id, features=(), grants=tuple(self.grants), holds=())


@dataclass
class FakeMailer:
    faults: Faults
    sent: dict[str, Mail] = field(default_factory=dict[Any, Any])

    async def send(self, mail: Mail) -> None:
        self.faults.strike("mail")
        self.sent[mail.message_id] = mail


@dataclass
class FakeBooks:
    """Recorder and number register."""

    faults: Faults
    events: dict[str, BusinessEvent] = field(default_factory=dict[Any, Any])
    numbers: dict[str, InvoiceNumber] = field(default_factory=dict[Any, Any])
    batches: list[int] = field(default_factory=list[Any])

    async def record(self, events: Sequence[BusinessEvent]) -> None:
        self.faults.strike("record")
        self.batches.append(len(events))
        for event in events:
            assert self.events.get(event.event_id, event) == event, event.event_id
            self.events[event.event_id] = event

    async def take_number(
        self, draft: InvoiceDocument, *, series: str, zone: str, days_until_due: int
    ) -> InvoiceNumber:
        self.faults.strike("take_number")
        # The server's own clock, which skips time.
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

    async def find_order(self, order_id: str) -> Order | None:
        return self.orders.get(order_id)

    async def find_account(self, account_id: str) -> AccountProfile | None:
        mine = (order.account for order in self.orders.values())
        return next((account for account in mine if account.account_id == account_id), None)

    def terms_of(self, order: Order) -> PlanTerms:
        return self.terms[order.plan]

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
        self.mailer = FakeMailer(self.faults)
        self.books = FakeBooks(self.faults)
        self.orders = FakeOrders()
