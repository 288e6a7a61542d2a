"""An email that waited for the SMTP relay is not sent once it is no longer true."""

from domain.effects.events import EventType
from domain.failures import RejectedError, UnavailableError
from tests.workflows.desk import Desk, card
from tests.workflows.fakes import FakeWorld
from tests.workflows.requests import GRANT, SOON, change, until_between_tries


async def test_nobody_is_asked_for_another_card_after_the_payment(desk: Desk, world: FakeWorld):
    world.provider.declines = {"pm_bad": "insufficient_funds"}
    world.faults.always["email"] = UnavailableError("down")
    await desk.sell(payment=card("pm_bad"))
    await desk.until(
        lambda: EventType.PAYMENT_DECLINED in world.books.types_of(f"invoice/{GRANT}"), within=SOON
    )
    await until_between_tries(desk, world, "email")
    await change(desk, "pm_good")
    await desk.until(lambda: GRANT in world.entitlements.grants, within=SOON)
    world.faults.always.clear()
    await desk.until(lambda: f"{GRANT}/receipt" in world.email_sender.sent, within=SOON)
    assert f"{GRANT}/declined-1" not in world.email_sender.sent


async def test_an_email_that_was_refused_and_is_taken_back_holds_no_receipt_up(
    desk: Desk, world: FakeWorld
):
    world.provider.declines = {"pm_bad": "insufficient_funds"}
    world.faults.scripted["email"] = [RejectedError("no such mailbox")]
    await desk.sell(payment=card("pm_bad"))
    await desk.until(
        lambda: EventType.ATTENTION_NEEDED in world.books.types_of(f"invoice/{GRANT}"), within=SOON
    )
    await change(desk, "pm_good")
    await desk.until(lambda: f"{GRANT}/receipt" in world.email_sender.sent, within=SOON)
    assert f"{GRANT}/declined-1" not in world.email_sender.sent
