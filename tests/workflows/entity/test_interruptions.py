"""What arrives while a step is under way, refused or out of reach: the entity hears it and decides anew."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from domain.collection.provider_invoice import ProviderInvoice, StoredPaymentMethod
from domain.effects.emails import RenderedEmail
from domain.effects.events import BusinessEvent, EntityState, EventType
from domain.entitlements.grants import Grant
from domain.failures import RejectedError
from tests.workflows.desk import TRANSFER, Desk, card
from tests.workflows.fakes import FakeWorld
from tests.workflows.requests import (
    GRANT,
    MONTH,
    PROVIDER_INVOICE,
    SOON,
    at_renewal,
    cancel,
    change,
    invoiced,
    notify,
    until_called_off,
)
from workflows.contract import messages
from workflows.contract.messages import ProviderEventReceived


async def active(desk: Desk) -> None:
    await (await desk.sell()).result()


async def refused_charge(desk: Desk, world: FakeWorld) -> None:
    world.faults.scripted["charge"] = [RejectedError("card payments are not enabled")]
    await desk.sell()
    await desk.until(
        lambda: EventType.ATTENTION_NEEDED in world.books.types_of(f"invoice/{GRANT}"), within=SOON
    )


async def test_money_that_arrives_while_a_charge_is_refused_unlocks(desk: Desk, world: FakeWorld):
    await refused_charge(desk, world)
    world.provider.pay(f"in_{GRANT}")
    event = ProviderEventReceived(event_id="e1", event_type="invoice.paid")
    await desk.invoice().signal(messages.PROVIDER_EVENT, event)
    await desk.until(lambda: GRANT in world.entitlements.grants, within=SOON)


async def test_a_refused_charge_is_dropped_when_the_customer_cancels(desk: Desk, world: FakeWorld):
    await refused_charge(desk, world)
    await cancel(desk)
    await desk.until(lambda: "cancel INV-000001" in world.erp.posted, within=SOON)
    assert world.provider.money_taken == []


async def test_after_a_refused_charge_the_card_now_in_force_is_charged(
    desk: Desk, world: FakeWorld
):
    await refused_charge(desk, world)
    await change(desk, "pm_new")
    await desk.until(lambda: GRANT in world.entitlements.grants, within=SOON)
    assert list(world.provider.charges) == [f"{GRANT}/charge/2"]


async def test_the_same_card_given_again_is_charged_again(desk: Desk, world: FakeWorld):
    world.provider.declines = {"pm_bad": "insufficient_funds"}
    await desk.sell(payment=card("pm_bad"))
    await desk.until(lambda: f"{GRANT}/declined-1" in world.email_sender.sent, within=SOON)
    world.provider.declines = {}
    await change(desk, "pm_bad")
    await desk.until(lambda: GRANT in world.entitlements.grants, within=SOON)


async def test_a_token_that_the_provider_does_not_know_is_refused_and_renewals_go_on(
    desk: Desk, world: FakeWorld
):
    await active(desk)
    world.faults.always["attach_payment_method"] = RejectedError("no such payment method")
    await change(desk, "pm_bogus")
    await desk.until(
        lambda: EventType.PAYMENT_METHOD_REFUSED in world.books.types_of("subscription/sub-A1"),
        within=SOON,
    )
    await desk.until(lambda: len(world.entitlements.grants) == 2, within=2 * MONTH)


async def test_a_card_that_was_declined_when_it_was_attached_may_be_offered_again(
    desk: Desk, world: FakeWorld
):
    await active(desk)
    world.provider.refused_at_attach = frozenset({"pm_new"})
    await change(desk, "pm_new")
    await desk.until(
        lambda: EventType.PAYMENT_METHOD_REFUSED in world.books.types_of("subscription/sub-A1"),
        within=SOON,
    )
    world.provider.refused_at_attach = frozenset()
    await change(desk, "pm_new", request_id="r2")
    await desk.until(lambda: "pm_new" in world.provider.attached, within=SOON)


async def test_access_lasts_through_the_payment_term_of_a_renewal(desk: Desk, world: FakeWorld):
    await desk.sell(payment=TRANSFER)
    await desk.until(lambda: f"in_{GRANT}" in world.provider.provider_invoices, within=SOON)
    world.provider.pay(f"in_{GRANT}")
    await desk.until(lambda: GRANT in world.entitlements.grants, within=timedelta(days=1))
    grant = world.entitlements.grants[GRANT]
    assert grant.until - grant.starts_at >= timedelta(days=28 + 30 + 14)


async def test_collection_stops_before_access_is_taken_away(desk: Desk, world: FakeWorld):
    await active(desk)
    world.provider.declines = {"pm_good": "insufficient_funds"}
    await desk.until(lambda: "sub-A1-0002/charge/1" in world.provider.charges, within=2 * MONTH)
    world.faults.scripted["put_hold"] = [RejectedError("not allowed")]
    world.provider.declines = {}
    await cancel(desk)
    await desk.environment.sleep(timedelta(days=3))
    assert len(world.provider.money_taken) == 1
    await desk.resume(desk.subscription())
    await desk.until(lambda: "sub-A1-hold" in world.entitlements.holds, within=SOON)


async def test_cancelling_the_invoice_in_the_web_ui_loses_no_payment(desk: Desk, world: FakeWorld):
    await desk.sell(payment=TRANSFER)
    await desk.until(lambda: f"{GRANT}/invoice" in world.email_sender.sent, within=SOON)
    world.provider.pay(f"in_{GRANT}")
    await desk.invoice().cancel()
    await desk.until(lambda: GRANT in world.entitlements.grants, within=SOON)
    await desk.until(lambda: "payment of INV-000001" in world.erp.posted, within=SOON)


async def test_cancelling_the_subscription_in_the_web_ui_ends_it_like_a_customer_would(
    desk: Desk, world: FakeWorld
):
    await active(desk)
    await desk.subscription().cancel()
    await desk.until(lambda: "sub-A1-hold" in world.entitlements.holds, within=SOON)
    await desk.environment.sleep(2 * MONTH)
    assert len(world.provider.money_taken) == 1


async def test_cancelling_the_sale_in_the_web_ui_undoes_it(desk: Desk, world: FakeWorld):
    world.provider.declines = {"pm_bad": "insufficient_funds"}
    sale = await desk.sell(payment=card("pm_bad"))
    await desk.until(lambda: f"{GRANT}/declined-1" in world.email_sender.sent, within=SOON)
    await sale.cancel()
    result = await sale.result()
    assert result.failure == "cancelled by an operator"
    assert "lost A1" in world.crm.seen


async def test_a_blocked_effect_is_recorded_and_can_be_skipped(desk: Desk, world: FakeWorld):
    world.faults.always["crm"] = RejectedError("the opportunity was deleted")
    sale = await desk.sell()
    await desk.until(
        lambda: EventType.ATTENTION_NEEDED in world.books.types_of("sale/A1"), within=SOON
    )
    skipped = await desk.ask(sale, messages.SKIP_EFFECT, "crm")
    assert skipped == "A1/crm-won"
    assert (await sale.result()).is_won


async def test_a_fault_of_ours_is_shown_to_an_operator(desk: Desk, world: FakeWorld):
    async def broken(grant: Grant) -> None:
        raise KeyError("seats")

    put_grant, world.entitlements.put_grant = world.entitlements.put_grant, broken
    sale = await desk.sell()
    await desk.until(
        lambda: EventType.ATTENTION_NEEDED in world.books.types_of(f"invoice/{GRANT}"), within=SOON
    )
    world.entitlements.put_grant = put_grant
    assert "unexpected KeyError" in await desk.resume(desk.invoice())
    assert (await sale.result()).is_won


async def test_a_provider_invoice_marked_uncollectible_still_unlocks_when_it_is_paid(
    desk: Desk, world: FakeWorld
):
    await desk.sell(payment=TRANSFER)
    await desk.until(lambda: f"in_{GRANT}" in world.provider.provider_invoices, within=SOON)
    world.provider.mark_uncollectible(f"in_{GRANT}")
    await desk.environment.sleep(timedelta(days=2))
    world.provider.pay(f"in_{GRANT}")
    await desk.until(lambda: GRANT in world.entitlements.grants, within=timedelta(days=4))


async def test_what_vendors_say_of_people_stays_out_of_histories(desk: Desk, world: FakeWorld):
    vendor = ValueError("550 5.1.1 <billing@acme.example> unknown user")

    async def refuse(email: RenderedEmail) -> None:
        raise RejectedError("the relay refused the email (550)") from vendor

    world.email_sender.send = refuse
    await active(desk)
    await desk.until(
        lambda: EventType.ATTENTION_NEEDED in world.books.types_of(f"invoice/{GRANT}"), within=SOON
    )
    history = await desk.invoice().fetch_history()
    assert "acme.example" not in history.to_json()


async def test_a_request_to_a_run_that_is_ending_is_sent_back_and_the_next_run_takes_it(
    desk: Desk, world: FakeWorld
):
    await at_renewal(desk, world)
    record, is_let_go = world.books.record, asyncio.Event()

    async def hang(events: Sequence[BusinessEvent], state: EntityState) -> None:
        if state.entity == "subscription/sub-A1":
            await is_let_go.wait()
        await record(events, state)

    world.books.record = hang
    await change(desk, "pm_new")
    ending = await desk.current_run_of(desk.subscription())
    # The invoice of the next period starts, and the run waits for the record that hangs.
    await desk.environment.sleep(timedelta(seconds=10))
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await change(desk, "pm_newer", request_id="r2")
    assert isinstance(refused.value.cause, ApplicationError)
    assert refused.value.cause.type == messages.DRAINING_ERROR
    assert await desk.current_run_of(desk.subscription()) == ending
    is_let_go.set()
    await desk.environment.sleep(timedelta(seconds=1))
    await change(desk, "pm_newer", request_id="r2")
    await desk.until(lambda: world.provider.attached[-1] == "pm_newer", within=SOON)
    assert await desk.current_run_of(desk.subscription()) != ending


async def test_a_provider_invoice_that_is_refused_twice_waits_for_an_operator_twice(
    desk: Desk, world: FakeWorld
):
    world.faults.always["ensure_provider_invoice"] = RejectedError("currency is not enabled")
    await desk.sell()
    for refusals in (1, 2):
        await desk.environment.sleep(timedelta(minutes=1))
        assert world.faults.struck.count("ensure_provider_invoice") == refusals
        await desk.resume(desk.invoice())


async def test_money_that_arrives_while_the_provider_invoice_is_read_is_a_reason_to_read_again(
    desk: Desk, world: FakeWorld
):
    await invoiced(desk, world)
    read, has_begun, is_let_go = (
        world.provider.read_provider_invoice,
        asyncio.Event(),
        asyncio.Event(),
    )

    async def slow(provider_invoice_id: str) -> ProviderInvoice:
        seen = await read(provider_invoice_id)
        has_begun.set()
        await is_let_go.wait()
        return seen

    world.provider.read_provider_invoice = slow
    await notify(desk, "e1")
    await has_begun.wait()
    world.provider.pay(PROVIDER_INVOICE)
    await notify(desk, "e2")
    is_let_go.set()
    await desk.until(lambda: GRANT in world.entitlements.grants, within=SOON)


async def test_a_card_that_is_attached_while_the_customer_cancels_is_not_charged(
    desk: Desk, world: FakeWorld
):
    world.provider.declines = {"pm_bad": "insufficient_funds"}
    await desk.sell(payment=card("pm_bad"))
    await desk.until(lambda: f"{GRANT}/declined-1" in world.email_sender.sent, within=SOON)
    attach, is_let_go = world.provider.attach_payment_method, asyncio.Event()

    async def slow(**given: str) -> StoredPaymentMethod:
        await is_let_go.wait()
        return await attach(**given)

    world.provider.attach_payment_method = slow
    await change(desk, "pm_new")
    await cancel(desk)
    await until_called_off(desk.subscription())
    is_let_go.set()
    await desk.until(lambda: "sub-A1-hold" in world.entitlements.holds, within=SOON)
    await desk.environment.sleep(SOON)
    assert world.provider.attached == ["pm_bad", "pm_new"]
    assert world.provider.money_taken == []
