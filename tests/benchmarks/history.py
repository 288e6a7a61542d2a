"""History of one steady billing period: a renewal that is charged and paid at once."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from temporalio.client import WorkflowHistory

from domain.periods.periods import Interval, IntervalUnit
from tests.benchmarks.floor import Floor
from tests.benchmarks.histories import footprint
from tests.benchmarks.report import Budget, Measurement
from tests.benchmarks.world import Shop
from tests.workflows.desk import CARD, order_of

_SUBSCRIPTIONS = 4
_PERIOD = Interval(unit=IntervalUnit.SECOND, count=4)
_BUDGET = Budget(limit=60)


@dataclass(frozen=True, kw_only=True, slots=True)
class SteadyPeriod:
    """One period that neither begins nor ends the subscription, and as many bare activities.

    Attributes:
        subscription: The run from one continue-as-new to the next.
        invoice: The invoice of that period.
        bare: A bare pair with as many activities as both.
    """

    subscription: WorkflowHistory
    invoice: WorkflowHistory
    bare: Sequence[WorkflowHistory]


async def record(shop: Shop, floor: Floor) -> list[SteadyPeriod]:
    """Let some subscriptions live through a whole period between two renewals."""
    return await asyncio.gather(
        *(_record(f"steady-{number}", shop, floor) for number in range(_SUBSCRIPTIONS))
    )


async def _record(order_id: str, shop: Shop, floor: Floor) -> SteadyPeriod:
    await shop.sell(replace(order_of(order_id, CARD), interval=_PERIOD))
    await shop.finish.wait(f"sub-{order_id}-0003")
    first = (await shop.subscription(order_id).describe()).raw_info.first_run_id
    await shop.cancel(order_id)
    steady = _next_run(await shop.subscription(order_id, first).fetch_history())
    subscription = await shop.subscription(order_id, steady).fetch_history()
    invoice = await shop.invoice(order_id, 2).fetch_history()
    await floor.start_pair(order_id, round(footprint([subscription, invoice]).activities))
    pair = floor.pair_of(order_id)
    for workflow in pair:
        await workflow.result()
    return SteadyPeriod(
        subscription=subscription,
        invoice=invoice,
        bare=[await workflow.fetch_history() for workflow in pair],
    )


def measure(periods: Sequence[SteadyPeriod]) -> list[Measurement]:
    """Return the most events of a subscription's run and of an invoice."""
    return [
        _events("history of a steady period, Subscription", [one.subscription for one in periods]),
        _events("history of a steady period, Invoice", [one.invoice for one in periods]),
    ]


def _events(what: str, histories: Sequence[WorkflowHistory]) -> Measurement:
    # Effects that end together share a workflow task, so the number is not the same every time.
    found = [footprint([history]) for history in histories]
    worst = max(found, key=lambda one: one.events)
    return Measurement(
        what=what,
        ours=worst.events,
        unit="events",
        budget=_BUDGET,
        note=f"worst of {len(found)}: {worst}",
    )


def _next_run(history: WorkflowHistory) -> str:
    last = history.events[-1].workflow_execution_continued_as_new_event_attributes
    return last.new_execution_run_id
