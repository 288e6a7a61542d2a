"""One customer's life with the stack: what its service asks of our API, what its bank and its card holder do."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import Context
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import WorkflowExecutionStatus

from domain.ids import invoice_id, invoice_workflow_id, subscription_id
from perennial.orders import Account, CardPayment, Order, TransferPayment
from sandbox.faults import Fault, FaultName
from tests.checker.answers import answer_of
from tests.checker.facts import ClientAnswer, Facts, Row, WorkflowFact
from tests.checker.reading import Reader
from tests.virtual_stack.stack import VirtualStack
from tests.virtual_temporal.points import Point, PointKind
from tests.virtual_temporal.run import Phase, Run
from workflows.contract import messages
from workflows.contract.search_attributes import ATTENTION

ORDER_ID: Final = "a1"
SUBSCRIPTION: Final = subscription_id(ORDER_ID)
DAY: Final = timedelta(days=1)
_STRIPE: Final = {"Authorization": "Bearer sk_test_life"}


class Life:
    """Acts for the customer `acme`, who buys order `a1`, and for the world around it.

    Attributes:
        answers: What its service was told.
    """

    def __init__(self, stack: VirtualStack) -> None:
        self.stack = stack
        self.answers: list[ClientAnswer] = []
        self._acts: list[asyncio.Task[None]] = []
        self._begun: set[str] = set()
        self._arrived: asyncio.Event | None = None

    # The customer's service.

    async def buys(
        self, *, card: str | None = "pm_card_visa", quantity: int = 3, **terms: object
    ) -> None:
        """Submit an order of `quantity` x `team` a month; without a card it is paid by transfer."""
        payment = CardPayment(payment_method=card) if card else TransferPayment(days_until_due=30)
        account = Account(
            account_id="acme", name="Acme Ltd", email="billing@acme.example", country="US"
        )
        order = Order.model_validate(
            {
                "order_id": ORDER_ID,
                "account": account,
                "plan": "team",
                "quantity": quantity,
                "currency": "USD",
                "payment": payment,
                **terms,
            }
        )
        await self._asks("sell", ORDER_ID, lambda: self.stack.client.sell(order))

    async def cancels(self, *, at: str = "now") -> None:
        """Ask for the end of the subscription, `now` or at `period_end`."""
        await self._asks(
            f"cancel_{at}", SUBSCRIPTION, lambda: self.stack.client.cancel(SUBSCRIPTION, at=at)
        )

    async def gives_card(self, card: str = "pm_card_visa") -> None:
        """Give another card."""
        await self._asks(
            "change_payment_method",
            SUBSCRIPTION,
            lambda: self.stack.client.change_payment_method(SUBSCRIPTION, card),
        )

    async def _asks(self, request: str, about: str, call: Callable[[], Awaitable[Any]]) -> None:
        answer = await answer_of(request, about, call, clock=lambda: self.stack.now)
        self.answers.append(answer)

    # Its bank, its card holder, and the provider's dashboard.

    async def transfers(self, amount: Decimal = Decimal("57.00")) -> None:
        """Send money to the seller's bank account."""
        [customer] = await self._stripe("customers")
        await self._post(
            f"/stripe/v1/test_helpers/customers/{customer['id']}/fund_cash_balance",
            {"amount": str(int(amount * 100)), "currency": "usd"},
        )

    async def authenticates(self, *, succeeds: bool = True) -> None:
        """Let the card holder pay the newest payment on the provider's page, and answer the bank's question."""
        intent = (await self._stripe("payment_intents"))[0]["id"]
        [customer] = await self._stripe("customers")
        method = customer["invoice_settings"]["default_payment_method"]
        path = f"/stripe/v1/payment_intents/{intent}/confirm"
        await self._post(path, {"payment_method": method})
        answer = await self.stack.http.post(
            "/stripe/_control/authenticate", json={"intent": intent, "succeeds": succeeds}
        )
        answer.raise_for_status()
        await self._follows()

    async def _post(self, path: str, data: dict[str, str]) -> None:
        answer = await self.stack.http.post(path, data=data, headers=_STRIPE)
        assert answer.is_success, answer.text
        await self._follows()

    async def _follows(self) -> None:
        """Let everything happen that was set off at this instant, webhooks too."""
        if self._arrived is not None:
            self._arrived.set()
        await self.stack.environment.sleep(timedelta())

    async def _stripe(self, kind: str) -> list[Row]:
        answer = await self.stack.http.get(f"/stripe/v1/{kind}", headers=_STRIPE)
        answer.raise_for_status()
        return answer.json()["data"]

    # Bad luck, and the operator who mends it.

    def fault(self, system: str, fault: FaultName, **how: Any) -> None:
        """Switch a scripted fault of an outside system on."""
        self.stack.outside.world.faults.add(system, Fault(fault=fault, **how))

    def mend(self, *systems: str) -> None:
        """Switch all faults of these systems off."""
        for system in systems:
            self.stack.outside.world.faults.clear(system)

    async def operator_resumes(self, number: int = 1) -> None:
        """Say that what stood in the way of the invoice is mended."""
        workflow_id = invoice_workflow_id(invoice_id(SUBSCRIPTION, number))
        handle: Any = self.stack.environment.client.get_workflow_handle(workflow_id)
        await handle.execute_update(messages.RESUME)

    # Time.

    async def passes(self, span: timedelta) -> None:
        """Let time pass."""
        await self.stack.environment.sleep(span)

    async def until(self, is_so: Callable[[], bool], *, within: timedelta = DAY) -> None:
        """Let time pass until it is so."""
        await self.stack.environment.until(is_so, within=within)

    def has(self, system: str, action: str, key: str = "") -> bool:
        """Return whether an outside system has done something, about this key if one is given."""
        return any(
            (each.system, each.action) == (system, action) and key in each.key
            for each in self.stack.outside.journal.in_order
        )

    def meanwhile(self, act: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Let someone act at this point of a history, while the stack is busy with everything else.

        The stack goes on once the act has reached Temporal or the outside system that it is about.
        """
        self._arrived = arrived = asyncio.Event()

        def arrive(point: Point) -> None:
            if point.kind is PointKind.UPDATE:
                arrived.set()

        async def begin() -> None:
            # First: another observer may end the worker at the same point.
            self.stack.observers.insert(0, arrive)
            # A context of its own: its calls wait for the stack as those of any outsider do.
            task = asyncio.get_running_loop().create_task(act(), context=Context())
            self._acts.append(task)
            there = asyncio.create_task(arrived.wait())
            await asyncio.wait([task, there], return_when=asyncio.FIRST_COMPLETED)
            there.cancel()
            self.stack.observers.remove(arrive)

        self.stack.server.loop.soon(begin)

    def meanwhile_once(self, name: str, act: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Like `meanwhile`, the first time only."""
        if name not in self._begun:
            self._begun.add(name)
            self.meanwhile(act)

    async def acts_end(self) -> None:
        """Wait for everyone who acted meanwhile."""
        await asyncio.gather(*self._acts)

    # What is there in the end.

    async def facts(self) -> Facts:
        """Read everything."""
        reader = Reader(
            self.stack.http,
            self.stack.stack.secrets.entitlements_key,
            self.stack.stack.environment["PERENNIAL_DATABASE_URL"],
        )
        return await reader.facts(
            self.stack.now,
            [_fact(run) for run in self._latest_runs()],
            self.answers,
            self.stack.outside.journal.in_order,
        )

    def _latest_runs(self) -> list[Run]:
        return list({run.workflow_id: run for run in self.stack.server.runs.values()}.values())


def _fact(run: Run) -> WorkflowFact:
    attention = run.search_attributes.get(ATTENTION.name, Payload())
    return WorkflowFact(
        workflow_id=run.workflow_id,
        is_open=run.is_open,
        is_completed=run.status == WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_COMPLETED,
        is_stuck=run.failed_tasks > 0
        or any(each.phase is Phase.BACKING_OFF for each in run.activities.values()),
        needs_attention=attention.data == b"true",
    )
