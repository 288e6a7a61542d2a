"""What waits for an operator can still be cancelled."""

from datetime import timedelta

import pytest

from activities.messages import InvoiceInput
from domain.effects.events import EventType
from domain.failures import RejectedError
from tests.workflows.desk import Desk
from tests.workflows.fakes import FakeWorld
from tests.workflows.requests import (
    MONTH,
    PROVIDER_INVOICE,
    SOON,
    at_renewal,
    cancel,
    change,
    invoiced,
    notify,
)
from workers.workflow_starter import TemporalStarter

DAY = timedelta(days=1)


async def test_a_sale_whose_set_up_is_refused_can_be_cancelled(desk: Desk, world: FakeWorld):
    world.faults.always["ensure_customer"] = RejectedError("this country is not served")
    sale = await desk.sell()
    await desk.until(
        lambda: EventType.ATTENTION_NEEDED in world.books.types_of("sale/A1"), within=SOON
    )
    await sale.cancel()
    await desk.until(lambda: EventType.SALE_FAILED in world.books.types_of("sale/A1"), within=DAY)


async def test_a_cancellation_ends_access_although_the_renewal_s_invoice_is_refused(
    desk: Desk, world: FakeWorld, monkeypatch: pytest.MonkeyPatch
):
    async def refusing(self: TemporalStarter, start: InvoiceInput) -> None:
        raise RejectedError(f"a search attribute of {start.plan} is not registered")

    await at_renewal(desk, world)
    monkeypatch.setattr(TemporalStarter, "start_invoice", refusing)
    await desk.until(
        lambda: EventType.ATTENTION_NEEDED in world.books.types_of("subscription/sub-A1"),
        within=SOON,
    )
    await cancel(desk)
    await desk.until(lambda: "sub-A1-hold" in world.entitlements.holds, within=DAY)


async def test_access_ends_with_an_unpaid_invoice_although_the_next_one_is_refused(
    desk: Desk, world: FakeWorld, monkeypatch: pytest.MonkeyPatch
):
    async def refusing(self: TemporalStarter, start: InvoiceInput) -> None:
        raise RejectedError(f"a search attribute of {start.plan} is not registered")

    await invoiced(desk, world)
    world.provider.pay(PROVIDER_INVOICE)
    await notify(desk, "e1")
    await desk.until(lambda: len(world.provider.provider_invoices) == 2, within=MONTH)
    monkeypatch.setattr(TemporalStarter, "start_invoice", refusing)
    await desk.until(
        lambda: EventType.ATTENTION_NEEDED in world.books.types_of("subscription/sub-A1"),
        within=MONTH,
    )
    await desk.until(lambda: "sub-A1-hold" in world.entitlements.holds, within=MONTH)


async def test_a_new_card_is_attached_although_the_price_of_a_renewal_is_refused(
    desk: Desk, world: FakeWorld
):
    await at_renewal(desk, world)
    world.faults.always["terms_for_period"] = RejectedError("add_ons 'gone' is not sold")
    await desk.until(
        lambda: EventType.ATTENTION_NEEDED in world.books.types_of("subscription/sub-A1"),
        within=SOON,
    )
    await change(desk, "pm_new")
    await desk.until(lambda: "pm_new" in world.provider.attached, within=SOON)
