"""A steady billing period costs no action that says nothing new."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from temporalio.api.enums.v1 import EventType as HistoryEvent

from domain.effects.events import EventType
from tests.workflows.desk import Desk
from tests.workflows.fakes import FakeWorld
from tests.workflows.requests import SOON, cancel


async def steady_period(desk: Desk, world: FakeWorld) -> Sequence[Any]:
    """Return the events of the run that lies between two renewals."""
    await desk.sell()
    activated = EventType.SUBSCRIPTION_ACTIVATED
    await desk.until(lambda: activated in world.books.types_of("subscription/sub-A1"), within=SOON)
    first = await desk.current_run_of(desk.subscription())
    await desk.until(lambda: len(world.entitlements.grants) == 3, within=timedelta(days=70))
    await cancel(desk)
    last = (await history_of(desk, first))[-1]
    return await history_of(
        desk, last.workflow_execution_continued_as_new_event_attributes.new_execution_run_id
    )


async def history_of(desk: Desk, run_id: str) -> Sequence[Any]:
    handle: Any = desk.world.client.get_workflow_handle(desk.subscription().id, run_id=run_id)
    return (await handle.fetch_history()).events


async def test_messages_that_change_no_instant_start_no_second_timer(desk: Desk, world: FakeWorld):
    events = await steady_period(desk, world)
    types = [event.event_type for event in events]
    # The outcome of the period's invoice arrives meanwhile, and the renewal is still due at the same instant.
    assert types.count(HistoryEvent.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED) == 1
    assert types.count(HistoryEvent.EVENT_TYPE_TIMER_STARTED) == 1
    assert HistoryEvent.EVENT_TYPE_TIMER_CANCELED not in types


async def test_a_new_run_writes_only_the_columns_that_change(desk: Desk, world: FakeWorld):
    events = await steady_period(desk, world)
    written = [
        set(
            event.upsert_workflow_search_attributes_event_attributes.search_attributes.indexed_fields
        )
        for event in events
        if event.event_type == HistoryEvent.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES
    ]
    assert all("PerennialState" not in columns for columns in written)
    assert all("PerennialAttention" not in columns for columns in written)
