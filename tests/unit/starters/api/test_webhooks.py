"""Webhooks: believed only when signed, answered 2xx only when Temporal has them or nobody can."""

import json
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import stripe

from config.settings import Settings
from connectors.hmac_events import sign
from domain.failures import UnavailableError
from starters.use_cases.services import Services
from storage.database import Database
from storage.inbound import InboundEvents
from tests.unit.starters.conftest import FakeWorkflowClient

Build = Callable[..., dict[str, Any]]
Send = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
def send_stripe(api: httpx.AsyncClient, settings: Settings) -> Send:
    """Deliver an event about an invoice of ours, as Stripe would."""

    async def send(
        *,
        invoice_id: str | None = "sub-order-1-0001",
        api_version: str = settings.stripe_api_version,
        age_seconds: int = 0,
        secret: str = settings.stripe_webhook_secret.get_secret_value(),
        body: bytes | None = None,
    ) -> httpx.Response:
        metadata = {} if invoice_id is None else {"perennial_invoice_id": invoice_id}
        event = {
            "id": "evt_1",
            "object": "event",
            "type": "invoice.paid",
            "api_version": api_version,
            "created": int(time.time()),
            "data": {"object": {"id": "in_1", "object": "invoice", "metadata": metadata}},
        }
        content = json.dumps(event).encode() if body is None else body
        at = int(time.time()) - age_seconds
        digest = stripe.WebhookSignature._compute_signature(f"{at}.{content.decode()}", secret)
        return await api.post(
            "/webhooks/stripe",
            content=content,
            headers={"Stripe-Signature": f"t={at},v1={digest}"},
        )

    return send


@pytest.fixture
def send_signed(api: httpx.AsyncClient) -> Send:
    """Deliver an event of the ERP or the CRM."""

    async def send(
        source: str, event_type: str, data: dict[str, Any], *, age_seconds: int = 0
    ) -> httpx.Response:
        event = {"id": "e-1", "type": event_type, "created": int(time.time()), "data": data}
        body = json.dumps(event).encode()
        at = datetime.now(UTC) - timedelta(seconds=age_seconds)
        return await api.post(
            f"/webhooks/{source}",
            content=body,
            headers={"X-Perennial-Signature": sign(body, secret=f"{source}_sandbox", at=at)},
        )

    return send


async def disposition(settings: Settings, source: str, event_id: str) -> str | None:
    database = Database.open(settings.database_url)
    found = await InboundEvents(database, lambda: datetime.now(UTC)).find(
        source=source, event_id=event_id
    )
    await database.dispose()
    return None if found is None else found.disposition


async def test_a_paid_invoice_is_told_and_recorded(
    send_stripe: Send, workflow_client: FakeWorkflowClient, settings: Settings
) -> None:
    workflow_client.running_invoices.add("sub-order-1-0001")

    answer = await send_stripe()

    assert (answer.status_code, answer.json()["disposition"]) == (200, "delivered")
    ((invoice_id, event),) = workflow_client.signals
    assert (invoice_id, event.event_id, event.event_type) == (
        "sub-order-1-0001",
        "evt_1",
        "invoice.paid",
    )
    assert await disposition(settings, "stripe", "evt_1") == "delivered"


async def test_every_delivery_of_an_event_is_passed_on(
    send_stripe: Send, workflow_client: FakeWorkflowClient
) -> None:
    workflow_client.running_invoices.add("sub-order-1-0001")

    for _ in range(5):
        assert (await send_stripe()).status_code == 200

    # The workflow knows the event id; dropping one here could lose the only one that arrived.
    assert len(workflow_client.signals) == 5


@pytest.mark.parametrize(
    "how",
    [
        {"secret": "whsec_forged"},
        {"age_seconds": 301},
        {"age_seconds": 10**9},
        {"age_seconds": -400},
    ],
)
async def test_a_bad_or_old_signature_is_refused(
    send_stripe: Send, workflow_client: FakeWorkflowClient, how: dict[str, Any]
) -> None:
    workflow_client.running_invoices.add("sub-order-1-0001")

    answer = await send_stripe(**how)

    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/webhook-refused")
    assert not workflow_client.signals


@pytest.mark.parametrize("body", [b"{}", b"[" * 20_000, b'{"data":' * 20_000])
async def test_a_signed_body_that_is_no_event_is_refused(send_stripe: Send, body: bytes) -> None:
    answer = await send_stripe(body=body)

    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/webhook-refused")
    assert "not a Stripe event" in answer.json()["detail"]


async def test_an_unsigned_event_is_refused(api: httpx.AsyncClient) -> None:
    for source in ("stripe", "erp", "crm"):
        assert (await api.post(f"/webhooks/{source}", content=b"{}")).status_code == 400


async def test_webhooks_need_no_api_key(send_stripe: Send, api: httpx.AsyncClient) -> None:
    del api.headers["Authorization"]

    assert (await send_stripe()).status_code == 202


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({"api_version": "2020-08-27"}, "other_api_version"),
        ({"invoice_id": None}, "unknown_object"),
        ({"invoice_id": "sub-unknown-0001"}, "unknown_object"),
        ({"invoice_id": "x" * 1000}, "unknown_object"),
        ({"invoice_id": "a/b"}, "unknown_object"),
    ],
)
async def test_an_event_nobody_can_use_is_accepted_and_recorded(
    send_stripe: Send,
    workflow_client: FakeWorkflowClient,
    settings: Settings,
    how: dict[str, Any],
    expected: str,
) -> None:
    workflow_client.running_invoices.add("sub-order-1-0001")

    answer = await send_stripe(**how)

    assert (answer.status_code, answer.json()["disposition"]) == (202, expected)
    assert not workflow_client.signals
    assert await disposition(settings, "stripe", "evt_1") == expected


async def test_an_event_for_an_invoice_that_has_ended_is_recorded_as_closed(
    send_stripe: Send, services: Services, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def found(_: object, invoice_id: str) -> str:
        return invoice_id

    monkeypatch.setattr(type(services.read_model), "find_invoice", found)

    assert (await send_stripe()).status_code == 202
    assert await disposition(settings, "stripe", "evt_1") == "closed"


async def test_without_temporal_the_sender_must_try_again(
    send_stripe: Send, workflow_client: FakeWorkflowClient, settings: Settings
) -> None:
    workflow_client.is_down = True

    answer = await send_stripe()

    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert await disposition(settings, "stripe", "evt_1") is None


class DeadJournal:
    async def record(self, **_: object) -> None:
        raise UnavailableError("the database is down")


async def test_a_dead_database_does_not_keep_an_event_from_its_invoice(
    send_stripe: Send,
    services: Services,
    workflow_client: FakeWorkflowClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    workflow_client.running_invoices.add("sub-order-1-0001")
    monkeypatch.setattr(type(services.inbound), "record", DeadJournal.record)

    assert (await send_stripe()).status_code == 200
    assert len(workflow_client.signals) == 1


async def test_an_event_that_can_be_neither_delivered_nor_recorded_is_tried_again(
    send_stripe: Send, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(services.inbound), "record", DeadJournal.record)

    assert (await send_stripe(invoice_id=None)).status_code == 503


async def test_the_erp_makes_an_invoice_look_again(
    send_signed: Send, workflow_client: FakeWorkflowClient
) -> None:
    workflow_client.running_invoices.add("sub-order-1-0001")

    answer = await send_signed("erp", "invoice.paid", {"invoice_id": "sub-order-1-0001"})

    assert answer.status_code == 200
    assert [invoice for invoice, _ in workflow_client.signals] == ["sub-order-1-0001"]


async def test_an_old_event_of_the_erp_is_refused(
    send_signed: Send, workflow_client: FakeWorkflowClient
) -> None:
    answer = await send_signed("erp", "invoice.paid", {"invoice_id": "i"}, age_seconds=301)

    assert answer.status_code == 400


async def test_a_won_opportunity_is_sold_once(
    send_signed: Send, workflow_client: FakeWorkflowClient, order: Build
) -> None:
    first = await send_signed("crm", "opportunity.won", {"order": order()})
    await send_signed("crm", "opportunity.won", {"order": order()})

    assert (first.status_code, first.json()["subscription_id"]) == (200, "sub-order-1")
    assert list(workflow_client.sales) == ["order-1"]


@pytest.mark.parametrize("plan", ["platinum", "4242424242424242"])
async def test_a_won_opportunity_that_is_not_sold_is_recorded_and_never_tried_again(
    send_signed: Send,
    workflow_client: FakeWorkflowClient,
    settings: Settings,
    order: Build,
    plan: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    answer = await send_signed("crm", "opportunity.won", {"order": order(plan=plan)})

    assert (answer.status_code, answer.json()["disposition"]) == (202, "ignored")
    assert not workflow_client.sales
    assert "plan" in caplog.text
    assert plan not in caplog.text
    assert await disposition(settings, "crm", "e-1") == "ignored"


@pytest.mark.parametrize(
    ("event_type", "data"), [("opportunity.lost", {}), ("opportunity.won", {"object_id": "1"})]
)
async def test_other_events_of_the_crm_are_recorded(
    send_signed: Send, settings: Settings, event_type: str, data: dict[str, Any]
) -> None:
    assert (await send_signed("crm", event_type, data)).status_code == 202
    assert await disposition(settings, "crm", "e-1") == "ignored"


async def test_a_won_opportunity_waits_for_temporal(
    send_signed: Send, workflow_client: FakeWorkflowClient, order: Build
) -> None:
    workflow_client.is_down = True

    assert (await send_signed("crm", "opportunity.won", {"order": order()})).status_code == 503
