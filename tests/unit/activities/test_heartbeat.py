"""An activity beats while it works, and finishes what it has begun."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

import pytest
from temporalio import activity, workflow
from temporalio.client import Client
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
