"""Drives the bare workflows, on a worker with the settings of ours."""

from collections.abc import Callable
from typing import Any

from temporalio import activity
from temporalio.client import Client, WorkflowHandle
from temporalio.worker import PollerBehaviorAutoscaling, Worker

from config.temporal import workflow_runner
from tests.benchmarks.bare_pair import LAST, START_SECOND, STEP, BareFirst, BareSecond
from tests.benchmarks.bare_single import BareSleeper, BareWaiter
from tests.benchmarks.finish import FinishLine
from workers.main import GRACE, MOST_CACHED_WORKFLOWS
from workers.registry import INTERCEPTORS

QUEUE = "bare"
WORKFLOWS = (BareFirst, BareSecond, BareWaiter, BareSleeper)

Handle = WorkflowHandle[Any, Any]


class Floor:
    """Starts bare workflows; their last activity crosses the finish line.

    Attributes:
        finish: Crossed with the key that a workflow was started with.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self.finish = FinishLine()

    def worker(self) -> Worker:
        """Return the worker, set up as `workers.main` sets up ours."""
        return Worker(
            self._client,
            task_queue=QUEUE,
            workflows=WORKFLOWS,
            activities=self._activities(),
            interceptors=INTERCEPTORS,
            workflow_runner=workflow_runner(),
            build_id="bench",
            max_cached_workflows=MOST_CACHED_WORKFLOWS,
            workflow_task_poller_behavior=PollerBehaviorAutoscaling(),
            activity_task_poller_behavior=PollerBehaviorAutoscaling(),
            graceful_shutdown_timeout=GRACE,
        )

    async def start_pair(self, key: str, activities: int) -> None:
        """Start a pair that runs this many activities in all, sequentially."""
        first = activities // 2
        await self._start(BareFirst.run, f"first/{key}", key, first, activities - first)

    async def start_waiter(self, key: str) -> None:
        """Start a workflow that waits for its signal."""
        await self._start(BareWaiter.run, f"waiter/{key}", key)

    async def start_sleeper(self, key: str) -> None:
        """Start a workflow that sleeps, after one activity that crosses the finish line."""
        await self._start(BareSleeper.run, f"sleeper/{key}", key)

    def waiter_of(self, key: str) -> Handle:
        """Return the workflow that waits for its signal."""
        return self._client.get_workflow_handle(f"waiter/{key}")

    def pair_of(self, key: str) -> tuple[Handle, Handle]:
        """Return the two workflows of a pair."""
        return (
            self._client.get_workflow_handle(f"first/{key}"),
            self._client.get_workflow_handle(f"second/{key}"),
        )

    async def _start(self, run: Any, workflow_id: str, *arguments: object) -> None:
        await self._client.start_workflow(run, args=arguments, id=workflow_id, task_queue=QUEUE)

    def _activities(self) -> list[Callable[..., Any]]:
        @activity.defn(name=STEP)
        async def step(key: str) -> str:
            return key

        @activity.defn(name=LAST)
        async def last(key: str) -> None:
            self.finish.cross(key)

        @activity.defn(name=START_SECOND)
        async def start_second(key: str, second: int) -> None:
            await self._start(BareSecond.run, f"second/{key}", key, second)

        return [step, last, start_second]
