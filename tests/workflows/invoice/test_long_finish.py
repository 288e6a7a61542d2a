"""An invoice that waits keeps its history short: for a transfer, or after its end for a dead vendor."""

from datetime import timedelta

import pytest

from domain.failures import UnavailableError
from tests.workflows.desk import Desk
from tests.workflows.fakes import FakeWorld
from tests.workflows.requests import GRANT, PROVIDER_INVOICE, SOON, invoiced, notify
from workflows.entity.steps import MOST_EVENTS


@pytest.mark.parametrize("is_caching", [True])  # so many signals would be replayed as often
async def test_news_of_a_paid_invoice_does_not_pile_up_while_the_erp_is_down(
    desk: Desk, world: FakeWorld
):
    await invoiced(desk, world)
    world.faults.always["erp"] = UnavailableError("down")
    world.provider.pay(PROVIDER_INVOICE)
    await notify(desk, "e1")
    await desk.until(lambda: GRANT in world.entitlements.grants, within=SOON)
    for number in range(MOST_EVENTS + 1):
        await notify(desk, f"more-{number}")
    # The server adds the last signals when the workflow task that was under way has ended.
    await desk.environment.sleep(timedelta(seconds=10))
    history = await desk.invoice().fetch_history()
    assert len(history.events) <= MOST_EVENTS


@pytest.mark.parametrize("is_caching", [True])
async def test_the_same_news_again_and_again_does_not_pile_up_while_a_transfer_is_awaited(
    desk: Desk, world: FakeWorld
):
    await invoiced(desk, world)
    first = await desk.current_run_of(desk.invoice())
    for _ in range(MOST_EVENTS // 3):  # each leaves four events
        await notify(desk, "e1")
    assert await desk.current_run_of(desk.invoice()) != first
    history = await desk.invoice().fetch_history()
    assert len(history.events) <= MOST_EVENTS
