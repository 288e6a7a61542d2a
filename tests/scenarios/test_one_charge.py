"""Never two successful charges for one invoice, never unlocked without one."""

import asyncio

import pytest

from perennial.orders import Order
from tests.scenarios.scene import Scene, an_order

DECLINING = "pm_card_chargeCustomerFail"


async def _declined(scene: Scene) -> tuple[Order, str]:
    """A sale whose card was declined, with everything that follows from it done."""
    order = an_order(card=DECLINING)
    subscription = await scene.sell(order)
    provider_invoice = await scene.open_provider_invoice(order)
    await scene.until_seen("mailbox", "message.received", str(provider_invoice["number"]))
    await scene.until_seen("workday", "invoice.submitted", str(provider_invoice["number"]))
    return order, subscription


async def _tries(scene: Scene, order: Order) -> list[str]:
    """How each try to charge the order's account ended, oldest first."""
    customer = (await scene.seen(order)).customers[0]["id"]
    listed = await scene.get("/stripe/v1/charges", customer=customer, limit=100)
    return [charge["status"] for charge in reversed(listed["data"])]


async def _verify_struck(scene: Scene) -> None:
    """Verify that every fault met the requests that it was meant for."""
    assert await scene.get("/_faults") == {}


@pytest.mark.parametrize("reads_lost", [0, 2])
async def test_a_charge_whose_answer_is_lost_is_made_once(scene: Scene, reads_lost: int) -> None:
    await scene.fault("stripe", "lost_response", match="/pay$", times=1)
    if reads_lost:
        await scene.fault("stripe", "lost_response", match="GET /v1/invoices/", times=reads_lost)
    order = an_order()

    await scene.sell(order)

    await scene.verify_sold_once(order)
    assert await _tries(scene, order) == ["succeeded"]
    await _verify_struck(scene)


async def test_a_charge_in_the_middle_of_an_outage_is_made_once(scene: Scene) -> None:
    await scene.fault("stripe", "status", match="/pay$", status=503, times=2)
    order = an_order()

    await scene.sell(order)

    await scene.verify_sold_once(order)
    assert await _tries(scene, order) == ["succeeded"]
    await _verify_struck(scene)


async def test_two_new_cards_at_once_lead_to_one_successful_charge(scene: Scene) -> None:
    order, subscription = await _declined(scene)

    await asyncio.gather(
        scene.client.change_payment_method(subscription, "pm_card_visa"),
        scene.client.change_payment_method(subscription, "pm_card_mastercard"),
    )

    await scene.verify_sold_once(order)
    assert await _tries(scene, order) == ["failed", "succeeded"]


async def test_two_new_cards_at_once_with_a_lost_answer_lead_to_one_successful_charge(
    scene: Scene,
) -> None:
    order, subscription = await _declined(scene)
    await scene.fault("stripe", "lost_response", match="/pay$", times=1)

    await asyncio.gather(
        scene.client.change_payment_method(subscription, "pm_card_visa"),
        scene.client.change_payment_method(subscription, "pm_card_mastercard"),
        scene.client.change_payment_method(subscription, "pm_card_amex"),
    )

    await scene.verify_sold_once(order)
    assert await _tries(scene, order) == ["failed", "succeeded"]
    await _verify_struck(scene)


async def test_a_declined_payment_unlocks_nothing_however_often_it_is_told(scene: Scene) -> None:
    order, subscription = await _declined(scene)
    provider_invoice = (await scene.seen(order)).provider_invoices[0]
    deliveries = await scene.get("/stripe/_control/deliveries", subject=provider_invoice["id"])
    failed = next(d["event"] for d in deliveries if d["type"] == "invoice.payment_failed")

    await scene.http.post("/stripe/_control/redeliver", json={"event": failed, "times": 4})

    async def all_recorded() -> bool:
        query = "SELECT deliveries FROM inbound_events WHERE event_id = :id"
        return await scene.rows(query, id=failed) == [{"deliveries": 5}]

    await scene.until(all_recorded, "five deliveries recorded")
    # Whatever the invoice made of them is done once a further request has been acted on.
    await scene.client.change_payment_method(subscription, DECLINING)

    async def is_acted_on() -> bool:
        return "payment_method_changed" in await scene.event_types(order)

    await scene.until(is_acted_on, "the request was acted on")
    seen = await scene.seen(order)
    assert (seen.charges, seen.grants, seen.features) == ([], [], {})
    assert (await scene.client.get(subscription)).state.value == "pending"
    assert set(await _tries(scene, order)) == {"failed"}


@pytest.mark.parametrize(
    "step", ["POST /v1/customers$", "/attach", "POST /v1/invoices$", "/finalize", "/pay$"]
)
async def test_a_server_error_that_the_provider_remembers_does_not_hold_a_sale_up(
    scene: Scene, step: str
) -> None:
    # Stripe answers a key that met a 500 with that 500 again, for a day.
    answer = await scene.http.post(
        "/stripe/_control/trouble", json={"status": 500, "match": step, "times": 1}
    )
    answer.raise_for_status()
    order = an_order()

    await scene.sell(order)

    await scene.verify_sold_once(order)
    assert await _tries(scene, order) == ["succeeded"]
