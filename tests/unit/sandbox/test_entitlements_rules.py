"""Grants and holds commute: whatever the order and however often they arrive, the end is the same."""

from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.entitlements.accounts import Accounts
from sandbox.entitlements.rules import (
    InvalidBodyError,
    Verdict,
    access,
    higher_version,
    parse_grant,
    parse_hold,
)
from sandbox.journal import Journal
from sandbox.store import Document, Store

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)


def grant(
    grant_id: str = "inv-1",
    *,
    version: int = 1,
    subscription: str = "sub-1",
    features: dict[str, int] | None = None,
    starts_at: str = "2026-03-01T00:00:00Z",
    until: str = "2026-05-01T00:00:00Z",
) -> Document:
    body = {
        "subscription_id": subscription,
        "version": version,
        "features": {"seats": 5} if features is None else features,
        "from": starts_at,
        "until": until,
    }
    return {"account_id": "acc-1", "grant_id": grant_id} | parse_grant(body)


def hold(*, version: int = 1, active: bool = True, subscription: str = "sub-1") -> Document:
    body = {
        "subscription_id": subscription,
        "version": version,
        "active": active,
        "reason": "overdue",
        "from": "2026-03-10T00:00:00Z",
    }
    return {"account_id": "acc-1", "hold_id": f"{subscription}-hold"} | parse_hold(body)


def account(*documents: Document) -> Document:
    return {
        "account_id": "acc-1",
        "grants": {one["grant_id"]: one for one in documents if "grant_id" in one},
        "holds": {one["hold_id"]: one for one in documents if "hold_id" in one},
    }


def features(*documents: Document) -> dict[str, int]:
    found: dict[str, int] = access(account(*documents), NOW)["features"]
    return found


def sent_grant(number: int, version: int) -> Document:
    # The content follows from key and version, as it does for a sender that keeps its word.
    return grant(
        f"inv-{number}",
        version=version,
        subscription=f"sub-{number % 2}",
        features={"seats": number + version, "sso": 0},
    )


def sent_hold(number: int, version: int) -> Document:
    return hold(version=version, active=version % 2 == 1, subscription=f"sub-{number}")


versions = st.integers(1, 4)
arrivals = st.lists(
    st.one_of(
        st.builds(sent_grant, st.integers(1, 4), versions),
        st.builds(sent_hold, st.integers(0, 1), versions),
    ),
    min_size=1,
    max_size=12,
)


def arrive(documents: list[Document]) -> Document:
    store = Store(None)
    accounts = Accounts(store=store, journal=Journal(store))
    for document in documents:
        put = accounts.put_grant if "grant_id" in document else accounts.put_hold
        assert put("acc-1", document, NOW).verdict is not Verdict.CONFLICT
    found = accounts.read("acc-1")
    return access(found, NOW) | {"grants": found["grants"], "holds": found["holds"]}


@given(arrivals, st.randoms(use_true_random=False), st.integers(1, 3))
def test_any_order_and_any_repetition_end_in_the_same_state(
    documents: list[Document], random: Random, times: int
) -> None:
    shuffled = documents * times
    random.shuffle(shuffled)
    assert arrive(shuffled) == arrive(documents)


@given(arrivals)
def test_the_highest_version_stands_whatever_came_last(documents: list[Document]) -> None:
    end = arrive(documents)
    for document in documents:
        if "grant_id" in document:
            assert end["grants"][document["grant_id"]]["version"] >= document["version"]


def test_the_same_version_with_other_content_is_a_conflict_and_changes_nothing() -> None:
    stored = grant(features={"seats": 5})
    outcome = higher_version(stored, grant(features={"seats": 6}))
    assert outcome.verdict is Verdict.CONFLICT
    assert outcome.stored == stored


def test_a_renewal_that_overlaps_does_not_double_the_quantity() -> None:
    assert features(grant("inv-1"), grant("inv-2")) == {"seats": 5}


def test_quantities_of_different_subscriptions_add_up() -> None:
    assert features(grant("inv-1"), grant("inv-2", subscription="sub-2")) == {"seats": 10}


def test_a_switch_is_on_when_any_grant_gives_it() -> None:
    assert features(grant(features={"sso": 0})) == {"sso": 0}


def test_a_hold_suspends_its_subscription_and_no_other() -> None:
    mine, other = grant("inv-1"), grant("inv-2", subscription="sub-2", features={"seats": 2})
    assert features(mine, other, hold()) == {"seats": 2}


def test_an_ended_hold_gives_everything_back() -> None:
    assert features(grant(), hold(version=2, active=False)) == {"seats": 5}


@pytest.mark.parametrize(
    ("starts_at", "until", "expected"),
    [
        ("2026-03-15T12:00:00Z", "2026-04-01T00:00:00Z", {"seats": 5}),
        ("2026-03-15T12:00:01Z", "2026-04-01T00:00:00Z", {}),
        ("2026-03-01T00:00:00Z", "2026-03-15T12:00:00Z", {}),
    ],
)
def test_a_grant_counts_from_its_first_instant_and_not_at_its_last(
    starts_at: str, until: str, expected: dict[str, int]
) -> None:
    assert features(grant(starts_at=starts_at, until=until)) == expected


@pytest.mark.parametrize(
    "change",
    [
        {"version": 0},
        {"version": True},
        {"version": "1"},
        {"features": {"seats": -1}},
        {"features": {"seats": 1.5}},
        {"features": []},
        {"from": "2026-03-01T00:00:00"},
        {"until": "tomorrow"},
        {"until": "2026-01-01T00:00:00Z"},
        {"subscription_id": ""},
        {"extra": 1},
    ],
)
def test_a_grant_that_is_not_valid_is_refused(change: dict[str, object]) -> None:
    body = {
        "subscription_id": "sub-1",
        "version": 1,
        "features": {"seats": 5},
        "from": "2026-03-01T00:00:00Z",
        "until": "2026-05-01T00:00:00Z",
    }
    with pytest.raises(InvalidBodyError):
        parse_grant(body | change)
