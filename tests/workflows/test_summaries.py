"""Operators read the one-line summary of a workflow in every run of it."""

from tests.workflows.desk import Desk
from tests.workflows.fakes import FakeWorld
from tests.workflows.requests import SOON, at_renewal


async def test_the_summary_of_a_subscription_survives_its_renewal(desk: Desk, world: FakeWorld):
    await at_renewal(desk, world)
    before = await (await desk.subscription().describe()).static_summary()
    assert before is not None
    await desk.until(lambda: len(world.entitlements.grants) == 2, within=SOON)
    assert await (await desk.subscription().describe()).static_summary() == before
