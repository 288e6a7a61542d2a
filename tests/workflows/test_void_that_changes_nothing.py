"""A void after which the payable still stands is not repeated without a pause."""

import asyncio

from tests.workflows.desk import Desk
from tests.workflows.fakes import FakeWorld
from tests.workflows.requests import PAYABLE, cancel, invoiced


async def test_a_payable_that_stays_uncollectible_is_not_voided_in_a_hot_loop(
    desk: Desk, world: FakeWorld
):
    void, voids = world.provider.void_payable, list[str]()

    async def counting(payable_id: str) -> object:
        voids.append(payable_id)
        # Lets the loop of the test run; the outage lasts longer than this.
        await asyncio.sleep(0)
        return await void(payable_id)

    await invoiced(desk, world)
    world.provider.mark_uncollectible(PAYABLE)
    world.provider.void_payable = counting  # pyright: ignore[reportAttributeAccessIssue] - counts
    await cancel(desk)
    for _ in range(40):
        await asyncio.sleep(0.05)
    assert len(voids) < 5
