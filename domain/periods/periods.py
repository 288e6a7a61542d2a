"""Billing periods: half-open spans of instants, the nth computed from the anchor in local time.

A boundary keeps the anchor's wall-clock time in the customer's time zone. A month keeps
the anchor's day; a month that is too short uses its last day (31 Jan -> 29 Feb -> 31 Mar), and so
does 29 Feb in yearly intervals. Two days in the year need a rule:

* gap (clocks go forward, the wall-clock time does not exist): the boundary moves forward by the
  length of the gap, 02:30 becomes 03:30;
* overlap (clocks go back, the time exists twice): the first occurrence. An anchor in the second
  one starts its own period there; later boundaries follow the rule.

If a zone skipped a whole date (Samoa, 30 Dec 2011), a one-day period is empty. Intervals of
seconds are absolute. Everything is stored as UTC; results depend only on arguments and tz data.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from typing_extensions import override

_MONTHS_IN_YEAR: Final = 12


class IntervalUnit(StrEnum):
    """What an interval counts; `second` is for tests and demonstrations only."""

    SECOND = "second"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    HALF_YEAR = "half_year"
    YEAR = "year"


_DAYS: Final = {IntervalUnit.DAY: 1, IntervalUnit.WEEK: 7}
_MONTHS: Final = {
    IntervalUnit.MONTH: 1,
    IntervalUnit.QUARTER: 3,
    IntervalUnit.HALF_YEAR: 6,
    IntervalUnit.YEAR: 12,
}


class UnknownZoneError(ValueError):
    """The name is not in the IANA time zone database; never worth a retry."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Interval:
    """How often a subscription renews: every `count` units, 1 or more.

    Raises:
        ValueError: The count is below 1.
    """

    unit: IntervalUnit
    count: int = 1

    def __post_init__(self) -> None:
        if self.count < 1:
            raise ValueError(f"an interval counts 1 or more, got {self.count}")

    @property
    def months(self) -> int:
        """Calendar months in the interval; 0 if it counts days or seconds."""
        return _MONTHS.get(self.unit, 0) * self.count

    @property
    def days(self) -> int:
        """Calendar days in the interval; 0 if it counts months or seconds."""
        return _DAYS.get(self.unit, 0) * self.count

    @override
    def __str__(self) -> str:
        return self.unit.value if self.count == 1 else f"{self.count} {self.unit.value}s"


@dataclass(frozen=True, kw_only=True, slots=True)
class Period:
    """A span of time from `start` up to but not including `end`, both in UTC.

    Raises:
        ValueError: An instant is not in UTC, or the end lies before the start.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        require_utc(self.start, "start")
        require_utc(self.end, "end")
        if self.end < self.start:
            raise ValueError(f"a period cannot end ({self.end}) before it starts ({self.start})")

    @property
    def is_empty(self) -> bool:
        """Whether the period contains no instant at all."""
        return self.start == self.end

    @property
    def duration(self) -> timedelta:
        """Absolute length, 0 or more."""
        return self.end - self.start

    def contains(self, instant: datetime) -> bool:
        """Whether the instant lies in the period; the end does not."""
        return self.start <= instant < self.end


def require_utc(instant: datetime, name: str) -> None:
    """Check that the instant is aware and in UTC.

    Raises:
        ValueError: It is naive or has another offset.
    """
    if instant.utcoffset() != timedelta(0):
        raise ValueError(f"{name} must be in UTC, got {instant.isoformat()}")


def zone_info(zone: str) -> ZoneInfo:
    """Return the time zone of an IANA name such as "Europe/Berlin".

    Raises:
        UnknownZoneError: There is no such zone.
    """
    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UnknownZoneError(
            f"Unknown time zone {zone!r}: expected an IANA name such as 'Europe/Berlin'."
        ) from error


def nth_period(*, anchor: datetime, zone: str, interval: Interval, n: int) -> Period:
    """Return the nth period counted from the anchor; period 0 starts at the anchor.

    Always computed from the anchor, so that short months never move the day.

    Args:
        anchor: Start of period 0, in UTC.
        zone: IANA time zone whose wall clock the boundaries keep.
        interval: Length of each period.
        n: 0 or more.

    Raises:
        ValueError: `n` is negative, the anchor is not in UTC, or the year passes 9999.
        UnknownZoneError: There is no such zone.
    """
    if n < 0:
        raise ValueError(f"n must be 0 or more, got {n}")
    require_utc(anchor, "anchor")
    anchor = anchor.astimezone(UTC)
    tz = zone_info(zone)
    return Period(
        start=_boundary(anchor, tz, interval, n), end=_boundary(anchor, tz, interval, n + 1)
    )


def period_containing(
    *, anchor: datetime, zone: str, interval: Interval, instant: datetime
) -> tuple[int, Period]:
    """Return the number and the period that contains the instant, in constant time.

    Raises:
        ValueError: The instant lies before the anchor.
        UnknownZoneError: There is no such zone.
    """
    require_utc(anchor, "anchor")
    if instant < anchor:
        raise ValueError(f"{instant.isoformat()} lies before the anchor {anchor.isoformat()}")
    anchor = anchor.astimezone(UTC)
    tz = zone_info(zone)
    n = max(0, _estimate(anchor, tz, interval, instant))
    while n > 0 and _boundary(anchor, tz, interval, n) > instant:
        n -= 1
    while _boundary(anchor, tz, interval, n + 1) <= instant:
        n += 1
    return n, nth_period(anchor=anchor, zone=zone, interval=interval, n=n)


def local_days(period: Period, zone: str) -> int:
    """Return the number of local dates from the start's date up to but not including the end's."""
    tz = zone_info(zone)
    return (period.end.astimezone(tz).date() - period.start.astimezone(tz).date()).days


def local_date(instant: datetime, zone: str) -> date:
    """Return the local date of the instant in this zone.

    Raises:
        UnknownZoneError: There is no such zone.
    """
    return instant.astimezone(zone_info(zone)).date()


def end_of_day(day: date, zone: str) -> datetime:
    """Return the instant in UTC at which this local date ends.

    Raises:
        UnknownZoneError: There is no such zone.
    """
    midnight = datetime.combine(day, time.min) + timedelta(days=1)
    return instant_of(midnight, zone_info(zone))


def add_months(wall: datetime, months: int) -> datetime:
    """Return the wall-clock time `months` later, on the month's last day if it is shorter.

    Raises:
        ValueError: The year leaves 1 to 9999.
    """
    year, month0 = divmod(wall.year * _MONTHS_IN_YEAR + wall.month - 1 + months, _MONTHS_IN_YEAR)
    day = min(wall.day, days_in_month(year, month0 + 1))
    return wall.replace(year=year, month=month0 + 1, day=day)


def days_in_month(year: int, month: int) -> int:
    """Return the number of days in the month, 28 to 31; months count from 1."""
    return monthrange(year, month)[1]


def instant_of(wall: datetime, tz: ZoneInfo) -> datetime:
    """Return the UTC instant of a naive wall-clock time, by the gap and overlap rules above."""
    # fold=0 is the offset before the change: it picks the first of two occurrences and, in a gap,
    # an instant that is one gap later on the wall clock.
    return wall.replace(tzinfo=tz, fold=0).astimezone(UTC)


def _boundary(anchor: datetime, tz: ZoneInfo, interval: Interval, n: int) -> datetime:
    if n == 0:
        return anchor
    if interval.unit is IntervalUnit.SECOND:
        return anchor + timedelta(seconds=interval.count * n)
    wall = anchor.astimezone(tz).replace(tzinfo=None)
    return instant_of(shift_wall(wall, interval, n), tz)


def shift_wall(wall: datetime, interval: Interval, n: int) -> datetime:
    """Return the naive wall-clock time `n` intervals of days or months later."""
    if interval.months:
        return add_months(wall, interval.months * n)
    return wall + timedelta(days=interval.days * n)


def _estimate(anchor: datetime, tz: ZoneInfo, interval: Interval, instant: datetime) -> int:
    """Return the number of the period that contains the instant, or of a neighbour."""
    if interval.unit is IntervalUnit.SECOND:
        return (instant - anchor) // timedelta(seconds=interval.count)
    first, last = anchor.astimezone(tz).date(), instant.astimezone(tz).date()
    if interval.months:
        months = (last.year - first.year) * _MONTHS_IN_YEAR + last.month - first.month
        return months // interval.months
    return (last - first).days // interval.days
