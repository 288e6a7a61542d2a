"""Our own worker over an outside world in memory that answers at once, so that only orchestration is measured."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from temporalio.client import Client, WorkflowHandle
from temporalio.worker import Worker
from typing_extensions import override

from activities.crm import CrmActivities
from activities.emails import EmailActivities
from activities.erp import ErpActivities
from activities.events import EventActivities
from activities.grants import GrantActivities
from activities.messages import InvoiceInput
from activities.numbers import NumberActivities
from activities.payments import PaymentActivities
from activities.ports import WorkflowStarter
from activities.sales import SaleActivities
from activities.starts import StartActivities
from config.settings import Settings
from domain import ids
from domain.collection.policy import DEFAULT_SUBSCRIPTION_POLICY
from domain.effects.emails import RenderedEmail
from domain.effects.events import BusinessEvent, EntityState, EventType
from domain.entitlements.grants import Grant
from domain.parties.orders import Order, order_digest
from starters.temporal.workflow_client import TemporalWorkflowClient
from tests.benchmarks.finish import FinishLine
from tests.workflows.desk import CARD, order_of, terms_of
from tests.workflows.fakes import FakeBooks, FakeEmailSender, FakeEntitlements, FakeWorld
from workers.main import build_workers
from workers.registry import WorkerActivities
from workers.workflow_starter import TemporalStarter
from workflows.contract.messages import NewSaleInput
from workflows.contract.requests import CancelAt, CancelSubscription

Handle = WorkflowHandle[Any, Any]

# The vendors' rate limits would be measured instead of us.
_UNLIMITED = 1e6


@dataclass
class _TimedEntitlements(FakeEntitlements):
    finish: FinishLine = field(default_factory=FinishLine)

    @override
    async def put_grant(self, grant: Grant) -> None:
        await super().put_grant(grant)
        self.finish.cross(grant.grant_id)


@dataclass
class _TimedEmailSender(FakeEmailSender):
    finish: FinishLine = field(default_factory=FinishLine)

    @override
    async def send(self, email: RenderedEmail) -> None:
        # Not kept: the worker's memory is measured too.
        self.finish.cross(email.message_id)


@dataclass
class _TimedBooks(FakeBooks):
    finish: FinishLine = field(default_factory=FinishLine)

    @override
    async def record(self, events: Sequence[BusinessEvent], state: EntityState) -> None:
        for event in events:
            self.finish.cross(recorded(event.entity, event.event_type))


def recorded(entity: str, event_type: EventType) -> str:
    """Return the key that is crossed when an entity's first event of this type is recorded."""
    return f"{entity}: {event_type}"


class Shop:
    """Sells orders through the front door's own call.

    Attributes:
        finish: Crossed with the id of a grant that is put (the invoice's), with the id of an email that is
            sent, and with `recorded` events.
        world: What the outside has been told.
    """

    def __init__(self, client: Client, starter: WorkflowStarter | None = None) -> None:
        self._client = client
        self._starter = starter or TemporalStarter(client)
        self._workflow_client = TemporalWorkflowClient(client=client)
        self.world = FakeWorld(client)
        self.finish = FinishLine()
        self.world.entitlements = _TimedEntitlements(self.world.faults, finish=self.finish)
        self.world.email_sender = _TimedEmailSender(self.world.faults, finish=self.finish)
        self.world.books = _TimedBooks(self.world.faults, finish=self.finish)
        self.world.orders.policy = DEFAULT_SUBSCRIPTION_POLICY

    def workers(self) -> list[Worker]:
        """Return the workers of all queues, as a worker process builds them."""
        settings = Settings(
            erp_per_second=_UNLIMITED, crm_per_second=_UNLIMITED, email_per_second=_UNLIMITED
        )
        return build_workers(self._client, self._activities(), settings, build_id="bench")

    async def sell(self, order: Order) -> str:
        """Sell the order and return the id of its first invoice, once the sale is accepted."""
        orders = self.world.orders
        orders.orders[order.order_id], orders.terms[order.plan] = order, terms_of(order)
        subscription = ids.subscription_id(order.order_id)
        await self._workflow_client.accept_sale(
            NewSaleInput(
                order_id=order.order_id,
                order_digest=order_digest(order),
                subscription_id=subscription,
                account_id=order.account.account_id,
                plan=order.plan,
            )
        )
        return ids.invoice_id(subscription, 1)

    async def start_invoice(self, order_id: str, start: InvoiceInput) -> str:
        """Start an invoice of an order that was not sold here and return its id."""
        self.world.orders.orders[order_id] = order_of(order_id, CARD)
        await self._starter.start_invoice(start)
        return start.draft.invoice_id

    async def cancel(self, order_id: str) -> None:
        """End an order's subscription now, so that it renews no more."""
        subscription = ids.subscription_id(order_id)
        await self._workflow_client.request(
            subscription,
            CancelSubscription(request_id="enough", at=CancelAt.NOW, reason="measured"),
        )
        ended = EventType.SUBSCRIPTION_ENDED
        await self.finish.wait(recorded(ids.subscription_workflow_id(subscription), ended))

    def sale(self, order_id: str) -> Handle:
        """Return the workflow of an order."""
        return self._client.get_workflow_handle(ids.sale_workflow_id(order_id))

    def subscription(self, order_id: str, run_id: str | None = None) -> Handle:
        """Return the workflow of an order's subscription; its current run, or the given one."""
        return self._client.get_workflow_handle(
            ids.subscription_workflow_id(ids.subscription_id(order_id)), run_id=run_id
        )

    def invoice(self, order_id: str, number: int = 1) -> Handle:
        """Return the workflow of an order's nth invoice."""
        return self._client.get_workflow_handle(
            ids.invoice_workflow_id(ids.invoice_id(ids.subscription_id(order_id), number))
        )

    def _activities(self) -> WorkerActivities:
        world = self.world
        return WorkerActivities(
            sales=SaleActivities(orders=world.orders, catalog=world.orders),
            payments=PaymentActivities(
                provider=world.provider, orders=world.orders, entitlements=world.entitlements
            ),
            grants=GrantActivities(entitlements=world.entitlements),
            events=EventActivities(recorder=world.books),
            numbers=NumberActivities(register=world.books),
            starts=StartActivities(starter=self._starter),
            erp=ErpActivities(erp=world.erp, orders=world.orders),
            crm=CrmActivities(crm=world.crm, orders=world.orders),
            emails=EmailActivities(email_sender=world.email_sender, orders=world.orders),
        )
