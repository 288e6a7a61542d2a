"""Whatever arrives, in whatever order and however often: readers of access and of flags see the same end."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sandbox import entitlements
from sandbox.assembly import assemble
from sandbox.journal import Journal
from sandbox.store import Store
from sandbox.world import World

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)
FLAGS = "/entitlements/ofrep/v1/evaluate/flags"
ACCOUNTS = ("acc-0", "acc-1")
Put = tuple[str, dict[str, Any]]


def instant(days: int) -> str:
    return (NOW + timedelta(days=days)).isoformat()


def grant(account: int, number: int, version: int) -> Put:
    # The content follows from key and version, as it does for a sender that keeps its word.
    seed = Random(f"{account}/{number}/{version}")
    body = {
        "subscription_id": f"sub-{number % 2}",
        "version": version,
        "features": {"seats": seed.randint(0, 3)}
        | {key: seed.choice([0, 5]) for key in seed.sample(["sso", "calls"], seed.randint(0, 2))},
        "from": instant(seed.choice([-30, -1, 0, 1])),
        "until": instant(seed.choice([0, 1, 40, 40]) + 1),
    }
    return f"/v1/accounts/acc-{account}/grants/inv-{number}", body


def hold(account: int, number: int, version: int) -> Put:
    body = {
        "subscription_id": f"sub-{number}",
        "version": version,
        "active": version % 2 == 1,
        "reason": f"reason {version}",
        "from": instant(-version),
    }
    return f"/v1/accounts/acc-{account}/holds/sub-{number}-hold", body


versions = st.integers(1, 4)
arrivals = st.lists(
    st.one_of(
        st.builds(grant, st.integers(0, 1), st.integers(0, 3), versions),
        st.builds(hold, st.integers(0, 1), st.integers(0, 1), versions),
    ),
    min_size=1,
    max_size=10,
)


async def _after(puts: Sequence[Put]) -> list[Any]:
    store = Store(None)
    world = World(store=store, journal=Journal(store), now=lambda: NOW)
    transport = httpx.ASGITransport(app=assemble(world, [entitlements.build(world)]))
    headers = {"Authorization": "Bearer any"}
    seen: list[Any] = []
    async with httpx.AsyncClient(
        transport=transport, base_url="http://sandbox", headers=headers
    ) as client:
        for path, body in puts:
            answer = await client.put(f"/entitlements{path}", json=body)
            assert answer.is_success
            assert answer.json()["version"] >= body["version"]
        for account in ACCOUNTS:
            root = f"/entitlements/v1/accounts/{account}"
            seen.append((await client.get(f"{root}/access")).json())
            for kind in ("grants", "holds"):
                stored = (await client.get(f"{root}/{kind}")).json()[kind]
                seen.append(sorted(stored, key=str))
            flags = await client.post(FLAGS, json={"context": {"targetingKey": account}})
            seen.extend((flags.json(), flags.headers["etag"]))
    return seen


def after(puts: Sequence[Put]) -> list[Any]:
    """Return all that can be read of both accounts when these have arrived one after the other."""
    return asyncio.run(_after(puts))


@given(arrivals, st.randoms(use_true_random=False), st.integers(1, 3))
def test_every_reader_sees_the_same_end_whatever_the_order(
    puts: list[Put], random: Random, times: int
) -> None:
    shuffled = puts * times
    random.shuffle(shuffled)
    assert after(shuffled) == after(puts)


@given(arrivals)
def test_once_more_is_nothing_more(puts: list[Put]) -> None:
    assert after([*puts, *puts]) == after(puts)


@given(arrivals)
@example([grant(0, 0, version) for version in (1, 2)] + [grant(0, 2, 1), grant(0, 1, 3)])
@example([grant(0, number, 1) for number in range(4)])
@example([grant(0, number, 2) for number in range(4)] + [hold(0, 1, 1)])
@example([grant(0, number, 3) for number in range(4)] + [hold(0, 0, 2)])
def test_access_is_the_union_of_active_grants_minus_holds(puts: list[Put]) -> None:
    access, grants, holds, *_ = after(puts)
    held = {
        each["subscription_id"]
        for each in holds
        if each["active"] and datetime.fromisoformat(each["from"]) <= NOW
    }
    free = [
        each
        for each in grants
        if datetime.fromisoformat(each["from"]) <= NOW < datetime.fromisoformat(each["until"])
        and each["subscription_id"] not in held
    ]
    assert set(access["features"]) == {key for each in free for key in each["features"]}
    for key, quantity in access["features"].items():
        best = {
            subscription: max(
                each["features"].get(key, 0)
                for each in free
                if each["subscription_id"] == subscription
            )
            for subscription in {each["subscription_id"] for each in free}
        }
        assert quantity == sum(best.values())


async def test_a_version_that_conflicts_teaches_nobody_a_flag() -> None:
    store = Store(None)
    world = World(store=store, journal=Journal(store), now=lambda: NOW)
    transport = httpx.ASGITransport(app=assemble(world, [entitlements.build(world)]))
    path, body = grant(0, 0, 1)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://sandbox", headers={"Authorization": "Bearer any"}
    ) as client:
        await client.put(f"/entitlements{path}", json=body)
        other = body | {"features": {"teleport": 1}}
        assert (await client.put(f"/entitlements{path}", json=other)).status_code == 409
        context = {"context": {"targetingKey": "acc-0"}}
        assert (await client.post(f"{FLAGS}/teleport", json=context)).status_code == 404


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', '"other",W/{}'])
async def test_an_unchanged_set_of_flags_is_304_in_every_form_of_the_question(form: str) -> None:
    store = Store(None)
    world = World(store=store, journal=Journal(store), now=lambda: NOW)
    transport = httpx.ASGITransport(app=assemble(world, [entitlements.build(world)]))
    async with httpx.AsyncClient(
        transport=transport, base_url="http://sandbox", headers={"Authorization": "Bearer any"}
    ) as client:
        context = {"context": {"targetingKey": "acc-0"}}
        etag = (await client.post(FLAGS, json=context)).headers["etag"]
        asked = {"If-None-Match": form.format(etag)}
        assert (await client.post(FLAGS, json=context, headers=asked)).status_code == 304
