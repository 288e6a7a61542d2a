"""A legal number that was given out belongs to a document, whatever happened to the answer."""

from typing import Any

from domain.effects.events import EventType
from domain.failures import UnavailableError
from domain.invoicing.invoices import InvoiceDocument, InvoiceNumber
from tests.workflows.desk import Desk
from tests.workflows.fakes import FakeWorld
from tests.workflows.requests import GRANT, SOON, cancel


async def test_a_number_whose_answer_was_lost_stands_on_the_voided_invoice(
    desk: Desk, world: FakeWorld
):
    take, is_lost = world.books.take_number, True

    async def losing(draft: InvoiceDocument, **given: Any) -> InvoiceNumber:
        number = await take(draft, **given)
        if is_lost:
            raise UnavailableError("the answer was lost")
        return number

    world.books.take_number = losing
    await desk.sell()
    await desk.until(lambda: bool(world.books.numbers), within=SOON)
    await cancel(desk)
    await desk.until(lambda: "sub-A1-hold" in world.entitlements.holds, within=SOON)
    is_lost = False
    await desk.until(
        lambda: EventType.INVOICE_VOIDED in world.books.types_of(f"invoice/{GRANT}"), within=SOON
    )
    rows = [event.invoice for event in world.books.events.values() if event.invoice]
    assert rows[-1].number == world.books.numbers[GRANT].number
