"""The REST contract and the OFREP reads."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from sandbox import entitlements
from sandbox.assembly import assemble
from sandbox.journal import Journal
from sandbox.store import Document, Store
from sandbox.world import World, WorldSettings

GRANT = "/entitlements/v1/accounts/acc-1/grants/inv-1"
HOLD = "/entitlements/v1/accounts/acc-1/holds/sub-1-hold"
ACCESS = "/entitlements/v1/accounts/acc-1/access"
FLAGS = "/entitlements/ofrep/v1/evaluate/flags"
CONTEXT = {"context": {"targetingKey": "acc-1"}}


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 3, 15, 12, 0, 0, 123_000, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def service(clock: Clock) -> AsyncGenerator[httpx.AsyncClient]:
    store = Store(None)
    settings = WorldSettings(entitlements_key="key-1")
    world = World(store=store, journal=Journal(store), settings=settings, now=clock)
    transport = httpx.ASGITransport(app=assemble(world, [entitlements.build(world)]))
    headers = {"Authorization": "Bearer key-1"}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://sandbox", headers=headers
    ) as client:
        yield client


def grant(version: int = 1, **features: int) -> Document:
    return {
        "subscription_id": "sub-1",
        "version": version,
        "features": features or {"seats": 5},
        "from": "2026-03-15T13:00:00+01:00",
        "until": "2026-05-01T00:00:00Z",
    }


def hold(version: int, *, active: bool) -> Document:
    instant = "2026-03-15T12:00:00Z"
    return {
        "subscription_id": "sub-1",
        "version": version,
        "active": active,
        "reason": "overdue",
        "from": instant,
    }


async def test_a_first_put_creates_and_a_repeat_answers_the_same(
    service: httpx.AsyncClient,
) -> None:
    created = await service.put(GRANT, json=grant())
    repeated = await service.put(GRANT, json=grant())
    assert (created.status_code, repeated.status_code) == (201, 200)
    assert created.json() == repeated.json()
    assert created.json()["from"] == "2026-03-15T12:00:00Z"


async def test_a_lower_version_is_answered_with_the_one_that_stands(
    service: httpx.AsyncClient,
) -> None:
    await service.put(GRANT, json=grant(2, seats=8))
    late = await service.put(GRANT, json=grant(1, seats=5))
    assert late.status_code == 200
    assert late.headers["X-Superseded"] == "true"
    assert late.json()["features"] == {"seats": 8}


async def test_the_same_version_with_other_content_is_a_problem_409(
    service: httpx.AsyncClient,
) -> None:
    await service.put(GRANT, json=grant(seats=5))
    conflict = await service.put(GRANT, json=grant(seats=6))
    assert conflict.status_code == 409
    assert conflict.headers["content-type"] == "application/problem+json"
    assert (await service.get(GRANT)).json()["features"] == {"seats": 5}


async def test_access_follows_grant_and_hold(service: httpx.AsyncClient) -> None:
    await service.put(GRANT, json=grant())
    await service.put(HOLD, json=hold(1, active=True))
    held = (await service.get(ACCESS)).json()
    assert held == {
        "account_id": "acc-1",
        "features": {},
        "grants": ["inv-1"],
        "holds": ["sub-1-hold"],
    }
    await service.put(HOLD, json=hold(2, active=False))
    assert (await service.get(ACCESS)).json()["features"] == {"seats": 5}


async def test_a_grant_ends_by_itself(service: httpx.AsyncClient, clock: Clock) -> None:
    await service.put(GRANT, json=grant())
    clock.now += timedelta(days=90)
    assert (await service.get(ACCESS)).json()["features"] == {}


async def test_an_account_that_nobody_granted_anything_has_no_access(
    service: httpx.AsyncClient,
) -> None:
    empty: Document = {"account_id": "acc-1", "features": {}, "grants": [], "holds": []}
    assert (await service.get(ACCESS)).json() == empty


@pytest.mark.parametrize("authorization", ["", "Bearer other"])
async def test_without_the_key_nothing_is_read_or_written(
    service: httpx.AsyncClient, authorization: str
) -> None:
    headers = {"Authorization": authorization}
    assert (await service.put(GRANT, json=grant(), headers=headers)).status_code == 401
    assert (await service.get(GRANT)).status_code == 404


@pytest.mark.parametrize(("body", "status"), [(b"{", 400), (b"{}", 422)])
async def test_a_body_that_is_not_valid_is_a_problem(
    service: httpx.AsyncClient, body: bytes, status: int
) -> None:
    refused = await service.put(GRANT, content=body)
    assert refused.status_code == status
    assert refused.json()["status"] == status


async def test_the_journal_keeps_the_millisecond_of_the_first_put_only(
    service: httpx.AsyncClient, clock: Clock
) -> None:
    await service.put(GRANT, json=grant())
    clock.now += timedelta(seconds=1)
    await service.put(GRANT, json=grant())
    entries = (await service.get("/_journal/entitlements")).json()
    puts = [entry["at"] for entry in entries if entry["action"] == "grant.put"]
    assert puts == ["2026-03-15T12:00:00.123+00:00"]


@pytest.mark.parametrize(
    ("features", "value", "reason"),
    [({"seats": 7}, 7, "TARGETING_MATCH"), ({"seats": 0}, True, "TARGETING_MATCH")],
)
async def test_a_flag_is_a_number_for_a_quantity_and_true_for_a_switch(
    service: httpx.AsyncClient, features: dict[str, int], value: object, reason: str
) -> None:
    await service.put(GRANT, json=grant(1, **features))
    flag = (await service.post(f"{FLAGS}/seats", json=CONTEXT)).json()
    assert (flag["key"], flag["value"], flag["reason"]) == ("seats", value, reason)


async def test_a_flag_of_another_account_is_off_by_default(service: httpx.AsyncClient) -> None:
    await service.put(GRANT, json=grant(1, sso=0))
    context = {"context": {"targetingKey": "acc-2"}}
    flag = (await service.post(f"{FLAGS}/sso", json=context)).json()
    assert (flag["value"], flag["reason"]) == (False, "DEFAULT")


async def test_a_flag_never_granted_to_anyone_is_not_found(service: httpx.AsyncClient) -> None:
    reply = await service.post(f"{FLAGS}/teleport", json=CONTEXT)
    assert reply.status_code == 404
    assert reply.json()["errorCode"] == "FLAG_NOT_FOUND"


@pytest.mark.parametrize(
    ("body", "code"), [({"context": {}}, "TARGETING_KEY_MISSING"), ([], "PARSE_ERROR")]
)
async def test_a_context_without_account_is_refused(
    service: httpx.AsyncClient, body: object, code: str
) -> None:
    reply = await service.post(f"{FLAGS}/seats", json=body)
    assert (reply.status_code, reply.json()["errorCode"]) == (400, code)


async def test_bulk_evaluation_answers_304_until_access_changes(
    service: httpx.AsyncClient,
) -> None:
    await service.put(GRANT, json=grant())
    first = await service.post(FLAGS, json=CONTEXT)
    seen = {"If-None-Match": first.headers["etag"]}
    assert [flag["value"] for flag in first.json()["flags"]] == [5]
    assert (await service.post(FLAGS, json=CONTEXT, headers=seen)).status_code == 304
    await service.put(GRANT, json=grant(2, seats=9))
    assert (await service.post(FLAGS, json=CONTEXT, headers=seen)).status_code == 200


async def test_a_scripted_fault_is_a_problem_and_its_lost_twin_still_takes_effect(
    service: httpx.AsyncClient,
) -> None:
    await service.post("/_faults/entitlements", json={"fault": "status", "times": 1})
    assert (await service.put(GRANT, json=grant())).json()["status"] == 503
    await service.post("/_faults/entitlements", json={"fault": "lost_response", "times": 1})
    with pytest.raises(ConnectionError):
        await service.put(GRANT, json=grant())
    assert (await service.get(GRANT)).status_code == 200


async def test_the_page_shows_what_each_account_may_use(service: httpx.AsyncClient) -> None:
    await service.put(GRANT, json=grant())
    await service.put(HOLD, json=hold(1, active=True))
    page = await service.get("/entitlements/")
    assert page.status_code == 200
    assert "locked" in page.text
