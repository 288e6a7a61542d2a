"""Memory that a worker needs for each subscription in its cache, measured in worker processes of its own.

`python -m tests.benchmarks.memory ours COUNT` prints KiB per cached subscription, `bare` the same for a
workflow that only sleeps.
"""

import asyncio
import gc
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import psutil
from temporalio.client import Client
from temporalio.worker import Worker

from activities.messages import InvoiceInput, SubscriptionInput
from config.clock import utc_now
from config.stack_file import Stack
from config.temporal import connect
from domain import ids
from domain.collection.policy import DEFAULT_SUBSCRIPTION_POLICY
from domain.effects.events import EventType
from local_stack.programs import environment_of
from tests.benchmarks.child import leave, output_of
from tests.benchmarks.floor import Floor
from tests.benchmarks.report import Budget, Measurement
from tests.benchmarks.world import Shop, recorded
from tests.workflows.desk import CARD, order_of, terms_of
from workers.main import running
from workers.workflow_starter import TemporalStarter
from workflows.contract import messages
from workflows.contract.messages import InvoiceChanged, InvoiceOutcome

_BUDGET = Budget(limit=80)
_WARM = 40
_AT_ONCE = 16


async def measure(stack: Stack, *, count: int) -> Measurement:
    """Return the growth of both processes; no other worker may serve the queues meanwhile."""
    module, environment = "tests.benchmarks.memory", environment_of(stack)
    ours, bare = await asyncio.gather(
        output_of(module, "ours", str(count), environment=environment),
        output_of(module, "bare", str(count), environment=environment),
    )
    return Measurement(
        what="worker memory per cached subscription",
        ours=float(ours),
        floor=float(bare),
        unit="KiB RSS",
        budget=_BUDGET,
        note=f"growth over {count}, after {_WARM}",
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class PaidAtOnce:
    """Instead of starting an invoice, says that it is paid: subscriptions alone fill the cache."""

    client: Client

    async def start_subscription(self, start: SubscriptionInput) -> None:
        """Start the real workflow."""
        await TemporalStarter(self.client).start_subscription(start)

    async def start_invoice(self, start: InvoiceInput) -> None:
        """Tell the subscription that its invoice is paid."""
        subscription = ids.subscription_workflow_id(start.draft.subscription_id)
        await self.client.get_workflow_handle(subscription).signal(
            messages.INVOICE_CHANGED,
            InvoiceChanged(
                invoice_id=start.draft.invoice_id, outcome=InvoiceOutcome.PAID, reason="paid"
            ),
        )


async def _ours(client: Client, count: int) -> float:
    starter = PaidAtOnce(client=client)
    shop = Shop(client, starter)

    async def fill(number: int) -> None:
        start = _subscription(f"m-{number}")
        await starter.start_subscription(start)
        entity = f"subscription/{start.subscription_id}"
        await shop.finish.wait(recorded(entity, EventType.SUBSCRIPTION_ACTIVATED))

    return await _growth(shop.workers(), fill, count)


async def _bare(client: Client, count: int) -> float:
    floor = Floor(client)

    async def fill(number: int) -> None:
        await floor.start_sleeper(f"m-{number}")
        await floor.finish.wait(f"m-{number}")

    return await _growth([floor.worker()], fill, count)


async def _growth(
    workers: Sequence[Worker], fill: Callable[[int], Awaitable[None]], count: int
) -> float:
    """Return KiB of RSS per filled place, not counting the first ones, which pay for everything shared."""
    slots = asyncio.Semaphore(_AT_ONCE)

    async def one(number: int) -> None:
        async with slots:
            await fill(number)

    async with running(workers):
        await asyncio.gather(*map(one, range(_WARM)))
        before = _resident()
        await asyncio.gather(*map(one, range(_WARM, _WARM + count)))
        return (_resident() - before) / 1024 / count


def _resident() -> int:
    gc.collect()
    return psutil.Process().memory_info().rss


def _subscription(order_id: str) -> SubscriptionInput:
    order = order_of(order_id, CARD)
    return SubscriptionInput(
        subscription_id=ids.subscription_id(order_id),
        order_id=order_id,
        account_id=order.account.account_id,
        zone=order.account.zone,
        purchase_order=None,
        plan=terms_of(order),
        policy=DEFAULT_SUBSCRIPTION_POLICY,
        payment=order.payment,
        customer_id="cus_acme",
        payment_method="pm_good",
        anchor=utc_now().replace(microsecond=0) - timedelta(seconds=1),
    )


async def main(kind: str, count: int) -> None:
    """Print the growth."""
    client = await connect()
    print(await (_ours if kind == "ours" else _bare)(client, count))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
    leave(0)
