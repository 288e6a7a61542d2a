"""CPU time that a worker pays for a workflow that is not in its cache: replay, and a new instance of it."""

import time
from collections.abc import AsyncGenerator, Sequence
from itertools import pairwise
from statistics import median

from temporalio import workflow
from temporalio.client import WorkflowHistory
from temporalio.worker import (
    Replayer,
    WorkflowInstance,
    WorkflowInstanceDetails,
    WorkflowRunner,
)
from typing_extensions import override

from config.temporal import DATA_CONVERTER, workflow_runner
from tests.benchmarks import floor
from tests.benchmarks.history import SteadyPeriod
from tests.benchmarks.report import Budget, Measurement
from workers.registry import WORKFLOWS

_REPLAY = Budget(limit=50)
_CREATION = Budget(limit=3)


class TimedRunner(WorkflowRunner):
    """The sandbox of our workers, with the CPU milliseconds of every new instance noted."""

    def __init__(self) -> None:
        self._runner = workflow_runner()
        self.creations = list[float]()

    @override
    def prepare_workflow(self, defn: workflow._Definition) -> None:
        self._runner.prepare_workflow(defn)

    @override
    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        begin = time.thread_time()
        instance = self._runner.create_instance(det)
        self.creations.append(1000 * (time.thread_time() - begin))
        return instance

    @override
    def set_worker_level_failure_exception_types(
        self, types: Sequence[type[BaseException]]
    ) -> None:
        self._runner.set_worker_level_failure_exception_types(types)


async def measure(periods: Sequence[SteadyPeriod], *, times: int) -> list[Measurement]:
    """Return medians of `times` replays of the longest period, and of the instances made for them."""
    period = max(periods, key=lambda one: len(one.invoice.events))
    runner = TimedRunner()
    subscription = await _replay(runner, period.subscription, times)
    invoice = await _replay(runner, period.invoice, times)
    creations = runner.creations
    bare_runner = TimedRunner()
    bare = sum([await _replay(bare_runner, history, times) for history in period.bare])
    return [
        Measurement(
            what="replay of a steady period, Subscription and Invoice",
            ours=subscription + invoice,
            floor=bare,
            unit="ms CPU",
            budget=_REPLAY,
            note=f"Subscription {subscription:.1f}, Invoice {invoice:.1f}; "
            "floor: a bare pair with as many activities",
        ),
        Measurement(
            what="creation of a workflow instance in the sandbox",
            ours=median(creations),
            floor=median(bare_runner.creations),
            unit="ms CPU",
            budget=_CREATION,
            note=f"{len(creations)} instances; worst {max(creations):.1f}",
        ),
    ]


async def _replay(runner: TimedRunner, history: WorkflowHistory, times: int) -> float:
    """Return the median CPU milliseconds of one replay, without those of setting up a worker.

    Raises:
        temporalio.workflow.NondeterminismError: Today's code does not lead to this history.
    """
    replayer = Replayer(
        workflows=[*WORKFLOWS, *floor.WORKFLOWS],
        workflow_runner=runner,
        data_converter=DATA_CONVERTER,
    )

    async def copies() -> AsyncGenerator[WorkflowHistory]:
        for _ in range(times + 1):
            yield history

    instants = [time.process_time()]
    async with replayer.workflow_replay_iterator(copies()) as results:
        async for result in results:
            if result.replay_failure is not None:
                raise result.replay_failure
            instants.append(time.process_time())
    # The first one pays for the worker and for cold caches.
    spans = [later - earlier for earlier, later in pairwise(instants[1:])]
    return 1000 * median(spans)
