"""History of one steady billing period: a renewal that is charged and paid at once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from temporalio.client import WorkflowHistory

from domain.periods import Interval, IntervalUnit
from tests.benchmarks.floor import Floor
from tests.benchmarks.histories import footprint
from tests.benchmarks.report import Budget, Measurement
from tests.benchmarks.world import Shop
from tests.workflows.desk import CARD, order_of

_ORDER = "steady"
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


async def record(shop: Shop, floor: Floor) -> SteadyPeriod:
    """Let a subscription live through a whole period between two renewals."""
    await shop.sell(replace(order_of(_ORDER, CARD), interval=_PERIOD))
    await shop.finish.wait(f"sub-{_ORDER}-0003")
    first = (await shop.subscription(_ORDER).describe()).raw_info.first_run_id
    await shop.cancel(_ORDER)
    steady = _next_run(await shop.subscription(_ORDER, first).fetch_history())
    subscription = await shop.subscription(_ORDER, steady).fetch_history()
    invoice = await shop.invoice(_ORDER, 2).fetch_history()
    activities = footprint([subscription, invoice]).activities
    await floor.start_pair(_ORDER, round(activities))
    pair = floor.pair_of(_ORDER)
    for workflow in pair:
        await workflow.result()
    return SteadyPeriod(
        subscription=subscription,
        invoice=invoice,
        bare=[await workflow.fetch_history() for workflow in pair],
    )


def measure(period: SteadyPeriod) -> list[Measurement]:
    """Return the events of the subscription's run and of its invoice."""
    return [
        _events("history of a steady period, Subscription", period.subscription),
        _events("history of a steady period, Invoice", period.invoice),
    ]


def _events(what: str, history: WorkflowHistory) -> Measurement:
    found = footprint([history])
    return Measurement(what=what, ours=found.events, unit="events", budget=_BUDGET, note=str(found))


def _next_run(history: WorkflowHistory) -> str:
    last = history.events[-1].workflow_execution_continued_as_new_event_attributes
    return last.new_execution_run_id
