"""A desk that sells and waits, so that a test reads as a story."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionRequest
from temporalio.client import WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.testing import WorkflowEnvironment

from activities.messages import SubscriptionInput
from domain.collection.policy import DEFAULT_SUBSCRIPTION_POLICY, SubscriptionPolicy
from domain.entitlements.grants import FeatureQuantity
from domain.ids import (
    invoice_id,
    invoice_workflow_id,
    sale_workflow_id,
    subscription_id,
    subscription_workflow_id,
)
from domain.parties.accounts import AccountProfile
from domain.parties.orders import Order, PaymentChoice, PaymentKind, order_digest
from domain.periods.periods import Interval, IntervalUnit
from domain.pricing.pricing import Price, PriceModel
from domain.pricing.terms import Charge, PlanTerms
from tests.virtual_temporal.environment import VirtualEnvironment
from tests.workflows.fakes import FakeWorld
from workflows.contract import messages, queues
from workflows.contract.messages import NewSaleInput
from workflows.new_sale.workflow import NewSale

CARD = PaymentChoice(kind=PaymentKind.CARD, payment_method="pm_good")
TRANSFER = PaymentChoice(kind=PaymentKind.TRANSFER, days_until_due=30)


def card(payment_method: str) -> PaymentChoice:
    return PaymentChoice(kind=PaymentKind.CARD, payment_method=payment_method)


def order_of(order_id: str, payment: PaymentChoice) -> Order:
    return Order(
        order_id=order_id,
        account=AccountProfile(
            account_id="acme", name="Acme Ltd", email="billing@acme.example", country="US"
        ),
        plan="team",
        quantity=3,
        interval=Interval(unit=IntervalUnit.MONTH, count=1),
        currency="USD",
        payment=payment,
    )


def terms_of(order: Order) -> PlanTerms:
    price = Price(model=PriceModel.PER_SEAT, currency=order.currency, unit_price=Decimal("19.00"))
    return PlanTerms(
        plan=order.plan,
        version=1,
        name="Team",
        interval=order.interval,
        currency=order.currency,
        quantity=order.quantity,
        charges=(Charge(price_of=order.plan, name="Team", price=price, quantity=order.quantity),),
        features=(FeatureQuantity(key="seats", quantity=order.quantity),),
    )


def subscription_input(anchor: datetime, zone: str = "UTC") -> SubscriptionInput:
    """Return what the subscription of order A1 is started with, paid by card."""
    return SubscriptionInput(
        subscription_id=subscription_id("A1"),
        order_id="A1",
        account_id="acme",
        zone=zone,
        purchase_order=None,
        plan=terms_of(order_of("A1", CARD)),
        policy=DEFAULT_SUBSCRIPTION_POLICY,
        payment=CARD,
        customer_id="cus_acme",
        payment_method="pm_good",
        anchor=anchor,
    )


Environment = WorkflowEnvironment | VirtualEnvironment
"""A server and its time."""

Handle = Any
"""A workflow handle: the SDK's type of it has an unknown part that strict checking refuses."""


@dataclass
class Desk:
    """Sells orders on the test server and finds the workflows that follow from them."""

    environment: Environment
    world: FakeWorld
    policy: SubscriptionPolicy = DEFAULT_SUBSCRIPTION_POLICY

    async def sell(
        self, order_id: str = "A1", payment: PaymentChoice = CARD
    ) -> WorkflowHandle[Any, messages.SaleResult]:
        order = order_of(order_id, payment)
        self.world.orders.orders[order_id] = order
        self.world.orders.terms[order.plan] = terms_of(order)
        self.world.orders.policy = self.policy
        return await self.world.client.start_workflow(
            NewSale.run,
            NewSaleInput(
                order_id=order_id,
                order_digest=order_digest(order),
                subscription_id=subscription_id(order_id),
                account_id="acme",
                plan="team",
            ),
            id=sale_workflow_id(order_id),
            task_queue=queues.MAIN,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        )

    def subscription(self, order_id: str = "A1") -> Handle:
        return self.world.client.get_workflow_handle(
            subscription_workflow_id(subscription_id(order_id))
        )

    def invoice(self, number: int = 1, order_id: str = "A1") -> Handle:
        return self.world.client.get_workflow_handle(
            invoice_workflow_id(invoice_id(subscription_id(order_id), number))
        )

    async def current_run_of(self, handle: Handle) -> str:
        """Return the id of the workflow's current run."""
        client = self.world.client
        # Not the SDK's `describe`: it cannot read a search attribute that the time-skipping server unset.
        described = await client.workflow_service.describe_workflow_execution(
            DescribeWorkflowExecutionRequest(
                namespace=client.namespace, execution=WorkflowExecution(workflow_id=handle.id)
            )
        )
        return described.workflow_execution_info.execution.run_id

    async def ask(self, handle: Handle, update: str, request: object) -> Any:
        """Send an update and return its answer, undecoded beyond JSON."""
        return await handle.execute_update(update, request)

    async def resume(self, handle: Handle) -> str:
        """Say that an operator has mended what stood in the way."""
        return await handle.execute_update(messages.RESUME, result_type=str)

    async def until(self, is_so: Callable[[], bool], *, within: timedelta) -> None:
        """Let time pass until it is so: on virtual time from one event to the next, else a little at a time.

        Raises:
            AssertionError: If it is not so in time.
        """
        if isinstance(self.environment, VirtualEnvironment):
            await self.environment.until(is_so, within=within)
            return
        step, passed = timedelta(seconds=1), timedelta()
        while not is_so():
            assert passed < within, "it did not happen in time"
            await self.environment.sleep(step)
            passed += step
            step = min(step * 2, timedelta(hours=12))
