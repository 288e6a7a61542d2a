from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from domain.periods.periods import (
    Interval,
    IntervalUnit,
    Period,
    UnknownZoneError,
    days_in_month,
    local_days,
    nth_period,
    period_containing,
)

UNITS = st.sampled_from(IntervalUnit)
INTERVALS = st.builds(Interval, unit=UNITS, count=st.integers(min_value=1, max_value=24))
ZONES = st.sampled_from(sorted(available_timezones() - {"localtime"}))
ANCHORS = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001 - hypothesis wants naive bounds
    max_value=datetime(2040, 1, 1),  # noqa: DTZ001 - hypothesis wants naive bounds
    timezones=st.just(UTC),
)
MONTH = Interval(unit=IntervalUnit.MONTH)
YEAR = Interval(unit=IntervalUnit.YEAR)
DAY = Interval(unit=IntervalUnit.DAY)
Utc = Callable[[str], datetime]


def starts(anchor: datetime, zone: str, interval: Interval, count: int) -> list[str]:
    tz = ZoneInfo(zone)
    return [
        nth_period(anchor=anchor, zone=zone, interval=interval, n=n)
        .start.astimezone(tz)
        .strftime("%Y-%m-%d %H:%M")
        for n in range(count)
    ]


def test_the_31st_becomes_the_last_day_and_comes_back(utc: Utc):
    assert starts(utc("2024-01-31"), "UTC", MONTH, 5) == [
        "2024-01-31 00:00",
        "2024-02-29 00:00",
        "2024-03-31 00:00",
        "2024-04-30 00:00",
        "2024-05-31 00:00",
    ]


def test_the_29th_of_february_every_year_waits_for_the_next_leap_year(utc: Utc):
    assert starts(utc("2024-02-29"), "UTC", YEAR, 5) == [
        "2024-02-29 00:00",
        "2025-02-28 00:00",
        "2026-02-28 00:00",
        "2027-02-28 00:00",
        "2028-02-29 00:00",
    ]


@pytest.mark.parametrize(
    ("unit", "count", "second", "third"),
    [
        ("second", 90, "2024-01-31T00:01:30", "2024-01-31T00:03:00"),
        ("day", 1, "2024-02-01", "2024-02-02"),
        ("day", 10, "2024-02-10", "2024-02-20"),
        ("week", 1, "2024-02-07", "2024-02-14"),
        ("week", 2, "2024-02-14", "2024-02-28"),
        ("month", 1, "2024-02-29", "2024-03-31"),
        ("month", 13, "2025-02-28", "2026-03-31"),
        ("quarter", 1, "2024-04-30", "2024-07-31"),
        ("half_year", 1, "2024-07-31", "2025-01-31"),
        ("year", 1, "2025-01-31", "2026-01-31"),
        ("year", 2, "2026-01-31", "2028-01-31"),
    ],
)
def test_every_unit_counts_from_the_anchor(
    utc: Utc, unit: str, count: int, second: str, third: str
):
    interval = Interval(unit=IntervalUnit(unit), count=count)
    period = nth_period(anchor=utc("2024-01-31"), zone="UTC", interval=interval, n=1)
    assert period == Period(start=utc(second), end=utc(third))


def test_a_wall_clock_time_in_a_gap_moves_forward_by_the_gap_and_only_that_once(utc: Utc):
    # Berlin: 02:30 does not exist on 2024-03-31.
    assert starts(utc("2024-03-30T01:30"), "Europe/Berlin", DAY, 3) == [
        "2024-03-30 02:30",
        "2024-03-31 03:30",
        "2024-04-01 02:30",
    ]


def test_a_wall_clock_time_that_exists_twice_is_the_first_one(utc: Utc):
    # Berlin: 02:30 exists at 00:30 UTC and at 01:30 UTC on 2024-10-27.
    period = nth_period(anchor=utc("2024-10-26T00:30"), zone="Europe/Berlin", interval=DAY, n=1)
    assert period == Period(start=utc("2024-10-27T00:30"), end=utc("2024-10-28T01:30"))


def test_an_anchor_in_the_second_occurrence_starts_there(utc: Utc):
    period = nth_period(anchor=utc("2024-10-27T01:30"), zone="Europe/Berlin", interval=DAY, n=0)
    assert period == Period(start=utc("2024-10-27T01:30"), end=utc("2024-10-28T01:30"))


def test_seconds_are_absolute_across_a_clock_change(utc: Utc):
    interval = Interval(unit=IntervalUnit.SECOND, count=86400)
    period = nth_period(
        anchor=utc("2024-03-30T01:30"), zone="Europe/Berlin", interval=interval, n=1
    )
    assert period == Period(start=utc("2024-03-31T01:30"), end=utc("2024-04-01T01:30"))


def test_months_keep_the_wall_clock_of_the_zone_not_of_utc(utc: Utc):
    period = nth_period(anchor=utc("2024-01-31T23:30"), zone="Asia/Tokyo", interval=MONTH, n=1)
    # 1 February 08:30 in Tokyo, so the next one is 1 March, not 29 February.
    assert period.start == utc("2024-02-29T23:30")
    assert period.end == utc("2024-03-31T23:30")


def test_a_date_the_zone_skipped_is_an_empty_period(utc: Utc):
    period = nth_period(anchor=utc("2011-12-29T22:00"), zone="Pacific/Apia", interval=DAY, n=1)
    assert period.is_empty
    assert not period.contains(period.start)


@given(ANCHORS, ZONES, INTERVALS, st.integers(min_value=0, max_value=40))
def test_every_period_ends_where_the_next_one_starts(
    anchor: datetime, zone: str, interval: Interval, n: int
):
    this = nth_period(anchor=anchor, zone=zone, interval=interval, n=n)
    following = nth_period(anchor=anchor, zone=zone, interval=interval, n=n + 1)
    assert this.end == following.start
    assert this.start <= this.end
    assert (n > 0) or this.start == anchor


@given(ANCHORS, ZONES, INTERVALS, st.timedeltas(timedelta(0), timedelta(days=40 * 366)))
def test_the_period_found_contains_the_instant_and_bears_its_number(
    anchor: datetime, zone: str, interval: Interval, elapsed: timedelta
):
    instant = anchor + elapsed
    n, period = period_containing(anchor=anchor, zone=zone, interval=interval, instant=instant)
    assert period.contains(instant)
    assert period == nth_period(anchor=anchor, zone=zone, interval=interval, n=n)


@given(ANCHORS, ZONES, INTERVALS, st.integers(min_value=0, max_value=300))
def test_the_start_of_a_period_belongs_to_it(
    anchor: datetime, zone: str, interval: Interval, n: int
):
    period = nth_period(anchor=anchor, zone=zone, interval=interval, n=n)
    assume(not period.is_empty)
    found = period_containing(anchor=anchor, zone=zone, interval=interval, instant=period.start)
    assert found == (n, period)


def test_an_instant_before_the_anchor_is_in_no_period(utc: Utc):
    with pytest.raises(ValueError, match="lies before the anchor"):
        period_containing(
            anchor=utc("2024-01-02"), zone="UTC", interval=MONTH, instant=utc("2024-01-01")
        )


def test_a_negative_number_of_a_period_is_refused(utc: Utc):
    with pytest.raises(ValueError, match="n must be 0 or more, got -1"):
        nth_period(anchor=utc("2024-01-02"), zone="UTC", interval=MONTH, n=-1)


@pytest.mark.parametrize("zone", ["Mars/Base", "", "../etc/passwd", "Europe"])
def test_an_unknown_zone_is_refused_by_name(utc: Utc, zone: str):
    with pytest.raises(UnknownZoneError, match="Unknown time zone"):
        nth_period(anchor=utc("2024-01-02"), zone=zone, interval=MONTH, n=0)


def test_only_utc_instants_make_a_period():
    berlin = datetime(2024, 7, 1, tzinfo=ZoneInfo("Europe/Berlin"))
    naive = datetime(2024, 7, 1)  # noqa: DTZ001 - the point
    with pytest.raises(ValueError, match="start must be in UTC"):
        Period(start=berlin, end=berlin)
    with pytest.raises(ValueError, match="start must be in UTC"):
        Period(start=naive, end=naive)
    with pytest.raises(ValueError, match="anchor must be in UTC"):
        nth_period(anchor=berlin, zone="UTC", interval=MONTH, n=0)


def test_an_anchor_in_a_zone_that_stands_at_utc_does_not_take_its_summer_time():
    london = datetime(2024, 1, 1, tzinfo=ZoneInfo("Europe/London"))
    interval = Interval(unit=IntervalUnit.SECOND, count=86400 * 180)
    period = nth_period(anchor=london, zone="UTC", interval=interval, n=0)
    assert period.end == datetime(2024, 6, 29, tzinfo=UTC)
    assert period.end.tzinfo is UTC


def test_a_period_cannot_end_before_it_starts(utc: Utc):
    with pytest.raises(ValueError, match="cannot end"):
        Period(start=utc("2024-01-02"), end=utc("2024-01-01"))


def test_an_interval_counts_at_least_one():
    with pytest.raises(ValueError, match="1 or more, got 0"):
        Interval(unit=IntervalUnit.DAY, count=0)


def test_an_interval_reads_as_words():
    assert [str(MONTH), str(Interval(unit=IntervalUnit.WEEK, count=2))] == ["month", "2 weeks"]


def test_a_period_knows_its_length_and_its_end_is_outside(utc: Utc):
    period = Period(start=utc("2024-02-01"), end=utc("2024-03-01"))
    assert period.duration == timedelta(days=29)
    assert period.contains(utc("2024-02-01"))
    assert not period.contains(utc("2024-03-01"))


@pytest.mark.parametrize(
    ("start", "end", "zone", "days"),
    [
        ("2024-03-30T23:00", "2024-03-31T22:00", "Europe/Berlin", 1),
        ("2024-10-26T22:00", "2024-10-27T23:00", "Europe/Berlin", 1),
        ("2024-02-01", "2024-03-01", "UTC", 29),
        ("2024-02-01T20:00", "2024-02-02T04:00", "UTC", 1),
        ("2024-02-01T20:00", "2024-02-02T04:00", "America/New_York", 0),
    ],
)
def test_local_days_count_dates_not_hours(utc: Utc, start: str, end: str, zone: str, days: int):
    assert local_days(Period(start=utc(start), end=utc(end)), zone) == days


@pytest.mark.parametrize(
    ("year", "month", "days"),
    [
        *[(2023, 1, 31), (2023, 2, 28), (2023, 3, 31), (2023, 4, 30), (2023, 5, 31)],
        *[(2023, 6, 30), (2023, 7, 31), (2023, 8, 31), (2023, 9, 30), (2023, 10, 31)],
        *[(2023, 11, 30), (2023, 12, 31), (2024, 2, 29), (2000, 2, 29), (2100, 2, 28)],
    ],
)
def test_months_have_the_days_of_the_gregorian_calendar(year: int, month: int, days: int):
    assert days_in_month(year, month) == days


def test_a_year_beyond_the_calendar_is_a_value_error(utc: Utc):
    with pytest.raises(ValueError, match="year"):
        nth_period(anchor=utc("9990-01-01"), zone="UTC", interval=YEAR, n=20)


@given(ANCHORS, ZONES, INTERVALS)
def test_periods_and_intervals_survive_serialisation(
    anchor: datetime, zone: str, interval: Interval
):
    period = nth_period(anchor=anchor, zone=zone, interval=interval, n=3)
    periods, intervals = TypeAdapter(Period), TypeAdapter(Interval)
    assert periods.validate_json(periods.dump_json(period)) == period
    assert intervals.validate_json(intervals.dump_json(interval)) == interval
