"""The same card given again asks for one more charge, also while the one before is under way."""

import asyncio
from datetime import timedelta
from typing import Any

from temporalio.api.enums.v1 import EventType as HistoryEvent

from domain.collection.provider_invoice import ChargeResult
from tests.workflows.desk import Desk, card
from tests.workflows.fakes import FakeWorld
from tests.workflows.requests import GRANT, change


async def test_a_card_given_again_while_its_charge_is_under_way_is_charged_once_more(
    desk: Desk, world: FakeWorld
):
    charge = world.provider.charge
    has_begun, may_end = asyncio.Event(), asyncio.Event()

    async def slow(**given: Any) -> ChargeResult:
        result = await charge(**given)
        if not has_begun.is_set():
            has_begun.set()
            await may_end.wait()
        return result

    world.provider.charge = slow
    world.provider.declines = {"pm_bad": "insufficient_funds"}
    await desk.sell(payment=card("pm_bad"))
    await asyncio.wait_for(has_begun.wait(), 20)
    world.provider.declines = {}
    await change(desk, "pm_bad")
    for _ in range(200):
        if await is_withdrawn(desk):
            break
        await asyncio.sleep(0.05)
    may_end.set()
    await desk.until(lambda: GRANT in world.entitlements.grants, within=timedelta(days=2))


async def is_withdrawn(desk: Desk) -> bool:
    """Whether the charge was asked to stop; the test server cannot take that once it has ended."""
    history = await desk.invoice().fetch_history()
    asked = HistoryEvent.EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED
    return asked in [event.event_type for event in history.events]
