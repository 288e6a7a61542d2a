"""The activity that learns of a payment puts the grant; if it cannot, the workflow does, and nothing is charged again."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from temporalio.api.enums.v1 import EventType as HistoryEvent

from domain.collection.provider_invoice import ProviderInvoiceStatus
from domain.effects.events import EventType
from domain.failures import UnavailableError
from domain.money.money import Money
from tests.workflows.desk import Desk
from tests.workflows.fakes import FakeWorld
from tests.workflows.requests import GRANT, PROVIDER_INVOICE, SOON, invoiced, notify


async def called(handle: Any) -> list[str]:
    """Return the names of the activities that the workflow has called, in order."""
    return [
        event.activity_task_scheduled_event_attributes.activity_type.name
        for event in (await handle.fetch_history()).events
        if event.event_type == HistoryEvent.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
    ]


async def test_a_charge_unlocks_without_an_activity_of_its_own(desk: Desk, world: FakeWorld):
    await desk.sell()
    await desk.until(lambda: f"{GRANT}/receipt" in world.email_sender.sent, within=SOON)
    names = await called(desk.invoice())
    assert names[:3] == ["take_number", "open_provider_invoice", "charge_provider_invoice"]
    assert "put_grant" not in names
    assert world.entitlements.grants[GRANT].version == 1


async def test_a_webhook_unlocks_by_the_read_that_it_asks_for(desk: Desk, world: FakeWorld):
    await invoiced(desk, world)
    world.provider.pay(PROVIDER_INVOICE)
    await notify(desk, "e1")
    await desk.until(lambda: f"{GRANT}/receipt" in world.email_sender.sent, within=SOON)
    assert "put_grant" not in await called(desk.invoice())


async def test_a_dead_entitlement_service_delays_the_grant_and_nothing_else(
    desk: Desk, world: FakeWorld
):
    world.faults.always["put_grant"] = UnavailableError("down")
    await desk.sell()
    await desk.until(lambda: world.faults.struck.count("put_grant") >= 10, within=SOON)
    history = (await desk.invoice().fetch_history()).events
    # The result of the charge is there, from its first try, although the grant is not.
    charged = next(
        event.activity_task_started_event_attributes.attempt
        for event in history
        if event.event_type == HistoryEvent.EVENT_TYPE_ACTIVITY_TASK_STARTED
        and event.activity_task_started_event_attributes.scheduled_event_id
        == _scheduled(history, "charge_provider_invoice")
    )
    assert charged == 1
    assert list(world.provider.charges) == [f"{GRANT}/charge/1"]
    assert world.entitlements.grants == {}
    world.faults.always.clear()
    await desk.until(lambda: f"{GRANT}/receipt" in world.email_sender.sent, within=SOON)
    assert (await called(desk.invoice())).count("put_grant") == 1
    assert world.entitlements.grants[GRANT].version == 1
    assert list(world.provider.charges) == [f"{GRANT}/charge/1"]
    assert len(world.provider.money_taken) == 1


def _scheduled(history: Any, name: str) -> int:
    return next(
        event.event_id
        for event in history
        if event.activity_task_scheduled_event_attributes.activity_type.name == name
    )


async def test_what_is_called_paid_over_another_total_asks_a_person_and_unlocks_nothing(
    desk: Desk, world: FakeWorld
):
    await invoiced(desk, world)
    known = world.provider.provider_invoices[PROVIDER_INVOICE]
    world.provider.provider_invoices[PROVIDER_INVOICE] = replace(
        known,
        status=ProviderInvoiceStatus.PAID,
        amount_due=Money(minor_units=100, currency="USD"),
        amount_paid=Money(minor_units=100, currency="USD"),
    )
    await notify(desk, "e1")
    await desk.until(
        lambda: EventType.ATTENTION_NEEDED in world.books.types_of(f"invoice/{GRANT}"), within=SOON
    )
    await desk.environment.sleep(timedelta(days=2))
    assert world.entitlements.grants == {}
    types = world.books.types_of(f"invoice/{GRANT}")
    assert types.count(EventType.ATTENTION_NEEDED) == 1
    # After a person has put it right, the operator resumes, and the payment counts.
    world.provider.provider_invoices[PROVIDER_INVOICE] = known
    world.provider.pay(PROVIDER_INVOICE)
    waited = await desk.resume(desk.invoice())
    assert "the document is 57.00 USD" in waited
    await desk.until(lambda: GRANT in world.entitlements.grants, within=SOON)
