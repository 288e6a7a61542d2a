"""Signed events pushed by the ERP and the CRM."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime

import httpx
import pytest

from sandbox import salesforce, workday
from sandbox.announcer import signature
from sandbox.assembly import assemble
from sandbox.journal import Journal
from sandbox.store import Store
from sandbox.world import World, WorldSettings
from tests.unit.sandbox.conftest import Endpoint

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


async def emit(
    endpoint: Endpoint, system: str, order: Mapping[str, object]
) -> tuple[httpx.Response, Endpoint]:
    store = Store(None)
    settings = WorldSettings(
        erp_event_url=endpoint.url,
        erp_event_secret="erp",
        crm_event_url=endpoint.url,
        crm_event_secret="crm",
    )
    world = World(store=store, journal=Journal(store), settings=settings, now=lambda: NOW)
    app = assemble(world, [workday.build(world), salesforce.build(world)])
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as client:
        return await client.post(f"/{system}/_control/emit", json=order), endpoint


def expected(secret: str, timestamp: int, body: bytes) -> str:
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


@pytest.mark.parametrize(("system", "secret"), [("workday", "erp"), ("salesforce", "crm")])
async def test_an_event_arrives_with_the_signature_of_its_sender(
    endpoint: Endpoint, system: str, secret: str
) -> None:
    order = {"type": "invoice.paid", "data": {"invoice": "INV-1"}}
    reply, _ = await emit(endpoint, system, order)
    ((headers, body),) = endpoint.received
    assert reply.json()["deliveries"] == [200]
    assert headers["x-perennial-signature"] == expected(secret, int(NOW.timestamp()), body)
    assert endpoint.events()[0]["data"] == {"invoice": "INV-1"}


async def test_the_same_event_can_be_sent_again_and_dated_back(endpoint: Endpoint) -> None:
    await emit(endpoint, "workday", {"type": "invoice.paid", "times": 2, "age_seconds": 600})
    (headers, first), (_, second) = endpoint.received
    assert first == second
    timestamp = int(NOW.timestamp()) - 600
    assert headers["x-perennial-signature"] == expected("erp", timestamp, first)


async def test_a_forged_event_does_not_carry_the_right_signature(endpoint: Endpoint) -> None:
    await emit(endpoint, "workday", {"type": "invoice.paid", "is_forged": True})
    ((headers, body),) = endpoint.received
    assert headers["x-perennial-signature"] != expected("erp", int(NOW.timestamp()), body)


async def test_an_order_without_type_is_refused(endpoint: Endpoint) -> None:
    reply, _ = await emit(endpoint, "workday", {"data": {}})
    assert reply.status_code == 422
    assert endpoint.received == []


def test_an_event_is_signed_over_timestamp_and_body() -> None:
    expected = hmac.new(b"secret", b'1772443800.{"id":"e"}', hashlib.sha256).hexdigest()
    header = signature(body=b'{"id":"e"}', timestamp=1772443800, secret="secret")
    assert header == f"t=1772443800,v1={expected}"
