"""The same card given again asks for one more charge, also while the one before is under way."""

import asyncio
from datetime import timedelta
from typing import Any

from domain.collection.provider_invoice import ChargeResult
from tests.workflows.desk import Desk, card
from tests.workflows.fakes import FakeWorld
from tests.workflows.requests import GRANT, change, until_called_off


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
    assert has_begun.is_set()
    world.provider.declines = {}
    await change(desk, "pm_bad")
    await until_called_off(desk.invoice())
    may_end.set()
    await desk.until(lambda: GRANT in world.entitlements.grants, within=timedelta(days=2))
