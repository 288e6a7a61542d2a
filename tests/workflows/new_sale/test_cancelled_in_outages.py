"""What was cancelled before its invoice began is never invoiced or charged."""

import pytest

from activities.messages import InvoiceInput
from domain.effects.events import EventType
from domain.failures import UnavailableError
from tests.workflows.desk import Desk
from tests.workflows.fakes import FakeWorld
from tests.workflows.requests import SOON, at_renewal, cancel, until_between_tries
from workers.workflow_starter import TemporalStarter


async def test_a_renewal_that_was_cancelled_before_its_invoice_began_is_not_charged(
    desk: Desk, world: FakeWorld, monkeypatch: pytest.MonkeyPatch
):
    start_invoice, tries, is_down = TemporalStarter.start_invoice, list[str](), True

    async def starting(self: TemporalStarter, start: InvoiceInput) -> None:
        tries.append(start.draft.invoice_id)
        if not is_down:
            await start_invoice(self, start)
        if is_down or len(tries) < 12:
            raise UnavailableError("Temporal is down, or its answer was lost")

    await at_renewal(desk, world)
    monkeypatch.setattr(TemporalStarter, "start_invoice", starting)
    await desk.until(lambda: len(tries) > 5, within=SOON)
    assert (await cancel(desk))["ends_at"] is not None
    is_down = False
    await desk.until(lambda: "sub-A1-hold" in world.entitlements.holds, within=SOON)
    assert len(world.provider.money_taken) == 1


async def test_a_sale_that_was_cancelled_before_its_subscription_began_opens_no_provider_invoice(
    desk: Desk, world: FakeWorld
):
    world.faults.always["ensure_customer"] = UnavailableError("down")
    sale = await desk.sell()
    await until_between_tries(desk, world, "ensure_customer")
    await sale.cancel()
    await desk.until(lambda: EventType.SALE_FAILED in world.books.types_of("sale/A1"), within=SOON)
    world.faults.always.clear()
    await sale.result()
    assert world.provider.provider_invoices == {}
