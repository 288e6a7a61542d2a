from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import available_timezones

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from domain.periods.alignment import (
    Alignment,
    BilledPeriod,
    aligned_period,
    aligned_period_containing,
    first_stub,
)
from domain.periods.periods import Interval, IntervalUnit, Period, UnknownZoneError

Utc = Callable[[str], datetime]
ANCHORS = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001 - hypothesis wants naive bounds
    max_value=datetime(2040, 1, 1),  # noqa: DTZ001 - hypothesis wants naive bounds
    timezones=st.just(UTC),
)
ZONES = st.sampled_from(sorted(available_timezones() - {"localtime"}))
INTERVALS = st.builds(
    Interval, unit=st.sampled_from(IntervalUnit), count=st.integers(min_value=1, max_value=5)
)
ALIGNMENTS = st.sampled_from(Alignment)
DAY = Interval(unit=IntervalUnit.DAY)


@pytest.mark.parametrize(
    ("unit", "end"),
    [
        ("day", "2024-05-16"),
        ("week", "2024-05-20"),
        ("month", "2024-06-01"),
        ("quarter", "2024-07-01"),
        ("half_year", "2024-07-01"),
        ("year", "2025-01-01"),
    ],
)
def test_the_stub_ends_at_the_next_calendar_boundary(utc: Utc, unit: str, end: str):
    start = utc("2024-05-15T10:00")
    stub = first_stub(start=start, zone="UTC", interval=Interval(unit=IntervalUnit(unit)))
    assert stub == Period(start=start, end=utc(end))


@pytest.mark.parametrize(
    ("unit", "start"),
    [
        ("day", "2024-05-15"),
        ("week", "2024-05-13"),
        ("month", "2024-05-01"),
        ("quarter", "2024-10-01"),
        ("half_year", "2024-07-01"),
        ("year", "2024-01-01"),
        ("second", "2024-05-15T10:00:01"),
    ],
)
def test_a_start_on_the_boundary_has_no_stub(utc: Utc, unit: str, start: str):
    interval = Interval(unit=IntervalUnit(unit))
    assert first_stub(start=utc(start), zone="UTC", interval=interval) is None


def test_boundaries_are_local_midnights(utc: Utc):
    month = Interval(unit=IntervalUnit.MONTH)
    stub = first_stub(start=utc("2024-03-15"), zone="America/New_York", interval=month)
    assert stub == Period(start=utc("2024-03-15"), end=utc("2024-04-01T04:00"))


def test_a_stub_knows_the_whole_interval_it_is_a_part_of(utc: Utc):
    start = utc("2024-02-10")
    month = Interval(unit=IntervalUnit.MONTH)
    stub = aligned_period(
        alignment=Alignment.CALENDAR, start=start, zone="UTC", interval=month, n=0
    )
    assert stub.is_stub
    assert stub.period == Period(start=start, end=utc("2024-03-01"))
    assert stub.whole == Period(start=utc("2024-02-01"), end=utc("2024-03-01"))


def test_an_anniversary_has_no_stub(utc: Utc):
    month = Interval(unit=IntervalUnit.MONTH)
    first = aligned_period(
        alignment=Alignment.ANNIVERSARY, start=utc("2024-02-10"), zone="UTC", interval=month, n=0
    )
    period = Period(start=utc("2024-02-10"), end=utc("2024-03-10"))
    assert first == BilledPeriod(n=0, period=period, whole=period)
    assert not first.is_stub


def test_a_midnight_lost_to_a_gap_moves_one_boundary_and_no_other(utc: Utc):
    # Havana: on 2024-03-10 the clocks go from 00:00 (05:00 UTC) to 01:00.
    periods = [
        aligned_period(
            alignment=Alignment.CALENDAR,
            start=utc("2024-03-09T15:00"),
            zone="America/Havana",
            interval=DAY,
            n=n,
        ).period
        for n in range(3)
    ]
    assert [period.end for period in periods] == [
        utc("2024-03-10T05:00"),
        utc("2024-03-11T04:00"),
        utc("2024-03-12T04:00"),
    ]


@given(ALIGNMENTS, ANCHORS, ZONES, INTERVALS, st.integers(min_value=0, max_value=60))
def test_every_aligned_period_ends_where_the_next_one_starts(
    alignment: Alignment, start: datetime, zone: str, interval: Interval, n: int
):
    this, following = (
        aligned_period(alignment=alignment, start=start, zone=zone, interval=interval, n=number)
        for number in (n, n + 1)
    )
    assert this.period.end == following.period.start
    assert this.whole.start <= this.period.start
    assert this.whole.end == this.period.end
    assert n > 0 or this.period.start == start
    assert n == 0 or not this.is_stub


@given(ALIGNMENTS, ANCHORS, ZONES, INTERVALS, st.timedeltas(timedelta(0), timedelta(days=40 * 366)))
@example(
    Alignment.CALENDAR,
    datetime(2024, 3, 9, 15, tzinfo=UTC),
    "America/Havana",
    DAY,
    timedelta(days=1, hours=13, minutes=30),
)
def test_the_aligned_period_found_contains_the_instant(
    alignment: Alignment, start: datetime, zone: str, interval: Interval, elapsed: timedelta
):
    instant = start + elapsed
    found = aligned_period_containing(
        alignment=alignment, start=start, zone=zone, interval=interval, instant=instant
    )
    assert found.period.contains(instant)
    assert found == aligned_period(
        alignment=alignment, start=start, zone=zone, interval=interval, n=found.n
    )


@given(ANCHORS, ZONES, INTERVALS)
def test_the_first_stub_is_the_first_aligned_period(start: datetime, zone: str, interval: Interval):
    stub = first_stub(start=start, zone=zone, interval=interval)
    first = aligned_period(
        alignment=Alignment.CALENDAR, start=start, zone=zone, interval=interval, n=0
    )
    assert first.period == stub if stub else not first.is_stub


@pytest.mark.parametrize("alignment", Alignment)
def test_an_instant_before_the_start_and_a_negative_number_are_refused(
    utc: Utc, alignment: Alignment
):
    with pytest.raises(ValueError, match="lies before"):
        aligned_period_containing(
            alignment=alignment,
            start=utc("2024-01-02"),
            zone="UTC",
            interval=DAY,
            instant=utc("2024-01-01"),
        )
    with pytest.raises(ValueError, match="n must be 0 or more, got -1"):
        aligned_period(alignment=alignment, start=utc("2024-01-02"), zone="UTC", interval=DAY, n=-1)


def test_an_unknown_zone_is_refused(utc: Utc):
    with pytest.raises(UnknownZoneError):
        first_stub(start=utc("2024-01-02"), zone="Mars/Base", interval=DAY)


@given(ANCHORS, ZONES, INTERVALS)
def test_an_aligned_period_survives_serialisation(start: datetime, zone: str, interval: Interval):
    found = aligned_period(
        alignment=Alignment.CALENDAR, start=start, zone=zone, interval=interval, n=1
    )
    adapter = TypeAdapter(BilledPeriod)
    assert adapter.validate_json(adapter.dump_json(found)) == found
