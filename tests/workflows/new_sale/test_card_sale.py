"""A card sale, from the order to the unlocked features and the books."""

from datetime import timedelta

from domain.effects.events import EventType
from domain.failures import OutcomeUnknownError, UnavailableError
from tests.workflows.desk import Desk
from tests.workflows.fakes import FakeWorld

SOON = timedelta(minutes=5)
GRANT = "sub-A1-0001"


async def test_a_paid_card_sale_is_won_and_unlocked(desk: Desk, world: FakeWorld):
    result = await (await desk.sell()).result()
    assert (result.is_won, result.failure) == (True, None)
    assert set(world.entitlements.grants) == {GRANT}
    assert [str(money) for money in world.provider.money_taken] == ["57.00 USD"]


async def test_every_outside_system_hears_of_it_once_and_in_order(desk: Desk, world: FakeWorld):
    await (await desk.sell()).result()
    await desk.until(lambda: len(world.erp.posted) == 3, within=SOON)
    assert [entry for entry in world.erp.posted if "acme" not in entry] == [
        "invoice INV-000001",
        "payment of INV-000001",
    ]
    assert world.crm.seen == ["won A1"]
    await desk.until(lambda: "sub-A1-0001/receipt" in world.email_sender.sent, within=SOON)


async def test_the_story_is_recorded_once_per_entity(desk: Desk, world: FakeWorld):
    await (await desk.sell()).result()
    await desk.until(lambda: len(world.books.events) >= 6, within=SOON)
    assert world.books.types_of("sale/A1") == [EventType.SALE_ACCEPTED, EventType.SALE_WON]
    assert world.books.types_of("subscription/sub-A1") == [
        EventType.SUBSCRIPTION_STARTED,
        EventType.SUBSCRIPTION_ACTIVATED,
    ]
    assert world.books.types_of(f"invoice/{GRANT}") == [
        EventType.INVOICE_ISSUED,
        EventType.INVOICE_PAID,
    ]


async def test_the_unlock_waits_for_neither_erp_nor_crm_nor_email_nor_the_recorder(
    desk: Desk, world: FakeWorld
):
    for system in ("erp", "crm", "email", "record"):
        world.faults.always[system] = UnavailableError(f"{system} is down")
    sale = await desk.sell()
    await desk.until(lambda: GRANT in world.entitlements.grants, within=SOON)
    assert world.erp.posted == []
    world.faults.always.clear()
    assert (await sale.result()).is_won
    await desk.until(lambda: len(world.erp.posted) == 3, within=SOON)
    assert world.erp.posted.index("invoice INV-000001") < world.erp.posted.index(
        "payment of INV-000001"
    )


async def test_a_lost_answer_to_a_charge_does_not_charge_twice(desk: Desk, world: FakeWorld):
    world.provider.lost_answers = [OutcomeUnknownError("no answer")]
    assert (await (await desk.sell()).result()).is_won
    assert len(world.provider.charges) == 1


async def test_an_outage_of_the_provider_is_waited_out(desk: Desk, world: FakeWorld):
    world.faults.scripted["charge"] = [UnavailableError("down")] * 20
    assert (await (await desk.sell()).result()).is_won
    assert list(world.provider.charges) == [f"{GRANT}/charge/1"]
