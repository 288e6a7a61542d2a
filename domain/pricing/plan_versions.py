"""Which version of a plan is sold on a day, and which one an existing subscription pays.

A version is never edited. A price change is a new version that says from when it is sold and what it
means for those who already have the plan.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class ForExisting(StrEnum):
    """Which existing subscriptions a new version applies to, besides new sales."""

    NEW_ONLY = "new_only"
    """None: a subscription with an older version keeps it."""
    AT_NEXT_ANCHOR = "at_next_anchor"
    """All, from their first period that begins once the version is sold."""
    FROM_DATE = "from_date"
    """All, from their first period that begins on `existing_from` or later."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanVersion:
    """When a version of a plan counts, as local dates of the customer.

    Attributes:
        version: 1 or more; a later version has a higher one.
        sold_from: First day on which it is sold.
        existing: What it means for existing subscriptions.
        existing_from: With `from_date`: first day on which a period may begin under it.

    Raises:
        ValueError: `existing_from` is missing or not allowed, or lies before `sold_from`.
    """

    version: int
    sold_from: date = date.min
    existing: ForExisting = ForExisting.NEW_ONLY
    existing_from: date | None = None

    def __post_init__(self) -> None:
        is_dated = self.existing is ForExisting.FROM_DATE
        if (self.existing_from is not None) != is_dated:
            raise ValueError("existing_from goes with existing = 'from_date', and only with it")
        if self.existing_from is not None and self.existing_from < self.sold_from:
            raise ValueError(
                f"existing_from {self.existing_from} lies before sold_from {self.sold_from}"
            )

    def concerns(self, period_start: date) -> bool:
        """Whether an existing subscription pays this version in a period that begins then."""
        if self.existing is ForExisting.NEW_ONLY:
            return False
        return (self.existing_from or self.sold_from) <= period_start


def version_on_sale(versions: Sequence[PlanVersion], on: date) -> PlanVersion | None:
    """Return the newest version that is sold on this day, or None if none is yet."""
    sold = [version for version in versions if version.sold_from <= on]
    return max(sold, key=lambda version: version.version, default=None)


def version_for_period(versions: Sequence[PlanVersion], *, current: int, period_start: date) -> int:
    """Return the version that an existing subscription pays in its period that begins on this day.

    Args:
        versions: Of the plan, in any order.
        current: The version that it pays so far.
        period_start: Local date on which the period begins.
    """
    newer = (version.version for version in versions if version.concerns(period_start))
    return max(current, *newer, current)
