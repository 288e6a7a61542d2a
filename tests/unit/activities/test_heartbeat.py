"""An activity beats while it works, and finishes what it has begun."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.testing import ActivityEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.heartbeat import HeartbeatInterceptor
from tests.workflows.stage import time_skipping

QUEUE = "heartbeat"
LONG = timedelta(minutes=1)


class WorkerActivities:
    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.may_end = asyncio.Event()
        self.ended = 0

    @activity.defn
    async def work(self) -> str:
        self.begun.set()
        await self.may_end.wait()
        self.ended += 1
        return "done"


@workflow.defn
class Withdraws:
    @workflow.run
    async def run(self) -> str:
        call = workflow.start_activity_method(
            WorkerActivities.work,
            start_to_close_timeout=LONG,
            heartbeat_timeout=timedelta(seconds=1),
            cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
        )
        await workflow.wait_condition(lambda: self.is_withdrawn)
        call.cancel()
        return await call

    @workflow.init
    def __init__(self) -> None:
        self.is_withdrawn = False

    @workflow.signal
    def withdraw(self) -> None:
        self.is_withdrawn = True


@pytest.fixture
async def client() -> AsyncGenerator[Client]:
    async with time_skipping() as environment:
        yield environment.client


async def test_a_call_that_was_withdrawn_while_under_way_is_finished(client: Client):
    hands = WorkerActivities()
    async with Worker(
        client,
        task_queue=QUEUE,
        workflows=[Withdraws],
        activities=[hands.work],
        interceptors=[HeartbeatInterceptor()],
        workflow_runner=UnsandboxedWorkflowRunner(),
        build_id="test",
    ):
        handle: Any = await client.start_workflow(Withdraws.run, id="w", task_queue=QUEUE)
        await hands.begun.wait()
        await handle.signal(Withdraws.withdraw)
        # Longer than the heartbeat timeout: without beats the server would have given the work away.
        await asyncio.sleep(2.5)
        assert hands.ended == 0
        hands.may_end.set()
        assert await handle.result() == "done"
    assert hands.ended == 1


async def beats_of(seconds: float, *, wanted: int) -> int:
    """Return how often an activity with a heartbeat timeout of three times `seconds` has beaten by its end.

    It ends when it has beaten `wanted` times; with 0, at once.
    """
    beaten: list[object] = []
    is_enough = asyncio.Event()

    def note(*details: object) -> None:
        beaten.append(details)
        if len(beaten) >= wanted:
            is_enough.set()

    @activity.defn
    async def work() -> None:
        # A call of a few milliseconds also gives way to the event loop.
        await asyncio.sleep(0)
        if wanted:
            await is_enough.wait()

    environment = ActivityEnvironment()
    environment.on_heartbeat = note
    environment.info = replace(
        ActivityEnvironment.default_info(), heartbeat_timeout=timedelta(seconds=3 * seconds)
    )
    inbound: Any = HeartbeatInterceptor().intercept_activity(cast("Any", Runs(work)))
    await environment.run(inbound.execute_activity, None)
    return len(beaten)


class Runs:
    """The end of the chain of interceptors: it runs the activity."""

    def __init__(self, work: Callable[[], Awaitable[None]]) -> None:
        self.work = work

    async def execute_activity(self, given: object) -> None:
        await self.work()


async def test_a_short_call_sends_no_heartbeat():
    assert await beats_of(60, wanted=0) == 0


async def test_a_long_call_beats_until_it_ends():
    assert await beats_of(0.01, wanted=2) >= 2
