"""Holds: what suspends the access of one subscription, as a set of reasons of which the strictest stands.

Only the subscription writes its hold. Lifting one reason never lifts another.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.ids import hold_id


class HoldReason(StrEnum):
    """Why access is suspended."""

    ENDED = "ended"
    PAUSED = "paused"
    DUNNING = "dunning"
    REVIEW = "review"
    OPERATOR = "operator"


class HoldLevel(StrEnum):
    """How far a hold goes, the milder one first."""

    RESTRICTED = "restricted"
    """The grants count; what may be done with them is the product's decision."""
    HELD = "held"
    """Nothing may be used."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Hold:
    """A versioned suspension of everything that one subscription grants.

    Attributes:
        hold_id: One per subscription.
        version: Counts the subscription's changes to the hold, from 1.
        is_active: True suspends, False restores.
        reason: Why, as shown to operators (`ended`); `lifted` if there is no reason any more.
        starts_at: Instant from which it counts.
        level: How far it goes.
    """

    hold_id: str
    version: int
    account_id: str
    subscription_id: str
    is_active: bool
    reason: str
    starts_at: datetime
    level: HoldLevel = HoldLevel.HELD


def strictest(reasons: Mapping[HoldReason, HoldLevel]) -> tuple[HoldReason, HoldLevel] | None:
    """Return the reason and the level that stand, or None without any; of equal levels, the first reason."""
    for level in reversed(HoldLevel):
        for reason in HoldReason:
            if reasons.get(reason) is level:
                return reason, level
    return None


def standing_hold(
    reasons: Mapping[HoldReason, HoldLevel],
    *,
    subscription_id: str,
    account_id: str,
    version: int,
    starts_at: datetime,
) -> Hold:
    """Return the hold of a subscription for these reasons at this version; without a reason it is lifted."""
    found = strictest(reasons)
    return Hold(
        hold_id=hold_id(subscription_id),
        version=version,
        account_id=account_id,
        subscription_id=subscription_id,
        is_active=found is not None,
        reason="lifted" if found is None else found[0],
        starts_at=starts_at,
        level=HoldLevel.HELD if found is None else found[1],
    )
