"""A subscription over the months: renewals, recovery, cancellation; one run per period."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from domain.effects.events import EventType
from domain.failures import RejectedError, UnavailableError
from domain.subscription.states import SubscriptionState
from tests.workflows.desk import Desk
from tests.workflows.fakes import FakeWorld
from workflows.contract import messages
from workflows.contract.requests import (
    CancelAt,
    CancelSubscription,
    ChangePaymentMethod,
    RequestAccepted,
)

SOON = timedelta(minutes=5)
MONTH = timedelta(days=31)


def grants_of(world: FakeWorld) -> list[str]:
    return sorted(world.entitlements.grants)


async def active(desk: Desk) -> None:
    await (await desk.sell()).result()


async def cancel(desk: Desk, at: CancelAt, request_id: str = "c1") -> RequestAccepted:
    request = CancelSubscription(request_id=request_id, at=at, reason="customer asked")
    handle: Any = desk.subscription()
    return await handle.execute_update(messages.REQUEST, request, result_type=RequestAccepted)


async def test_a_year_is_twelve_invoices_with_a_run_for_each_period(desk: Desk, world: FakeWorld):
    await active(desk)
    first_run = await desk.current_run_of(desk.subscription())
    await desk.until(lambda: len(world.entitlements.grants) == 13, within=timedelta(days=370))
    assert len(world.provider.money_taken) == 13
    assert await desk.current_run_of(desk.subscription()) != first_run
    history = await desk.subscription().fetch_history()
    assert len(history.events) <= 60
    spans = [world.entitlements.grants[grant].starts_at for grant in grants_of(world)]
    assert len(set(spans)) == 13
    assert spans == sorted(spans)


async def test_a_period_of_an_invoice_takes_at_most_sixty_events(desk: Desk, world: FakeWorld):
    await active(desk)
    await desk.until(lambda: "sub-A1-0001/receipt" in world.email_sender.sent, within=SOON)
    await desk.until(lambda: len(world.erp.posted) == 3, within=SOON)
    history = await desk.invoice(1).fetch_history()
    assert len(history.events) <= 60


async def test_a_renewal_goes_on_while_erp_crm_email_and_the_recorder_are_down(
    desk: Desk, world: FakeWorld
):
    await active(desk)
    await desk.until(lambda: len(world.erp.posted) == 3, within=SOON)
    await desk.environment.sleep(renews_at(world) - await desk.environment.get_current_time())
    for system in ("erp", "crm", "email", "record"):
        world.faults.always[system] = UnavailableError(f"{system} is down")
    await desk.until(lambda: len(world.entitlements.grants) == 2, within=SOON)
    assert len(world.erp.posted) == 3
    world.faults.always.clear()
    await desk.until(lambda: len(world.erp.posted) == 5, within=SOON)
    await desk.until(
        lambda: (
            world.books.types_of("subscription/sub-A1")
            == [
                EventType.SUBSCRIPTION_STARTED,
                EventType.SUBSCRIPTION_ACTIVATED,
                EventType.SUBSCRIPTION_RENEWED,
            ]
        ),
        within=SOON,
    )


def renews_at(world: FakeWorld) -> datetime:
    # The grant outlasts its period by the dunning window.
    return world.entitlements.grants["sub-A1-0001"].until - timedelta(days=14, seconds=5)


async def test_a_declined_renewal_is_retried_by_the_ladder_and_recovers(
    desk: Desk, world: FakeWorld
):
    await active(desk)
    world.provider.declines = {"pm_good": "insufficient_funds"}
    await desk.until(lambda: "sub-A1-0002/charge/1" in world.provider.charges, within=2 * MONTH)
    await desk.until(
        lambda: EventType.SUBSCRIPTION_PAST_DUE in world.books.types_of("subscription/sub-A1"),
        within=SOON,
    )
    assert world.entitlements.holds == {}
    await desk.until(
        lambda: "sub-A1-0002/charge/2" in world.provider.charges, within=timedelta(days=2)
    )
    world.provider.declines = {}
    await desk.until(lambda: "sub-A1-0002" in world.entitlements.grants, within=timedelta(days=4))
    await desk.until(
        lambda: world.books.types_of("subscription/sub-A1")[-1] is EventType.SUBSCRIPTION_RECOVERED,
        within=SOON,
    )


async def test_a_hard_decline_is_never_retried_with_the_same_card(desk: Desk, world: FakeWorld):
    await active(desk)
    world.provider.declines = {"pm_good": "stolen_card"}
    await desk.until(lambda: "sub-A1-0002/charge/1" in world.provider.charges, within=2 * MONTH)
    await desk.environment.sleep(timedelta(days=10))
    assert "sub-A1-0002/charge/2" not in world.provider.charges


async def test_a_renewal_that_is_never_paid_ends_the_subscription(desk: Desk, world: FakeWorld):
    await active(desk)
    world.provider.declines = {"pm_good": "insufficient_funds"}
    await desk.until(lambda: "sub-A1-hold" in world.entitlements.holds, within=3 * MONTH)
    tries = [key for key in world.provider.charges if key.startswith("sub-A1-0002")]
    assert tries == [f"sub-A1-0002/charge/{n}" for n in (1, 2, 3, 4)]
    await desk.until(
        lambda: world.books.types_of("subscription/sub-A1")[-1] is EventType.SUBSCRIPTION_ENDED,
        within=SOON,
    )


async def test_cancelling_at_the_period_end_keeps_access_until_then_and_charges_no_more(
    desk: Desk, world: FakeWorld
):
    await active(desk)
    answer = await cancel(desk, CancelAt.PERIOD_END)
    assert answer.ends_at == world.entitlements.grants["sub-A1-0001"].until - timedelta(days=14)
    assert world.entitlements.holds == {}
    await desk.environment.sleep(timedelta(days=40))
    assert world.entitlements.holds["sub-A1-hold"].is_active
    assert len(world.provider.money_taken) == 1


async def test_cancelling_now_ends_access_now(desk: Desk, world: FakeWorld):
    await active(desk)
    await cancel(desk, CancelAt.NOW)
    await desk.until(lambda: "sub-A1-hold" in world.entitlements.holds, within=SOON)
    await desk.environment.sleep(timedelta(days=40))
    assert len(world.provider.money_taken) == 1


async def test_cancelling_before_the_first_payment_undoes_the_sale(desk: Desk, world: FakeWorld):
    world.provider.declines = {"pm_good": "insufficient_funds"}
    sale = await desk.sell()
    await desk.until(lambda: "sub-A1-0001/charge/1" in world.provider.charges, within=SOON)
    await cancel(desk, CancelAt.PERIOD_END)
    result = await sale.result()
    assert result.failure == "customer asked"
    await desk.until(lambda: "cancel INV-000001" in world.erp.posted, within=SOON)
    await desk.until(
        lambda: EventType.SUBSCRIPTION_ENDED in world.books.types_of("subscription/sub-A1"),
        within=SOON,
    )
    row = next(
        event.subscription
        for event in reversed(world.books.events.values())
        if event.event_type is EventType.SUBSCRIPTION_ENDED
    )
    assert row is not None
    assert row.state is SubscriptionState.ABANDONED


async def test_an_ended_subscription_refuses_requests(desk: Desk, world: FakeWorld):
    await active(desk)
    world.faults.always["crm"] = UnavailableError("down")
    world.faults.always["record"] = UnavailableError("down")
    await cancel(desk, CancelAt.NOW)
    await desk.until(lambda: "sub-A1-hold" in world.entitlements.holds, within=SOON)
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await desk.ask(
            desk.subscription(),
            messages.REQUEST,
            ChangePaymentMethod(request_id="late", payment_method="pm_new"),
        )
    assert isinstance(refused.value.cause, ApplicationError)
    assert refused.value.cause.type == messages.REFUSED_ERROR


async def test_a_refused_step_waits_for_an_operator_and_goes_on_when_it_is_mended(
    desk: Desk, world: FakeWorld
):
    world.faults.scripted["ensure_provider_invoice"] = [RejectedError("currency is not enabled")]
    sale = await desk.sell()
    await desk.until(
        lambda: EventType.ATTENTION_NEEDED in world.books.types_of("invoice/sub-A1-0001"),
        within=SOON,
    )
    mended = await desk.resume(desk.invoice())
    assert "currency is not enabled" in mended
    assert (await sale.result()).is_won


async def test_a_refused_effect_blocks_its_system_only_until_it_is_resumed(
    desk: Desk, world: FakeWorld
):
    world.faults.scripted["crm"] = [RejectedError("stage is unknown")]
    sale = await desk.sell()
    await desk.until(lambda: len(world.erp.posted) == 3, within=SOON)
    assert world.crm.seen == []
    await desk.resume(sale)
    assert (await sale.result()).is_won
    assert world.crm.seen == ["won A1"]


async def test_resuming_when_nothing_waits_is_refused(desk: Desk):
    await active(desk)
    with pytest.raises(WorkflowUpdateFailedError):
        await desk.resume(desk.subscription())
