"""The virtual server records what a real one would: the SDK's own core replays it, and a real server agrees."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import pytest
from temporalio.api.enums.v1 import EventType as HistoryEvent
from temporalio.client import WorkflowHistory, WorkflowUpdateFailedError
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from config.temporal import DATA_CONVERTER
from domain.effects.events import EventType
from domain.failures import RejectedError, UnavailableError
from tests.architecture.runner import strict_runner
from tests.virtual_temporal.environment import VirtualEnvironment
from tests.virtual_temporal.run import Run
from tests.workflows.desk import TRANSFER, Desk, card
from tests.workflows.fakes import FakeWorld
from tests.workflows.requests import GRANT, MONTH, SOON, cancel, change, until_between_tries
from tests.workflows.stage import employed, real, virtual, working
from workers.registry import WORKFLOWS
from workflows.contract import messages

Story = Callable[[Desk, FakeWorld], Awaitable[None]]


async def paid_and_renewed(desk: Desk, world: FakeWorld) -> None:
    await desk.sell()
    await desk.until(lambda: len(world.entitlements.grants) == 3, within=3 * MONTH)
    await cancel(desk)
    await desk.environment.sleep(MONTH)


async def declined_and_lost(desk: Desk, world: FakeWorld) -> None:
    world.provider.declines = {"pm_bad": "insufficient_funds"}
    await (await desk.sell(payment=card("pm_bad"))).result()
    await desk.environment.sleep(MONTH)


async def mended_by_an_operator(desk: Desk, world: FakeWorld) -> None:
    world.faults.always["crm"] = RejectedError("the opportunity was deleted")
    sale = await desk.sell()
    await desk.until(
        lambda: EventType.ATTENTION_NEEDED in world.books.types_of("sale/A1"), within=SOON
    )
    await desk.ask(sale, messages.SKIP_EFFECT, "crm")
    await sale.result()


async def withdrawn_between_tries(desk: Desk, world: FakeWorld) -> None:
    world.faults.always["charge"] = UnavailableError("down")
    await desk.sell()
    await until_between_tries(desk, world, "charge", tries=2)
    await change(desk, "pm_new")
    await desk.until(lambda: "pm_new" in world.provider.attached, within=SOON)
    world.faults.always.clear()
    await desk.until(lambda: GRANT in world.entitlements.grants, within=SOON)
    await desk.subscription().cancel()
    await desk.environment.sleep(MONTH)


async def never_paid(desk: Desk, world: FakeWorld) -> None:
    await (await desk.sell(payment=TRANSFER)).result()
    await desk.environment.sleep(MONTH)


STORIES: Final = (
    paid_and_renewed,
    declined_and_lost,
    mended_by_an_operator,
    withdrawn_between_tries,
    never_paid,
)


def virtual_desk() -> Desk:
    environment = virtual()
    return Desk(environment=environment, world=employed(environment))


def runs_of(desk: Desk) -> list[Run]:
    assert isinstance(desk.environment, VirtualEnvironment)
    return list(desk.environment.server.runs.values())


async def replay(run: Run) -> None:
    replayer = Replayer(
        workflows=WORKFLOWS, workflow_runner=strict_runner(), data_converter=DATA_CONVERTER
    )
    await replayer.replay_workflow(WorkflowHistory(run.workflow_id, run.history.events))


@pytest.mark.parametrize("story", STORIES)
async def test_the_core_of_the_sdk_replays_every_virtual_history(story: Story):
    desk = virtual_desk()
    await story(desk, desk.world)
    for run in runs_of(desk):
        await replay(run)


async def test_a_replay_of_a_virtual_history_notices_another_activity():
    desk = virtual_desk()
    await desk.sell()
    run = runs_of(desk)[0]
    (scheduled, *_) = (
        event
        for event in run.history.events
        if event.event_type == HistoryEvent.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
    )
    scheduled.activity_task_scheduled_event_attributes.activity_type.name = "planted"
    with pytest.raises(NondeterminismError, match="planted"):
        await replay(run)


async def paid(desk: Desk, world: FakeWorld) -> None:
    await (await desk.sell()).result()
    await desk.until(lambda: f"{GRANT}/receipt" in world.email_sender.sent, within=SOON)


async def refused_and_cancelled(desk: Desk, world: FakeWorld) -> None:
    await paid(desk, world)
    with pytest.raises(WorkflowUpdateFailedError):
        await desk.resume(desk.subscription())
    await cancel(desk)
    await desk.until(lambda: "sub-A1-hold" in world.entitlements.holds, within=SOON)


@pytest.mark.parametrize("story", [paid, refused_and_cancelled])
async def test_a_real_server_leaves_the_same_events(story: Story):
    beside = virtual_desk()
    await story(beside, beside.world)
    expected = await left(beside)
    async with real() as environment, working(environment) as world:
        desk = Desk(environment=environment, world=world)
        await story(desk, world)
        # What follows the last step of the story takes a real server a moment.
        async with asyncio.timeout(SOON.total_seconds()):
            while (seen := await left(desk)) != expected:
                missing = {name: expected[name] - seen[name] for name in expected}
                assert any(missing.values()), {name: seen[name] - expected[name] for name in seen}
                await asyncio.sleep(0.1)


_OF_THE_SERVER: Final = ("WORKFLOW_TASK_", "ACTIVITY_TASK_STARTED", "UPSERT_")


async def left(desk: Desk) -> dict[str, Counter[str]]:
    """Return what each workflow's history tells, without what depends on how tasks were batched."""
    handles = {
        "subscription": desk.subscription(),
        "invoice": desk.invoice(),
        "sale": desk.world.client.get_workflow_handle("sale/A1"),
    }
    return {
        name: Counter(told(list((await handle.fetch_history()).events)))
        for name, handle in handles.items()
    }


def told(events: Sequence[Any]) -> list[str]:
    names = [HistoryEvent.Name(event.event_type).removeprefix("EVENT_TYPE_") for event in events]
    activities = [
        event.activity_task_scheduled_event_attributes.activity_type.name for event in events
    ]
    return [
        f"{name} {activity}".strip()
        for name, activity in zip(names, activities, strict=True)
        # Business events that are ready together are recorded together.
        if not name.startswith(_OF_THE_SERVER)
        and activity != "record_events"
        and name != "ACTIVITY_TASK_COMPLETED"
    ]
