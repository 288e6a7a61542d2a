"""What an account may use: grants released by paid invoices, and holds that suspend them.

Access = union of active grants minus holds. A grant is keyed by its invoice, versioned and
idempotent. Grants commute: the entitlement service ends in the same state in any order of arrival.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class FeatureQuantity:
    """A feature of the catalog and how much of it: 0 for a switch, otherwise the limit (seats, calls)."""

    key: str
    quantity: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Grant:
    """The exact entitlement that the payment of one invoice releases.

    Attributes:
        grant_id: The id of the invoice that pays for it.
        version: Starts at 1; a higher version replaces a lower one in any order of arrival.
        features: What may be used, one entry per feature key.
        starts_at: Instant from which it counts.
        until: Instant at which it ends at the latest: the period's end plus the longest dunning window
            of the policy in force.
    """

    grant_id: str
    version: int
    account_id: str
    subscription_id: str
    features: tuple[FeatureQuantity, ...]
    starts_at: datetime
    until: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Hold:
    """A versioned suspension of everything that one subscription grants.

    Attributes:
        hold_id: One per subscription.
        version: Counts the subscription's changes to the hold, from 1.
        is_active: True suspends, False restores.
        reason: Why, as shown to operators (`ended`, `overdue`).
        starts_at: Instant from which it counts.
    """

    hold_id: str
    version: int
    account_id: str
    subscription_id: str
    is_active: bool
    reason: str
    starts_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Access:
    """What an account may use right now, as the entitlement service computes it."""

    account_id: str
    features: tuple[FeatureQuantity, ...]
    grants: tuple[str, ...]
    holds: tuple[str, ...]
