"""A void after which the provider invoice still stands is not repeated without a pause."""

import asyncio

from tests.workflows.desk import Desk
from tests.workflows.fakes import FakeWorld
from tests.workflows.requests import PROVIDER_INVOICE, cancel, invoiced


async def test_a_provider_invoice_that_stays_uncollectible_is_not_voided_in_a_hot_loop(
    desk: Desk, world: FakeWorld
):
    void, voids = world.provider.void_provider_invoice, list[str]()

    async def counting(provider_invoice_id: str) -> object:
        voids.append(provider_invoice_id)
        # Lets the loop of the test run; the outage lasts longer than this.
        await asyncio.sleep(0)
        return await void(provider_invoice_id)

    await invoiced(desk, world)
    world.provider.mark_uncollectible(PROVIDER_INVOICE)
    world.provider.void_provider_invoice = counting  # pyright: ignore[reportAttributeAccessIssue] - counts
    await cancel(desk)
    for _ in range(40):
        await asyncio.sleep(0.05)
    assert len(voids) < 5
