"""What an account may use: grants released by paid invoices, less the holds that suspend them.

Access = union of active grants minus holds. A grant is keyed by its invoice, versioned and
idempotent. Grants commute: the entitlement service ends in the same state in any order of arrival.

Who writes which version: version 1 is written when the invoice is paid, by the activity that learns of the
payment or by the invoice itself. Every later version is written by the subscription alone.
"""

from dataclasses import dataclass, replace
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
class Access:
    """What an account may use right now, as the entitlement service computes it."""

    account_id: str
    features: tuple[FeatureQuantity, ...]
    grants: tuple[str, ...]
    holds: tuple[str, ...]


def next_version(
    standing: Grant,
    *,
    features: tuple[FeatureQuantity, ...] | None = None,
    until: datetime | None = None,
) -> Grant:
    """Return the next version of a grant with other features, another end, or both.

    An end never lies before the start of the grant, so a grant that is ended before it counted is empty.
    """
    return replace(
        standing,
        version=standing.version + 1,
        features=standing.features if features is None else features,
        until=standing.until if until is None else max(until, standing.starts_at),
    )
