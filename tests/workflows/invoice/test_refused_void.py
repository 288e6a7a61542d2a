"""Money that arrives while a refused step waits for an operator unlocks all the same."""

from datetime import timedelta

from domain.effects.events import EventType
from domain.failures import RejectedError
from tests.workflows.desk import Desk
from tests.workflows.fakes import FakeWorld
from tests.workflows.requests import GRANT, PROVIDER_INVOICE, SOON, cancel, invoiced, notify


async def test_money_that_arrives_after_the_void_was_refused_unlocks(desk: Desk, world: FakeWorld):
    await invoiced(desk, world)
    world.faults.scripted["void_provider_invoice"] = [RejectedError("a payment is pending")]
    await cancel(desk)
    await desk.until(
        lambda: EventType.ATTENTION_NEEDED in world.books.types_of(f"invoice/{GRANT}"), within=SOON
    )
    world.provider.pay(PROVIDER_INVOICE)
    await notify(desk, "e1")
    await desk.until(lambda: GRANT in world.entitlements.grants, within=timedelta(days=10))
