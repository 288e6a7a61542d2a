"""Where the boundaries of billing periods lie: on the anniversary of the start or on the calendar.

Calendar boundaries are local midnights: the first of a month, quarter, half-year or year, Monday
for weeks, every day for days. An interval of several units starts counting at the first such
boundary. If local midnight does not exist, that boundary moves as in `domain.periods.periods`. Later
boundaries are at midnight again, because they count from the wall clock.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from domain.periods.periods import (
    Interval,
    IntervalUnit,
    Period,
    add_months,
    instant_of,
    nth_period,
    period_containing,
    require_utc,
    shift_wall,
    zone_info,
)


class Alignment(StrEnum):
    """Where the periods of a subscription begin."""

    ANNIVERSARY = "anniversary"
    """At the start and its anniversaries; there is no stub."""
    CALENDAR = "calendar"
    """At calendar boundaries; a start in between is followed by a stub up to the next one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BilledPeriod:
    """One period of a subscription.

    Attributes:
        n: 0 for the first one, stub or not.
        period: What is billed.
        whole: The full interval that `period` is a part of, the denominator of its proration;
            equal to `period` unless `is_stub`.
    """

    n: int
    period: Period
    whole: Period

    @property
    def is_stub(self) -> bool:
        """Whether the period is shorter than its interval."""
        return self.period != self.whole


def first_stub(*, start: datetime, zone: str, interval: Interval) -> Period | None:
    """Return the span from the start to the next calendar boundary; None if it is on one.

    Seconds have no calendar, so they never have a stub.

    Raises:
        ValueError: The start is not in UTC.
        UnknownZoneError: There is no such zone.
    """
    require_utc(start, "start")
    if interval.unit is IntervalUnit.SECOND:
        return None
    tz = zone_info(zone)
    end = instant_of(_calendar_wall(start, tz, interval), tz)
    return None if end == start else Period(start=start, end=end)


def aligned_period(
    *, alignment: Alignment, start: datetime, zone: str, interval: Interval, n: int
) -> BilledPeriod:
    """Return the nth period of a subscription that starts at `start`, the stub included.

    Args:
        alignment: Anniversary or calendar.
        start: Start of the subscription, or of the terms in force, in UTC.
        zone: IANA time zone.
        interval: Length of a whole period.
        n: 0 or more.

    Raises:
        ValueError: `n` is negative, or the start is not in UTC.
        UnknownZoneError: There is no such zone.
    """
    if n < 0:
        raise ValueError(f"n must be 0 or more, got {n}")
    if alignment is Alignment.ANNIVERSARY or interval.unit is IntervalUnit.SECOND:
        whole = nth_period(anchor=start, zone=zone, interval=interval, n=n)
        return BilledPeriod(n=n, period=whole, whole=whole)
    require_utc(start, "start")
    tz = zone_info(zone)
    wall = _calendar_wall(start, tz, interval)
    stub_count = 0 if instant_of(wall, tz) == start else 1
    index = n - stub_count
    whole = Period(
        start=instant_of(shift_wall(wall, interval, index), tz),
        end=instant_of(shift_wall(wall, interval, index + 1), tz),
    )
    period = Period(start=start, end=whole.end) if index < 0 else whole
    return BilledPeriod(n=n, period=period, whole=whole)


def aligned_period_containing(
    *, alignment: Alignment, start: datetime, zone: str, interval: Interval, instant: datetime
) -> BilledPeriod:
    """Return the period of the subscription that contains the instant, in constant time.

    Raises:
        ValueError: The instant lies before the start, or the start is not in UTC.
        UnknownZoneError: There is no such zone.
    """
    if alignment is Alignment.ANNIVERSARY or interval.unit is IntervalUnit.SECOND:
        n, whole = period_containing(anchor=start, zone=zone, interval=interval, instant=instant)
        return BilledPeriod(n=n, period=whole, whole=whole)
    if instant < start:
        raise ValueError(f"{instant.isoformat()} lies before the start {start.isoformat()}")
    stub = first_stub(start=start, zone=zone, interval=interval)
    if stub is not None and stub.contains(instant):
        return aligned_period(alignment=alignment, start=start, zone=zone, interval=interval, n=0)
    first = start if stub is None else stub.end
    guess, _ = period_containing(anchor=first, zone=zone, interval=interval, instant=instant)
    found = _BilledPeriods(alignment=alignment, start=start, zone=zone, interval=interval)
    return found.nearest(guess + (stub is not None), instant)


@dataclass(frozen=True, kw_only=True, slots=True)
class _BilledPeriods:
    """The sequence of periods of one subscription."""

    alignment: Alignment
    start: datetime
    zone: str
    interval: Interval

    def nearest(self, guess: int, instant: datetime) -> BilledPeriod:
        """Return the period that contains the instant, starting from a number near its own."""
        found = self._at(guess)
        # A first boundary moved out of a gap shifts every later guess by less than a day.
        while found.period.start > instant:
            found = self._at(found.n - 1)
        while found.period.end <= instant:
            found = self._at(found.n + 1)
        return found

    def _at(self, n: int) -> BilledPeriod:
        return aligned_period(
            alignment=self.alignment,
            start=self.start,
            zone=self.zone,
            interval=self.interval,
            n=n,
        )


def _calendar_wall(start: datetime, tz: ZoneInfo, interval: Interval) -> datetime:
    """Return the wall-clock time of the first calendar boundary at or after the start."""
    local = start.astimezone(tz).date()
    unit = Interval(unit=interval.unit)
    wall = datetime.combine(local, time(), tzinfo=UTC).replace(tzinfo=None)
    if unit.months:
        wall = wall.replace(day=1, month=local.month - (local.month - 1) % unit.months)
    elif unit.unit is IntervalUnit.WEEK:
        wall -= timedelta(days=local.weekday())
    if instant_of(wall, tz) >= start:
        return wall
    return add_months(wall, unit.months) if unit.months else wall + timedelta(days=unit.days)
