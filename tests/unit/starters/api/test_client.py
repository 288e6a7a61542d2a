"""The client for services, against the real API in the same process."""

from collections.abc import AsyncGenerator, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from typing_extensions import override

from perennial import (
    CancelAt,
    Client,
    ClientError,
    NotFoundError,
    Order,
    OrderConflictError,
    OrderRefusedError,
    RequestRefusedError,
    UnauthorizedError,
    UnavailableError,
    WaitTimeoutError,
    connection,
)
from perennial import client as client_module
from perennial.enums import SubscriptionState
from tests.unit.starters.conftest import API_KEY, FakeWorkflowClient

Build = Callable[..., dict[str, Any]]


class Flaky(httpx.AsyncBaseTransport):
    """Loses some answers after the work is done, or answers 503 first."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self.inner = inner
        self.lost_answers = 0
        self.refusals = 0
        self.requests: list[httpx.Request] = []

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self.refusals:
            self.refusals -= 1
            return httpx.Response(503, text="<html>bad gateway</html>")
        response = await self.inner.handle_async_request(request)
        if self.lost_answers:
            self.lost_answers -= 1
            raise httpx.ReadError("lost")
        return response


@pytest.fixture
def wire(transport: httpx.ASGITransport) -> Flaky:
    return Flaky(transport)


@pytest.fixture
async def client(wire: Flaky, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Client]:
    monkeypatch.setattr(connection, "_FIRST_PAUSE", 0.0)
    monkeypatch.setattr(client_module, "_POLL", 0.0)
    monkeypatch.setattr(connection, "_LONGEST_PAUSE", 0.0)
    async with Client("http://api.test", API_KEY, transport=wire) as opened:
        yield opened


async def test_a_sale_goes_through(client: Client, order: Build) -> None:
    sale = await client.sell(Order.model_validate(order()))

    assert sale.subscription_id == "sub-order-1"
    assert (await client.get("sub-order-1")).state is SubscriptionState.PENDING
    assert (await client.get_order("order-1")).order.plan == "team"
    assert await client.events("sub-order-1") == ()
    assert [row async for row in client.list(account_id="acme")] == []


async def test_a_lost_answer_is_asked_for_again(
    client: Client, wire: Flaky, workflow_client: FakeWorkflowClient, order: Build
) -> None:
    wire.lost_answers = 2

    sale = await client.sell(Order.model_validate(order()))

    assert sale.subscription_id == "sub-order-1"
    assert len(workflow_client.sales) == 1


async def test_a_request_is_repeated_with_the_same_key(
    client: Client, wire: Flaky, workflow_client: FakeWorkflowClient
) -> None:
    workflow_client.running_subscriptions.add("sub-order-1")
    wire.refusals, wire.lost_answers = 1, 1

    await client.change_payment_method("sub-order-1", "pm_new")

    keys = {request.headers["Idempotency-Key"] for request in wire.requests}
    assert (len(wire.requests), len(keys)) == (3, 1)
    assert len(workflow_client.requests) == 1


async def test_it_gives_up_in_the_end(
    client: Client, workflow_client: FakeWorkflowClient, order: Build
) -> None:
    workflow_client.is_down = True

    with pytest.raises(UnavailableError) as caught:
        await client.sell(Order.model_validate(order()))

    assert caught.value.status == 503


async def test_a_refused_order_says_what_is_allowed(client: Client, order: Build) -> None:
    with pytest.raises(OrderRefusedError) as caught:
        await client.sell(Order.model_validate(order(plan="platinum")))

    (error,) = caught.value.errors
    assert (error.field, error.value) == ("plan", "platinum")
    assert "enterprise" in error.allowed


async def test_a_reused_order_id_is_a_conflict(client: Client, order: Build) -> None:
    await client.sell(Order.model_validate(order()))

    with pytest.raises(OrderConflictError):
        await client.sell(Order.model_validate(order(quantity=9)))


async def test_what_does_not_exist_is_not_found(client: Client) -> None:
    with pytest.raises(NotFoundError):
        await client.get("sub-order-9")


async def test_what_is_impossible_is_refused_with_the_reason(
    client: Client, workflow_client: FakeWorkflowClient
) -> None:
    workflow_client.running_subscriptions.add("sub-order-1")
    workflow_client.refusal = "already ending"

    with pytest.raises(RequestRefusedError, match="already ending"):
        await client.cancel("sub-order-1", at=CancelAt.NOW, reason="moved away")


async def test_a_wrong_key_is_told(transport: httpx.ASGITransport) -> None:
    async with Client("http://api.test", "wrong", transport=transport) as stranger:
        with pytest.raises(UnauthorizedError):
            await stranger.get("sub-order-1")


async def test_waiting_has_an_end(client: Client, order: Build) -> None:
    await client.sell(Order.model_validate(order()))

    with pytest.raises(WaitTimeoutError, match="is pending, not active"):
        await client.wait_until("sub-order-1", SubscriptionState.ACTIVE, timedelta(0))


async def test_waiting_for_what_is_there_returns_it(client: Client, order: Build) -> None:
    await client.sell(Order.model_validate(order()))

    found = await client.wait_until("sub-order-1", SubscriptionState.PENDING, timedelta(0))

    assert found.order_id == "order-1"


def test_without_a_key_there_is_no_client() -> None:
    with pytest.raises(ClientError, match="PERENNIAL_API_KEY is not set"):
        Client.from_env({})


async def test_a_dead_api_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "_LONGEST_PAUSE", 0.0)
    environment = {"PERENNIAL_API_KEY": "k", "PERENNIAL_API_URL": "http://127.0.0.1:9"}

    async with Client.from_env(environment) as client:
        with pytest.raises(UnavailableError, match=r"http://127\.0\.0\.1:9"):
            await client.get("sub-1")


@pytest.mark.parametrize(
    "entity_id", ["../../openapi.json", "sub-1?x=1", "sub-1#x", "a/b", "", "..", "sub 1"]
)
async def test_an_id_never_leads_to_another_address(
    client: Client, wire: Flaky, entity_id: str
) -> None:
    for call in (client.get, client.get_order, client.events, client.cancel):
        with pytest.raises(NotFoundError):
            await call(entity_id)

    assert not wire.requests


@pytest.mark.parametrize(
    ("url", "key"),
    [("localhost:8080", "k"), ("ftp://localhost", "k"), ("http://a.test", "clé"), ("", "k")],
)
def test_an_address_or_key_that_cannot_be_one_is_named(url: str, key: str) -> None:
    with pytest.raises(ClientError, match="must be"):
        Client(url, key)


async def test_an_answer_of_somebody_else_is_told_as_such() -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"hello": "world"})

    async with Client("http://a.test", "k", transport=httpx.MockTransport(answer)) as stranger:
        with pytest.raises(ClientError, match="check the address"):
            await stranger.get("sub-order-1")
