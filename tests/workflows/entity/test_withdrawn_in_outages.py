"""A call that is called off in an outage, during a try or between two: that it failed is an outage, not a refusal.

These run on a real server too, so that the virtual one is known to end such an activity as a real one does.
"""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from activities.messages import InvoiceInput
from domain.collection.provider_invoice import ProviderInvoiceStatus
from domain.effects.events import EventType
from domain.failures import UnavailableError
from tests.workflows.desk import Desk, Environment, card
from tests.workflows.fakes import FakeWorld
from tests.workflows.requests import (
    GRANT,
    PROVIDER_INVOICE,
    SOON,
    cancel,
    change,
    invoiced,
    notify,
    until_between_tries,
    until_called_off,
)
from tests.workflows.stage import real, virtual
from workers.workflow_starter import TemporalStarter


@pytest.fixture(params=["cached", "replayed-at-every-task", "real"])
async def environment(request: pytest.FixtureRequest) -> AsyncGenerator[Environment]:
    if request.param != "real":
        yield virtual(is_caching=request.param == "cached")
        return
    async with real() as environment:
        yield environment


class Hanging:
    """A call of another system that hangs until it is let go, fails, and then works again."""

    def __init__(self, call: Any) -> None:
        self.call, self.has_begun, self.is_let_go = call, asyncio.Event(), asyncio.Event()

    async def __call__(self, *given: Any, **named: Any) -> Any:
        if self.is_let_go.is_set():
            return await self.call(*given, **named)
        self.has_begun.set()
        await self.is_let_go.wait()
        raise UnavailableError("no answer in time")


async def test_a_cancelled_charge_that_fails_is_nothing_for_an_operator(
    desk: Desk, world: FakeWorld
):
    world.provider.charge = hanging = Hanging(world.provider.charge)
    await desk.sell()
    await hanging.has_begun.wait()
    await cancel(desk)
    await until_called_off(desk.invoice())
    hanging.is_let_go.set()
    await desk.until(
        lambda: (
            world.provider.provider_invoices[PROVIDER_INVOICE].status is ProviderInvoiceStatus.VOID
        ),
        within=SOON,
    )
    await desk.until(
        lambda: EventType.INVOICE_VOIDED in world.books.types_of(f"invoice/{GRANT}"), within=SOON
    )
    assert world.provider.money_taken == []
    assert EventType.ATTENTION_NEEDED not in world.books.types_of(f"invoice/{GRANT}")


async def test_a_new_card_is_not_lost_when_news_arrives_while_attaching_it_fails(
    desk: Desk, world: FakeWorld
):
    await invoiced(desk, world)
    attach = world.provider.attach_payment_method
    world.provider.attach_payment_method = hanging = Hanging(attach)
    await change(desk, "pm_new")
    await hanging.has_begun.wait()
    world.provider.pay(PROVIDER_INVOICE)
    await notify(desk, "e1")
    await until_called_off(desk.subscription())
    hanging.is_let_go.set()
    await desk.until(
        lambda: EventType.SUBSCRIPTION_ACTIVATED in world.books.types_of("subscription/sub-A1"),
        within=SOON,
    )
    await desk.until(lambda: world.provider.attached == ["pm_new"], within=SOON)


async def test_an_email_that_is_taken_back_while_sending_it_fails_is_nothing_for_an_operator(
    desk: Desk, world: FakeWorld
):
    world.provider.declines = {"pm_bad": "insufficient_funds"}
    world.email_sender.send = hanging = Hanging(world.email_sender.send)
    await desk.sell(payment=card("pm_bad"))
    await hanging.has_begun.wait()
    await change(desk, "pm_good")
    await until_called_off(desk.invoice())
    hanging.is_let_go.set()
    await desk.until(lambda: f"{GRANT}/receipt" in world.email_sender.sent, within=SOON)
    assert f"{GRANT}/declined-1" not in world.email_sender.sent
    await desk.until(
        lambda: EventType.INVOICE_PAID in world.books.types_of(f"invoice/{GRANT}"), within=SOON
    )
    assert EventType.ATTENTION_NEEDED not in world.books.types_of(f"invoice/{GRANT}")


async def test_no_money_is_taken_after_a_cancellation_however_long_the_provider_was_away(
    desk: Desk, world: FakeWorld
):
    world.faults.always["charge"] = UnavailableError("down")
    await desk.sell()
    await desk.until(lambda: f"in_{GRANT}" in world.provider.provider_invoices, within=SOON)
    await until_between_tries(desk, world, "charge", tries=2)
    await cancel(desk)
    await desk.until(
        lambda: (
            world.provider.provider_invoices[f"in_{GRANT}"].status is ProviderInvoiceStatus.VOID
        ),
        within=SOON,
    )
    world.faults.always.clear()
    # A closed invoice charges no more.
    await desk.invoice().result()
    assert world.provider.money_taken == []


async def test_a_new_card_replaces_one_whose_charge_hangs_in_an_outage(
    desk: Desk, world: FakeWorld
):
    world.faults.always["charge"] = UnavailableError("down")
    await desk.sell()
    await desk.until(lambda: f"in_{GRANT}" in world.provider.provider_invoices, within=SOON)
    await until_between_tries(desk, world, "charge", tries=2)
    await change(desk, "pm_new")
    await desk.until(lambda: "pm_new" in world.provider.attached, within=SOON)
    world.faults.always.clear()
    # The record follows the unlock.
    await desk.until(
        lambda: EventType.INVOICE_PAID in world.books.types_of(f"invoice/{GRANT}"), within=SOON
    )
    methods = [event.attempt for event in world.books.events.values() if event.attempt]
    assert methods[-1].payment_method == "pm_new"
    assert len(world.provider.money_taken) == 1


async def test_a_card_that_is_attached_after_the_cancellation_is_not_charged(
    desk: Desk, world: FakeWorld
):
    world.provider.declines = {"pm_bad": "insufficient_funds"}
    await desk.sell(payment=card("pm_bad"))
    await desk.until(lambda: f"{GRANT}/declined-1" in world.email_sender.sent, within=SOON)
    world.faults.always["attach_payment_method"] = UnavailableError("down")
    await change(desk, "pm_good")
    await until_between_tries(desk, world, "attach_payment_method", tries=2)
    await cancel(desk)
    await desk.until(lambda: "sub-A1-hold" in world.entitlements.holds, within=SOON)
    world.faults.always.clear()
    # A closed invoice charges no more.
    await desk.invoice().result()
    assert world.provider.money_taken == []


async def test_the_outcome_of_an_invoice_counts_as_the_answer_to_its_start(
    desk: Desk, world: FakeWorld, monkeypatch: pytest.MonkeyPatch
):
    start_invoice = TemporalStarter.start_invoice

    async def lose_the_answer(starter: TemporalStarter, start: InvoiceInput) -> None:
        await start_invoice(starter, start)
        raise UnavailableError("the answer was lost")

    monkeypatch.setattr(TemporalStarter, "start_invoice", lose_the_answer)
    await desk.sell()
    # Recorded in this order, although the start was never answered.
    await desk.until(
        lambda: (
            world.books.types_of("subscription/sub-A1")
            == [EventType.SUBSCRIPTION_STARTED, EventType.SUBSCRIPTION_ACTIVATED]
        ),
        within=SOON,
    )
    assert len(world.provider.money_taken) == 1


async def test_a_charge_whose_answer_was_lost_is_looked_up_before_a_new_card_is_charged(
    desk: Desk, world: FakeWorld
):
    world.provider.lost_answers = [UnavailableError("the answer was lost")]
    world.faults.always["read_provider_invoice"] = UnavailableError("down")
    await desk.sell()
    await until_between_tries(desk, world, "read_provider_invoice", tries=3)
    await change(desk, "pm_new")
    await desk.until(lambda: "pm_new" in world.provider.attached, within=SOON)
    world.faults.always.clear()
    await desk.until(lambda: GRANT in world.entitlements.grants, within=SOON)
    assert list(world.provider.charges) == [f"{GRANT}/charge/1"]
