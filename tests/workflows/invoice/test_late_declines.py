"""A payment of the customer that fails late says nothing about the card on file."""

from datetime import timedelta

from tests.workflows.desk import Desk
from tests.workflows.fakes import FakeWorld
from tests.workflows.requests import MONTH, notify

PROVIDER_INVOICE = "in_sub-A1-0002"


async def test_a_stolen_card_is_not_charged_again_after_a_debit_of_the_customer_has_failed(
    desk: Desk, world: FakeWorld
):
    await (await desk.sell()).result()
    world.provider.declines = {"pm_good": "stolen_card"}
    await desk.until(lambda: "sub-A1-0002/declined-1" in world.email_sender.sent, within=2 * MONTH)
    for is_processing in (True, False):
        world.provider.process(PROVIDER_INVOICE, is_processing=is_processing)
        await notify(desk, f"processing is {is_processing}", 2)
        await desk.environment.sleep(timedelta(minutes=1))
    await desk.environment.sleep(timedelta(days=4))
    assert "sub-A1-0002/charge/2" not in world.provider.charges
