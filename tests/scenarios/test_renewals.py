"""Renewals every five seconds, and what people ask for in the same second."""

import asyncio
from collections import Counter
from datetime import datetime, timedelta

from config.clock import utc_now
from domain.ids import invoice_id
from starters.orders import Order
from starters.views import SubscriptionView
from tests.scenarios.scene import Scene, an_order

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
    statuses = Counter(payable["status"] for payable in seen.payables)
    assert set(statuses) <= {"paid", "void"}
    assert len(seen.charges) == statuses["paid"]
    invoices = [payable["metadata"]["perennial_invoice_id"] for payable in seen.payables]
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
        and entry.key in {payable["number"] for payable in seen.payables}
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


async def test_every_request_during_renewals_is_answered_and_done_once(scene: Scene) -> None:
    order = an_order("heartbeat")
    shown = await _active(scene, order)
    subscription = shown.subscription_id
    handle = scene.temporal.get_workflow_handle(f"subscription/{subscription}")
    runs = {(await handle.describe()).run_id}
    answered: list[str] = []

    async def hammer(lane: int) -> None:
        while len(runs) < 4:
            key = f"{order.order_id}-{lane}-{len(answered)}"
            card = ("pm_card_visa", "pm_card_mastercard", "pm_card_amex")[len(answered) % 3]
            # Sent twice, as after a lost answer: taken once.
            taken = await scene.client.change_payment_method(subscription, card, key=key)
            again = await scene.client.change_payment_method(subscription, card, key=key)
            assert again == taken
            answered.append(taken.request_id)
            runs.add((await handle.describe()).run_id)

    await asyncio.wait_for(asyncio.gather(hammer(1), hammer(2)), 40)

    await scene.client.cancel(subscription, at="now")
    await scene.client.wait_until(subscription, "ended")
    await _verify_end(scene, order, subscription)
    assert len(set(answered)) == len(answered)
    done = Counter(await scene.event_types(order))
    assert done["payment_method_changed"] == len(answered)
    assert done["subscription_renewed"] >= 3
