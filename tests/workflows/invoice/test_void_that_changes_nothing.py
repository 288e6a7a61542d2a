"""A void after which the provider invoice still stands is not repeated without a pause."""

from datetime import timedelta

from tests.workflows.desk import Desk
from tests.workflows.fakes import FakeWorld
from tests.workflows.requests import PROVIDER_INVOICE, cancel, invoiced


async def test_a_provider_invoice_that_stays_uncollectible_is_not_voided_in_a_hot_loop(
    desk: Desk, world: FakeWorld
):
    void, voids = world.provider.void_provider_invoice, list[str]()

    async def counting(provider_invoice_id: str) -> object:
        voids.append(provider_invoice_id)
        return await void(provider_invoice_id)

    await invoiced(desk, world)
    world.provider.mark_uncollectible(PROVIDER_INVOICE)
    world.provider.void_provider_invoice = counting  # pyright: ignore[reportAttributeAccessIssue] - counts
    await cancel(desk)
    await desk.environment.sleep(timedelta(minutes=5))
    assert len(voids) < 5
