"""The same card given again asks for one more charge, also while the one before is under way."""

import asyncio
from datetime import timedelta
from typing import Any

from domain.payments import ChargeResult
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
        if await has_signal(desk, "payment_method_changed"):
            break
        await asyncio.sleep(0.05)
    may_end.set()
    await desk.until(lambda: GRANT in world.entitlements.grants, within=timedelta(days=2))


async def has_signal(desk: Desk, name: str) -> bool:
    history = await desk.invoice().fetch_history()
    signals = [event.workflow_execution_signaled_event_attributes for event in history.events]
    return name in [signal.signal_name for signal in signals]
