"""Renewals every five seconds, and what people ask for in the same second."""

import asyncio
from collections import Counter
from datetime import datetime, timedelta

from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from config.clock import utc_now
from domain.ids import invoice_id, subscription_workflow_id
from perennial.orders import Order
from perennial.subscriptions import SubscriptionView
from tests.scenarios.scene import Scene, an_order, new_name
from workflows.contract import messages
from workflows.contract.requests import ChangePaymentMethod

_SPREAD = (-60, -30, -10, 0, 10, 30, 60, 120)
"""Milliseconds around the renewal at which a cancellation is sent."""


async def _active(scene: Scene, order: Order) -> SubscriptionView:
    return await scene.client.wait_until(await scene.sell(order), "active", timedelta(seconds=20))


async def _until_instant(instant: datetime) -> None:
    await asyncio.sleep(max(0.0, (instant - utc_now()).total_seconds()))


async def _cancel_around_renewal(scene: Scene, order: Order, milliseconds: int, at: str) -> None:
    shown = await _active(scene, order)
    assert shown.period is not None
    await _until_instant(shown.period.end + timedelta(milliseconds=milliseconds))
    await scene.client.cancel(shown.subscription_id, at=at)
    await scene.client.wait_until(shown.subscription_id, "ended")


async def _verify_end(scene: Scene, order: Order, subscription: str) -> None:
    await scene.until(
        lambda: scene.is_closed(f"subscription/{subscription}"), f"{subscription} closed"
    )
    seen = await scene.seen(order)
    assert seen.features == {}
    statuses = Counter(provider_invoice["status"] for provider_invoice in seen.provider_invoices)
    assert set(statuses) <= {"paid", "void"}
    assert len(seen.charges) == statuses["paid"]
    invoices = [
        provider_invoice["metadata"]["perennial_invoice_id"]
        for provider_invoice in seen.provider_invoices
    ]
    assert invoices == [invoice_id(subscription, n + 1) for n in range(len(invoices))]
    ended = next(
        event.at
        for event in await scene.client.events(subscription)
        if event.event_type.value == "subscription_ended"
    )
    late = [
        entry
        for entry in await scene.journal("stripe")
        if entry.action == "invoice.created"
        and entry.key in {provider_invoice["number"] for provider_invoice in seen.provider_invoices}
        and entry.at > ended + timedelta(seconds=1)
    ]
    assert late == []


async def test_a_cancellation_in_the_second_of_a_renewal_leaves_nothing_open_or_unpaid(
    scene: Scene,
) -> None:
    orders = [an_order("heartbeat") for _ in _SPREAD]

    await asyncio.gather(
        *(
            _cancel_around_renewal(scene, order, offset, "now")
            for order, offset in zip(orders, _SPREAD, strict=True)
        )
    )

    for order in orders:
        await _verify_end(scene, order, f"sub-{order.order_id}")


async def test_a_cancellation_at_the_end_of_the_period_is_never_followed_by_a_charge(
    scene: Scene,
) -> None:
    order = an_order("heartbeat")
    shown = await _active(scene, order)

    answer = await scene.client.cancel(shown.subscription_id, at="period_end")

    await scene.client.wait_until(shown.subscription_id, "ended")
    await _verify_end(scene, order, shown.subscription_id)
    assert shown.period is not None
    assert answer.ends_at == shown.period.end
    assert len((await scene.seen(order)).charges) == 1


async def _repeat(scene: Scene, subscription: str, request: ChangePaymentMethod) -> None:
    """Hand a request to the workflow once more, past the API that would answer it from memory."""
    handle = scene.temporal.get_workflow_handle(subscription_workflow_id(subscription))
    while True:
        try:
            await handle.execute_update(  # pyright: ignore[reportUnknownMemberType] - an overload of the SDK has an untyped parameter
                messages.REQUEST, request, id=new_name("again")
            )
        except WorkflowUpdateFailedError as refusal:
            cause = refusal.cause
            if not isinstance(cause, ApplicationError) or cause.type != "Draining":
                raise
        else:
            return


async def test_every_request_during_renewals_is_answered_and_done_once(scene: Scene) -> None:
    order = an_order("heartbeat")
    shown = await _active(scene, order)
    subscription, period = shown.subscription_id, shown.period
    assert period is not None
    answered: list[str] = []
    is_over = asyncio.Event()

    async def hammer(lane: int) -> None:
        while not is_over.is_set():
            key = f"{order.order_id}-{lane}-{len(answered)}"
            card = ("pm_card_visa", "pm_card_mastercard", "pm_card_amex")[len(answered) % 3]
            taken = await scene.client.change_payment_method(subscription, card, key=key)
            request = ChangePaymentMethod(request_id=taken.request_id, payment_method=card)
            await _repeat(scene, subscription, request)
            answered.append(taken.request_id)

    async def third_renewal() -> bool:
        now = (await scene.client.get(subscription)).period
        return now is not None and now.start >= period.start + timedelta(seconds=15)

    lanes = [asyncio.create_task(hammer(lane)) for lane in (1, 2)]
    await scene.until(third_renewal, "three renewals")
    is_over.set()
    await asyncio.gather(*lanes)

    async def every_request_is_done() -> bool:
        return Counter(await scene.event_types(order))["payment_method_changed"] >= len(answered)

    # An accepted request waits its turn in the inbox, and an end rightly refuses those that still wait.
    await scene.until(every_request_is_done, f"{len(answered)} requests done")
    await scene.client.cancel(subscription, at="now")
    await scene.client.wait_until(subscription, "ended")
    await _verify_end(scene, order, subscription)
    assert len(set(answered)) == len(answered)
    done = Counter(await scene.event_types(order))
    assert done["payment_method_changed"] == len(answered)
    assert done["subscription_renewed"] >= 3
    assert len((await scene.seen(order)).charges) >= 3
