from pathlib import Path
from typing import Any

import pytest
import stripe

from sandbox.store import Store
from sandbox.world import WorldSettings
from tests.unit.sandbox.conftest import SECRET, eventually, playing

# The SDK hands its form to httpx in a way that httpx deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


async def test_a_webhook_carries_a_signature_that_the_sdk_accepts(
    hooked: Any, endpoint: Any
) -> None:
    await hooked.customer(None)
    await eventually(lambda: len(endpoint.received) == 1)
    headers, body = endpoint.received[0]
    event = stripe.Webhook.construct_event(body, headers["stripe-signature"], SECRET)
    assert (event.type, event.api_version) == ("customer.created", stripe.api_version)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body + b" ", headers["stripe-signature"], SECRET)


async def test_events_of_one_customer_arrive_in_order(hooked: Any, endpoint: Any) -> None:
    customer = await hooked.customer()
    opened = await hooked.opened(customer.id)
    await hooked.api.invoices.pay_async(opened.id, {}, {"idempotency_key": "i/charge/1"})
    expected = await hooked.event_types()
    await eventually(lambda: len(endpoint.received) == len(expected))
    assert endpoint.types() == expected
    paid = next(each for each in endpoint.events() if each["type"] == "invoice.paid")
    assert paid["request"]["idempotency_key"] == "i/charge/1"
    assert paid["data"]["object"]["id"] == opened.id


async def test_a_refused_webhook_comes_again_until_accepted(hooked: Any, endpoint: Any) -> None:
    endpoint.answers = [503]
    await hooked.customer(None)
    await eventually(lambda: len(endpoint.received) == 1)
    pending = await hooked.api.events.list_async({"delivery_success": False})
    assert [(each.type, each.pending_webhooks) for each in pending.data] == [
        ("customer.created", 1)
    ]
    await eventually(lambda: len(endpoint.received) == 2)
    assert endpoint.events()[0]["id"] == endpoint.events()[1]["id"]

    async def is_empty() -> bool:
        return not (await hooked.api.events.list_async({"delivery_success": False})).data

    await eventually(is_empty)


async def test_a_webhook_pending_at_a_restart_is_delivered_after_it(
    endpoint: Any, tmp_path: Path
) -> None:
    path = tmp_path / "sandbox.db"
    nowhere = WorldSettings(webhook_url="http://127.0.0.1:9/", webhook_secret=SECRET)
    async with playing(Store(path), nowhere) as vendor:
        await vendor.customer(None)
    assert endpoint.received == []
    settings = WorldSettings(webhook_url=endpoint.url, webhook_secret=SECRET)
    async with playing(Store(path), settings):
        await eventually(lambda: endpoint.types() == ["customer.created"])


async def test_duplicated_webhooks_come_as_often_as_told(hooked: Any, endpoint: Any) -> None:
    await hooked.plain.post("/_faults/stripe", json={"fault": "duplicate_webhooks", "times": 3})
    await hooked.customer(None)
    await eventually(lambda: len(endpoint.received) == 3)
    assert len({event["id"] for event in endpoint.events()}) == 1


async def test_reordered_webhooks_swap_two_events(hooked: Any, endpoint: Any) -> None:
    customer = await hooked.customer(None)
    await eventually(lambda: len(endpoint.received) == 1)
    await hooked.plain.post("/_faults/stripe", json={"fault": "reorder_webhooks", "times": 1})
    draft = await hooked.api.invoices.create_async({"customer": customer.id, "currency": "eur"})
    await hooked.api.invoices.update_async(draft.id, {"description": "later"})
    await eventually(lambda: len(endpoint.received) == 3)
    assert endpoint.types()[1:] == ["invoice.updated", "invoice.created"]


async def test_a_dropped_webhook_never_comes_and_is_listed_as_undelivered(
    hooked: Any, endpoint: Any
) -> None:
    fault = {"fault": "drop_webhooks", "times": 1, "match": "customer.created"}
    await hooked.plain.post("/_faults/stripe", json=fault)
    customer = await hooked.customer(None)
    await hooked.api.customers.update_async(customer.id, {"name": "Ada"})
    await eventually(lambda: endpoint.types() == ["customer.updated"])
    pending = await hooked.api.events.list_async({"delivery_success": False})
    assert [each.type for each in pending.data] == ["customer.created"]


async def test_an_event_is_delivered_again_on_demand(hooked: Any, endpoint: Any) -> None:
    await hooked.customer(None)
    await eventually(lambda: len(endpoint.received) == 1)
    body = {"event": endpoint.events()[0]["id"], "times": 5}
    answer = await hooked.plain.post("/stripe/_control/redeliver", json=body)
    assert answer.status_code == 202
    await eventually(lambda: len(endpoint.received) == 6)


async def test_an_event_of_another_version_can_be_sent(hooked: Any, endpoint: Any) -> None:
    body = {
        "type": "invoice.paid",
        "object": {"id": "in_unknown", "object": "invoice"},
        "api_version": "2019-02-11",
    }
    await hooked.plain.post("/stripe/_control/emit", json=body)
    await eventually(lambda: len(endpoint.received) == 1)
    assert endpoint.events()[0]["api_version"] == "2019-02-11"


async def test_only_wanted_event_types_are_delivered(endpoint: Any) -> None:
    settings = WorldSettings(
        webhook_url=endpoint.url, webhook_secret=SECRET, webhook_events=frozenset({"invoice.paid"})
    )
    async with playing(Store(None), settings) as vendor:
        customer = await vendor.customer()
        await vendor.api.invoices.pay_async((await vendor.opened(customer.id)).id)
        await eventually(lambda: endpoint.types() == ["invoice.paid"])


async def test_the_instant_of_a_payment_is_kept_in_milliseconds(hooked: Any, endpoint: Any) -> None:
    customer = await hooked.customer()
    opened = await hooked.opened(customer.id, number="PER-9")
    await hooked.api.invoices.pay_async(opened.id)
    query = f"/stripe/_control/deliveries?type=invoice.paid&subject={opened.id}"
    (record,) = (await hooked.plain.get(query)).json()
    entries = (await hooked.plain.get("/_journal/stripe")).json()
    (entry,) = [each for each in entries if each["action"] == "invoice.paid"]
    assert entry["key"] == "PER-9"
    assert entry["at"] == record["committed_at"]
    assert len(entry["at"]) == len("2026-11-22T10:00:00.000+00:00")


async def test_events_are_listed_by_type_newest_first(vendor: Any) -> None:
    for name in ("Ada", "Grace"):
        await vendor.customer(None, name=name)
    found = await vendor.api.events.list_async({"types": ["customer.created"], "limit": 1})
    assert (found.data[0].data.object["name"], found.has_more) == ("Grace", True)
    older = await vendor.api.events.list_async(
        {"type": "customer.created", "starting_after": found.data[0].id}
    )
    assert [each.data.object["name"] for each in older.data] == ["Ada"]
