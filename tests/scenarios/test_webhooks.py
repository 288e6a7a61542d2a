"""What a webhook may do: make an invoice look again. Nothing else, however it arrives."""

import hashlib
import hmac
import json
import time
from typing import Any

import httpx
import pytest

from domain.ids import subscription_id
from perennial.orders import Order
from tests.scenarios.scene import Json, Scene, an_order, first_invoice, new_name


async def _inbound(scene: Scene, event_id: str) -> tuple[str, int] | None:
    """What became of an event, and how often it arrived."""
    query = "SELECT disposition, deliveries FROM inbound_events WHERE event_id = :id"
    found = await scene.rows(query, id=event_id)
    return (found[0]["disposition"], found[0]["deliveries"]) if found else None


async def _until_inbound(scene: Scene, event_id: str, expected: tuple[str, int]) -> None:
    async def look() -> bool:
        return await _inbound(scene, event_id) == expected

    await scene.until(look, f"{event_id} recorded as {expected}")


async def _event_about(scene: Scene, kind: str, provider_invoice: Json) -> str:
    async def look() -> str | None:
        deliveries = await scene.get("/stripe/_control/deliveries", type=kind)
        return next(
            (d["event"] for d in deliveries if d["subject"] == provider_invoice["id"]), None
        )

    return await scene.until(look, f"{kind} about {provider_invoice['id']}")


async def _redeliver(scene: Scene, event_id: str, times: int) -> None:
    answer = await scene.http.post(
        "/stripe/_control/redeliver", json={"event": event_id, "times": times}
    )
    answer.raise_for_status()


async def _emit(scene: Scene, kind: str, subject: Json, **more: object) -> str:
    """Let Stripe send a signed event about anything; return its id."""
    answer = await scene.http.post(
        "/stripe/_control/emit", json={"type": kind, "object": subject, **more}
    )
    return str(answer.raise_for_status().json()["id"])


async def _state(scene: Scene, order: Order) -> tuple[object, ...]:
    """Everything that a webhook must not change, on our side and on the others'."""
    others = {
        system: entries
        for system, entries in (await scene.journals()).items()
        if system != "stripe"
    }
    seen = await scene.seen(order)
    return others, seen, await scene.event_types(order)


async def _open_transfer(scene: Scene) -> tuple[Order, Json]:
    """A sale that waits for its transfer, its email sent."""
    order = an_order(card=None)
    await scene.sell(order)
    provider_invoice = await scene.open_provider_invoice(order)
    await scene.until_seen("mailbox", "message.received", str(provider_invoice["number"]))
    await scene.until_seen("workday", "invoice.submitted", str(provider_invoice["number"]))
    await scene.until_seen("salesforce", "opportunity.created", order.order_id)
    await scene.client.wait_until(subscription_id(order.order_id), "pending")
    return order, provider_invoice


async def test_the_same_webhook_five_times_changes_nothing_more(scene: Scene) -> None:
    order = an_order()
    await scene.sell(order)
    provider_invoice = (await scene.verify_sold_once(order)).provider_invoices[0]
    paid = await _event_about(scene, "invoice.paid", provider_invoice)
    before = await _state(scene, order)

    await _redeliver(scene, paid, 4)

    async def all_recorded() -> bool:
        return (await _inbound(scene, paid) or ("", 0))[1] == 5

    await scene.until(all_recorded, "five deliveries recorded")
    assert await _state(scene, order) == before


async def test_every_webhook_delivered_five_times_at_once_unlocks_once(scene: Scene) -> None:
    await scene.fault("stripe", "duplicate_webhooks", times=5)
    order, provider_invoice = await _open_transfer(scene)

    await scene.pay_by_transfer(provider_invoice)

    await scene.verify_sold_once(order)
    paid = await _event_about(scene, "invoice.paid", provider_invoice)

    async def all_recorded() -> bool:
        return (await _inbound(scene, paid) or ("", 0))[1] == 5

    await scene.until(all_recorded, "five deliveries recorded")
    assert (await scene.event_types(order)).count("invoice_paid") == 1


async def test_a_webhook_that_arrives_after_the_one_that_followed_it_changes_nothing(
    scene: Scene,
) -> None:
    await scene.fault("stripe", "drop_webhooks", match="invoice.payment_failed")
    order = an_order(card="pm_card_chargeCustomerFail")
    subscription = await scene.sell(order)
    provider_invoice = await scene.open_provider_invoice(order)
    failed = await _event_about(scene, "invoice.payment_failed", provider_invoice)
    await scene.client.change_payment_method(subscription, "pm_card_visa")
    await scene.verify_sold_once(order)
    before = await _state(scene, order)

    await _redeliver(scene, failed, 1)

    await _until_inbound(scene, failed, ("closed", 1))
    assert await _state(scene, order) == before
    assert (await scene.client.get(subscription)).state.value == "active"


async def test_webhooks_out_of_order_and_twice_change_nothing_about_a_sale(scene: Scene) -> None:
    await scene.fault("stripe", "reorder_webhooks")
    await scene.fault("stripe", "duplicate_webhooks", times=2)
    order = an_order(card="pm_card_chargeCustomerFail")
    subscription = await scene.sell(order)
    await scene.open_provider_invoice(order)

    await scene.client.change_payment_method(subscription, "pm_card_visa")

    await scene.verify_sold_once(order)


async def test_a_webhook_for_a_closed_invoice_is_recorded_and_changes_nothing(
    scene: Scene,
) -> None:
    order = an_order()
    await scene.sell(order)
    provider_invoice = (await scene.verify_sold_once(order)).provider_invoices[0]
    before = await _state(scene, order)

    event = await _emit(scene, "invoice.paid", provider_invoice)

    await _until_inbound(scene, event, ("closed", 1))
    assert await _state(scene, order) == before


async def test_a_signed_lie_about_a_payment_unlocks_nothing(scene: Scene) -> None:
    order, provider_invoice = await _open_transfer(scene)
    before = await _state(scene, order)

    event = await _emit(scene, "invoice.paid", {**provider_invoice, "status": "paid"})

    await _until_inbound(scene, event, ("delivered", 1))
    # The invoice has looked again once the next real event is acted on.
    assert await _state(scene, order) == before
    await scene.pay_by_transfer(provider_invoice)
    await scene.verify_sold_once(order)


@pytest.mark.parametrize(
    ("subject", "more", "disposition"),
    [
        ({"id": "in_1", "object": "invoice"}, {}, "unknown_object"),
        (
            {"id": "in_1", "metadata": {"perennial_invoice_id": "sub-nobody-0001"}},
            {},
            "unknown_object",
        ),
        ({"id": "in_1", "metadata": {"perennial_invoice_id": "../x y"}}, {}, "unknown_object"),
        ("provider_invoice", {"api_version": "2019-12-03"}, "other_api_version"),
    ],
)
async def test_an_event_that_nobody_can_use_is_accepted_recorded_and_forgotten(
    scene: Scene, subject: Any, more: dict[str, str], disposition: str
) -> None:
    order, provider_invoice = await _open_transfer(scene)
    before = await _state(scene, order)

    event = await _emit(
        scene,
        "invoice.paid",
        provider_invoice if subject == "provider_invoice" else subject,
        **more,
    )

    await _until_inbound(scene, event, (disposition, 1))

    async def is_accepted() -> bool:
        deliveries = await scene.get("/stripe/_control/deliveries", event=event)
        return [(each["state"], each["last_status"]) for each in deliveries] == [("delivered", 202)]

    await scene.until(is_accepted, "the sender is told not to try again")
    assert await _state(scene, order) == before


def _stripe_header(body: bytes, secret: str, at: float) -> str:
    digest = hmac.new(secret.encode(), f"{at:.0f}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at:.0f},v1={digest}"


@pytest.mark.parametrize("forgery", ["another secret", "too old", "unsigned"])
async def test_a_forged_or_old_webhook_is_refused_and_leaves_no_trace(
    scene: Scene, forgery: str
) -> None:
    order, provider_invoice = await _open_transfer(scene)
    before = await _state(scene, order)
    event_id = new_name("evt_forged")
    content = {
        "id": event_id,
        "object": "event",
        "api_version": "2026-10-28.endive",
        "created": int(time.time()),
        "type": "invoice.paid",
        "data": {"object": {**provider_invoice, "status": "paid"}},
    }
    body = json.dumps(content).encode()
    secret = scene.stack.secrets.stripe_webhook_secret
    header = {
        "another secret": _stripe_header(body, "whsec_guess", time.time()),
        "too old": _stripe_header(body, secret, time.time() - 600),
        "unsigned": None,
    }[forgery]

    async with httpx.AsyncClient() as anybody:
        answer = await anybody.post(
            f"{scene.stack.api_url}/webhooks/stripe",
            content=body,
            headers={} if header is None else {"Stripe-Signature": header},
        )

    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert await _inbound(scene, event_id) is None
    assert await _state(scene, order) == before


async def test_a_won_opportunity_told_five_times_is_sold_once(scene: Scene) -> None:
    order = an_order()
    data = {"order": order.model_dump(mode="json", exclude_none=True)}

    answer = await scene.http.post(
        "/salesforce/_control/emit",
        json={"type": "opportunity.won", "data": data, "times": 5},
        timeout=60,
    )

    told = answer.raise_for_status().json()
    assert told["deliveries"] == [200] * 5
    await scene.verify_sold_once(order)
    await _until_inbound(scene, told["event"]["id"], ("delivered", 5))


@pytest.mark.parametrize("wrong", [{"is_forged": True}, {"age_seconds": 600}])
async def test_a_forged_or_old_opportunity_sells_nothing(
    scene: Scene, wrong: dict[str, object]
) -> None:
    order = an_order()
    data = {"order": order.model_dump(mode="json", exclude_none=True)}
    before = await scene.rows("SELECT count(*) AS n FROM orders")

    answer = await scene.http.post(
        "/salesforce/_control/emit", json={"type": "opportunity.won", "data": data, **wrong}
    )

    assert answer.json()["deliveries"] == [400]
    assert await scene.rows("SELECT count(*) AS n FROM orders") == before
    assert first_invoice(order) not in str(await scene.journal("entitlements"))
