"""What every request meets: keys, limits, problem documents, readiness, documentation."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from starters.api.app import build_app
from starters.use_cases.services import Services
from tests.unit.starters.conftest import API_KEY, FakeWorkflowClient

Build = Callable[..., dict[str, Any]]
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    "header",
    [
        "",
        API_KEY,
        f"Basic {API_KEY}",
        "Bearer",
        "Bearer wrong",
        f"Bearer {API_KEY}x",
        "Bearer ключ",
    ],
)
async def test_without_a_valid_key_nothing_is_told(
    transport: httpx.ASGITransport, header: str
) -> None:
    async with httpx.AsyncClient(transport=transport, base_url="http://api.test") as stranger:
        for path in ("/v1/orders/order-1", "/v1/subscriptions", "/v1/nowhere"):
            answer = await stranger.get(path, headers={b"Authorization": header.encode()})

            assert answer.status_code == 401
            assert answer.json()["type"] == "/problems/unauthorized"
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")


async def test_the_scheme_of_the_key_is_read_in_any_case(api: httpx.AsyncClient) -> None:
    headers = {"Authorization": f"bearer {API_KEY}"}

    assert (await api.get("/v1/subscriptions", headers=headers)).status_code == 200


async def test_a_body_over_the_limit_is_refused(
    api: httpx.AsyncClient, workflow_client: FakeWorkflowClient, order: Build
) -> None:
    body = json.dumps(order()) + " " * 64 * 1024

    answer = await api.post("/v1/orders", content=body, headers=JSON)

    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/body-too-large")
    assert not workflow_client.sales


async def test_a_body_over_the_limit_is_refused_without_a_content_length(
    api: httpx.AsyncClient, workflow_client: FakeWorkflowClient, order: Build
) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield json.dumps(order()).encode()
        for _ in range(65):
            yield b" " * 1024

    answer = await api.post("/v1/orders", content=chunks(), headers=JSON)

    assert answer.status_code == 413
    assert not workflow_client.sales


async def test_a_body_at_the_limit_is_taken(api: httpx.AsyncClient, order: Build) -> None:
    body = json.dumps(order()).encode()

    answer = await api.post(
        "/v1/orders", content=body + b" " * (64 * 1024 - len(body)), headers=JSON
    )

    assert answer.status_code == 202


@pytest.mark.parametrize("body", [b"{", b"", b"\xff\xfe", b"[" * 60_000, b"null", b"[]", b"7"])
async def test_a_body_that_is_no_order_is_a_problem(
    api: httpx.AsyncClient, workflow_client: FakeWorkflowClient, body: bytes
) -> None:
    answer = await api.post("/v1/orders", content=body, headers=JSON)

    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"
    assert not workflow_client.sales


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nowhere", 404), ("DELETE", "/v1/orders", 405), ("GET", "/v1/orders/", 404)],
)
async def test_wrong_addresses_are_problems_too(
    api: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await api.request(method, path)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert answer.json()["instance"] == path


async def test_a_card_number_in_an_address_is_not_repeated(api: httpx.AsyncClient) -> None:
    answer = await api.get("/v1/orders/4242424242424242")

    assert answer.status_code == 404
    assert "4242424242424242" not in answer.text


async def test_a_bug_is_told_without_details(
    api: httpx.AsyncClient,
    workflow_client: FakeWorkflowClient,
    order: Build,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def explode(_: object) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(workflow_client, "accept_sale", explode)

    answer = await api.post("/v1/orders", json=order())

    assert (answer.status_code, answer.json()["type"]) == (500, "/problems/internal")
    assert "secret detail" not in answer.text


async def test_alive_does_not_depend_on_anything(
    api: httpx.AsyncClient, workflow_client: FakeWorkflowClient
) -> None:
    workflow_client.is_down = True

    assert (await api.get("/health")).json() == {"status": "alive"}


async def test_ready_says_what_is_missing(
    api: httpx.AsyncClient, workflow_client: FakeWorkflowClient
) -> None:
    assert (await api.get("/ready")).status_code == 200
    workflow_client.is_down = True

    answer = await api.get("/ready")

    assert answer.status_code == 503
    assert answer.json()["checks"] == {"temporal": "Temporal cannot be reached", "database": "ok"}


async def test_the_sale_is_documented_with_an_example_and_its_problems(
    api: httpx.AsyncClient,
) -> None:
    schema = (await api.get("/openapi.json")).json()

    sell = schema["paths"]["/v1/orders"]["post"]
    assert sell["summary"]
    assert sell["requestBody"]["content"]["application/json"]["examples"]
    assert set(sell["responses"]) == {"202", "400", "401", "409", "413", "415", "422", "503"}
    problem = sell["responses"]["422"]["content"]["application/problem+json"]["schema"]["$ref"]
    assert problem.rsplit("/", 1)[1] in schema["components"]["schemas"]
    assert sell["security"]


async def test_all_kinds_of_problems_are_listed(api: httpx.AsyncClient) -> None:
    names = [kind["type"] for kind in (await api.get("/problems")).json()]

    assert "/problems/idempotency-key-reused" in names
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"order_id": "order-1", "order_id": "order-2"}', "repeated"),
        (b'{"quantity": NaN}', "NaN"),
        (b'{"order_id": "\\ud800"}', "UTF-8"),
        (b'{"order_id": "\xff"}', "UTF-8"),
        (b'{"quantity": ' + b"9" * 5000 + b"}", "digits"),
        (b'{"a":' * 5000 + b"1" + b"}" * 5000, "deep"),
        (b'{"a":' * 70 + b"1" + b"}" * 70, "deep"),
        (b"{", "no JSON"),
    ],
)
async def test_json_that_two_readers_could_understand_differently_is_malformed(
    api: httpx.AsyncClient, workflow_client: FakeWorkflowClient, body: bytes, told: str
) -> None:
    answer = await api.post("/v1/orders", content=body, headers=JSON)

    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/malformed")
    assert told in answer.json()["detail"]
    assert not workflow_client.sales


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {},
        JSON | {"Content-Encoding": "gzip"},
    ],
)
async def test_a_body_in_another_form_is_refused_with_what_to_send(
    api: httpx.AsyncClient,
    workflow_client: FakeWorkflowClient,
    order: Build,
    headers: dict[str, str],
) -> None:
    answer = await api.post("/v1/orders", content=json.dumps(order()), headers=headers)

    assert (answer.status_code, answer.json()["type"]) == (415, "/problems/unsupported-body")
    assert "Content-" in answer.json()["detail"]
    assert not workflow_client.sales


async def test_a_bug_is_logged_with_its_place_and_without_its_message(
    api: httpx.AsyncClient,
    workflow_client: FakeWorkflowClient,
    order: Build,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    message = "ada@acme.example"

    def explode(_: object) -> None:
        raise ZeroDivisionError(message)

    monkeypatch.setattr(workflow_client, "accept_sale", explode)

    await api.post("/v1/orders", json=order())

    assert "unexpected ZeroDivisionError" in caplog.text
    assert "in explode" in caplog.text
    assert message not in caplog.text


async def test_a_bug_does_not_reach_the_server_which_would_log_its_message(
    services: Services,
    workflow_client: FakeWorkflowClient,
    order: Build,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def explode(_: object) -> None:
        raise ZeroDivisionError("ada@acme.example")

    monkeypatch.setattr(workflow_client, "accept_sale", explode)
    strict = httpx.ASGITransport(build_app(services), raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=strict, base_url="http://api.test") as caller:
        answer = await caller.post(
            "/v1/orders", json=order(), headers={"Authorization": f"Bearer {API_KEY}"}
        )

    assert answer.status_code == 500
