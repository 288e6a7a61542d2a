"""Of several reasons to suspend access the strictest counts; later versions of a grant replace earlier ones."""

import itertools
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.entitlements.grants import FeatureQuantity, Grant, next_version
from domain.entitlements.holds import HoldLevel, HoldReason, standing_hold, strictest

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
GRANT = Grant(
    grant_id="sub-A1-0001",
    version=1,
    account_id="acme",
    subscription_id="sub-A1",
    features=(FeatureQuantity(key="seats", quantity=3),),
    starts_at=NOON,
    until=NOON + timedelta(days=45),
)
REASONS = st.dictionaries(st.sampled_from(HoldReason), st.sampled_from(HoldLevel))


def test_without_a_reason_nothing_is_suspended():
    assert strictest({}) is None


def test_held_is_stricter_than_restricted():
    reasons = {HoldReason.DUNNING: HoldLevel.RESTRICTED, HoldReason.OPERATOR: HoldLevel.HELD}
    assert strictest(reasons) == (HoldReason.OPERATOR, HoldLevel.HELD)
    del reasons[HoldReason.OPERATOR]
    assert strictest(reasons) == (HoldReason.DUNNING, HoldLevel.RESTRICTED)


@given(REASONS)
def test_what_counts_is_one_of_the_reasons_and_none_is_stricter(
    reasons: dict[HoldReason, HoldLevel],
):
    found = strictest(reasons)
    assert (found is None) == (not reasons)
    if found is not None:
        assert reasons[found[0]] is found[1]
        levels = list(HoldLevel)
        assert all(levels.index(level) <= levels.index(found[1]) for level in reasons.values())


@given(REASONS)
def test_the_order_in_which_reasons_arrive_does_not_matter(reasons: dict[HoldReason, HoldLevel]):
    for order in itertools.islice(itertools.permutations(reasons.items()), 24):
        assert strictest(dict(order)) == strictest(reasons)


def test_lifting_one_reason_never_lifts_another():
    reasons = {HoldReason.DUNNING: HoldLevel.RESTRICTED, HoldReason.OPERATOR: HoldLevel.HELD}

    def stands(version: int) -> tuple[bool, str, HoldLevel]:
        hold = standing_hold(
            reasons, subscription_id="s", account_id="a", version=version, starts_at=NOON
        )
        assert (hold.version, hold.starts_at) == (version, NOON)
        return hold.is_active, hold.reason, hold.level

    assert stands(1) == (True, "operator", HoldLevel.HELD)
    del reasons[HoldReason.OPERATOR]
    assert stands(2) == (True, "dunning", HoldLevel.RESTRICTED)
    reasons.clear()
    assert stands(3) == (False, "lifted", HoldLevel.HELD)


def test_the_next_version_of_a_grant_changes_only_what_is_asked():
    later = next_version(GRANT, until=NOON + timedelta(days=60))
    assert (later.version, later.until) == (2, NOON + timedelta(days=60))
    assert (later.features, later.starts_at) == (GRANT.features, GRANT.starts_at)
    fewer = next_version(later, features=())
    assert (fewer.version, fewer.features, fewer.until) == (3, (), later.until)


def test_a_grant_that_is_ended_before_its_start_is_empty():
    ended = next_version(GRANT, until=NOON - timedelta(days=1))
    assert ended.until == GRANT.starts_at
