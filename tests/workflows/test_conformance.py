"""The virtual server records what a real one would: the SDK's own core replays it, and a real server agrees."""

from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any, Final

import pytest
from temporalio.api.enums.v1 import EventType as HistoryEvent
from temporalio.client import WorkflowHistory, WorkflowUpdateFailedError
from temporalio.worker import Replayer

from config.temporal import DATA_CONVERTER
from domain.effects.events import EventType
from domain.failures import RejectedError, UnavailableError
from tests.architecture.runner import strict_runner
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


@pytest.mark.parametrize("story", STORIES)
async def test_the_core_of_the_sdk_replays_every_virtual_history(story: Story):
    environment = virtual()
    world = employed(environment)
    await story(Desk(environment=environment, world=world), world)
    replayer = Replayer(
        workflows=WORKFLOWS, workflow_runner=strict_runner(), data_converter=DATA_CONVERTER
    )
    for run in environment.server.runs.values():
        await replayer.replay_workflow(WorkflowHistory(run.workflow_id, run.history.events))


async def test_a_replay_of_a_virtual_history_notices_another_activity():
    environment = virtual()
    world = employed(environment)
    await Desk(environment=environment, world=world).sell()
    run = next(iter(environment.server.runs.values()))
    (scheduled, *_) = (
        event
        for event in run.history.events
        if event.event_type == HistoryEvent.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
    )
    scheduled.activity_task_scheduled_event_attributes.activity_type.name = "planted"
    replayer = Replayer(
        workflows=WORKFLOWS, workflow_runner=strict_runner(), data_converter=DATA_CONVERTER
    )
    with pytest.raises(Exception, match="planted"):
        await replayer.replay_workflow(WorkflowHistory(run.workflow_id, run.history.events))


class TestBesideARealServer:
    """The same short stories on a real server leave the same events."""

    @pytest.fixture
    async def real_desk(self) -> AsyncGenerator[Desk]:
        async with real() as environment, working(environment) as world:
            yield Desk(environment=environment, world=world)

    async def test_a_paid_sale_leaves_the_same_events(self, real_desk: Desk):
        environment = virtual()
        virtual_desk = Desk(environment=environment, world=employed(environment))
        for desk in (virtual_desk, real_desk):
            await (await desk.sell()).result()
            await desk.until(
                lambda desk=desk: (
                    f"{GRANT}/receipt" in desk.world.email_sender.sent
                    and len(desk.world.books.events) == 6
                ),
                within=SOON,
            )
            await desk.environment.sleep(timedelta(seconds=1))
        assert await left(virtual_desk) == await left(real_desk)

    async def test_a_refused_request_leaves_the_same_events(self, real_desk: Desk):
        environment = virtual()
        virtual_desk = Desk(environment=environment, world=employed(environment))
        for desk in (virtual_desk, real_desk):
            await (await desk.sell()).result()
            with pytest.raises(WorkflowUpdateFailedError):
                await desk.resume(desk.subscription())
            await cancel(desk)
            await desk.until(
                lambda desk=desk: "sub-A1-hold" in desk.world.entitlements.holds, within=SOON
            )
            await desk.environment.sleep(timedelta(seconds=1))
        assert await left(virtual_desk) == await left(real_desk)


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
