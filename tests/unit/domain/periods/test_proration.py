from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from domain.money.money import Money
from domain.periods.periods import Interval, IntervalUnit, Period, nth_period
from domain.periods.proration import (
    Convention,
    Portion,
    Prorated,
    ProrationReason,
    ProrationRule,
    portion_of,
    price_portion,
    prorate,
)

Utc = Callable[[str], datetime]
MONTH = Interval(unit=IntervalUnit.MONTH)
QUARTER = Interval(unit=IntervalUnit.QUARTER)
YEAR = Interval(unit=IntervalUnit.YEAR)
WEEK = Interval(unit=IntervalUnit.WEEK)
REASON = ProrationReason.REMAINING_TIME


def cents(units: int) -> Money:
    return Money(minor_units=units, currency="USD")


@pytest.mark.parametrize(
    ("convention", "interval", "start", "numerator", "denominator", "units"),
    [
        ("day_9dp_half_up", MONTH, "2024-01-15", 17, 31, 5484),
        ("day_fixed_n", MONTH, "2024-01-15", 17, 30, 5667),
        ("day_inclusive", MONTH, "2024-01-15T10:00", 17, 31, 5484),
        ("day_9dp_half_up", MONTH, "2024-01-15T10:00", 17, 31, 5484),
        ("per_second", MONTH, "2024-01-31T12:00", 43200, 2678400, 161),
        ("strict_30_360", MONTH, "2024-01-15", 16, 30, 5333),
        ("strict_30_360", MONTH, "2024-01-31", 1, 30, 333),
        ("strict_30_360", MONTH, "2024-01-30", 1, 30, 333),
        ("strict_30_360", YEAR, "2024-07-01", 180, 360, 5000),
        ("round_trailing", MONTH, "2024-01-15", 17, 31, 5492),
        ("day_fixed_n", QUARTER, "2024-03-22", 10, 90, 1111),
        ("day_fixed_n", YEAR, "2024-12-01", 31, 360, 861),
        ("day_fixed_n", WEEK, "2024-01-03", 5, 7, 7143),
        ("day_fixed_n", MONTH, "2024-01-01", 30, 30, 10000),
    ],
)
def test_each_convention_counts_and_rounds_in_its_own_way(
    utc: Utc,
    convention: str,
    interval: Interval,
    start: str,
    numerator: int,
    denominator: int,
    units: int,
):
    whole = nth_period(anchor=utc("2024-01-01"), zone="UTC", interval=interval, n=0)
    result = prorate(
        rule=ProrationRule(convention=Convention(convention)),
        rate=cents(10000),
        span=Period(start=utc(start), end=whole.end),
        whole=whole,
        zone="UTC",
        interval=interval,
        reason=REASON,
    )
    assert (result.numerator, result.denominator, result.amount) == (
        numerator,
        denominator,
        cents(units),
    )
    assert (result.convention, result.reason) == (Convention(convention), REASON)


def test_the_day_convention_multiplies_by_a_ratio_of_nine_decimals():
    portion = Portion(convention=Convention.DAY_9DP_HALF_UP, numerator=1, denominator=3)
    assert portion.factor == Decimal("0.333333333")
    big = price_portion(cents(30_000_000_000), portion, REASON)
    assert big.amount == cents(9_999_999_990)
    exact = Portion(convention=Convention.PER_SECOND, numerator=1, denominator=3)
    assert price_portion(cents(30_000_000_000), exact, REASON).amount == cents(10_000_000_000)


def test_another_fixed_number_of_days_changes_the_denominator(utc: Utc):
    whole = nth_period(anchor=utc("2024-01-01"), zone="UTC", interval=MONTH, n=0)
    portion = portion_of(
        rule=ProrationRule(convention=Convention.DAY_FIXED_N, fixed_days=28),
        span=Period(start=utc("2024-01-18"), end=whole.end),
        whole=whole,
        zone="UTC",
        interval=MONTH,
    )
    assert (portion.numerator, portion.denominator) == (14, 28)


def test_halves_go_away_from_zero_for_charges_and_credits():
    half = Portion(convention=Convention.PER_SECOND, numerator=1, denominator=2)
    assert price_portion(cents(5), half, REASON).amount == cents(3)
    assert price_portion(cents(-5), half, REASON).amount == cents(-3)


def test_days_are_those_of_the_customers_zone(utc: Utc):
    whole = Period(start=utc("2024-03-01T05:00"), end=utc("2024-04-01T04:00"))
    portion = portion_of(
        rule=ProrationRule(convention=Convention.DAY_9DP_HALF_UP),
        span=Period(start=utc("2024-03-31T04:00"), end=whole.end),
        whole=whole,
        zone="America/New_York",
        interval=MONTH,
    )
    assert (portion.numerator, portion.denominator) == (1, 31)


@pytest.mark.parametrize("convention", Convention)
def test_intervals_of_seconds_are_billed_per_second(utc: Utc, convention: Convention):
    interval = Interval(unit=IntervalUnit.SECOND, count=90)
    whole = nth_period(anchor=utc("2024-01-01T23:59"), zone="UTC", interval=interval, n=0)
    result = prorate(
        rule=ProrationRule(convention=convention),
        rate=cents(900),
        span=Period(start=utc("2024-01-02"), end=whole.end),
        whole=whole,
        zone="UTC",
        interval=interval,
        reason=REASON,
    )
    assert (result.convention, result.numerator, result.denominator, result.amount) == (
        Convention.PER_SECOND,
        30,
        90,
        cents(300),
    )


def test_a_part_of_a_day_is_billed_per_second_because_it_has_no_days(utc: Utc):
    whole = Period(start=utc("2024-01-01T08:00"), end=utc("2024-01-01T20:00"))
    portion = portion_of(
        rule=ProrationRule(convention=Convention.DAY_9DP_HALF_UP),
        span=Period(start=utc("2024-01-01T17:00"), end=whole.end),
        whole=whole,
        zone="UTC",
        interval=MONTH,
    )
    assert (portion.convention, portion.factor) == (Convention.PER_SECOND, Decimal("0.25"))


@pytest.mark.parametrize(
    ("start", "end"),
    [("2023-12-31", "2024-01-15"), ("2024-01-15", "2024-02-02")],
)
def test_a_span_that_leaves_its_period_is_refused(utc: Utc, start: str, end: str):
    whole = nth_period(anchor=utc("2024-01-01"), zone="UTC", interval=MONTH, n=0)
    with pytest.raises(ValueError, match="leaves the period"):
        portion_of(
            rule=ProrationRule(convention=Convention.PER_SECOND),
            span=Period(start=utc(start), end=utc(end)),
            whole=whole,
            zone="UTC",
            interval=MONTH,
        )


def test_an_empty_period_has_nothing_to_prorate_by(utc: Utc):
    empty = Period(start=utc("2024-01-01"), end=utc("2024-01-01"))
    with pytest.raises(ValueError, match="no units to prorate by"):
        portion_of(
            rule=ProrationRule(convention=Convention.DAY_INCLUSIVE),
            span=empty,
            whole=empty,
            zone="UTC",
            interval=MONTH,
        )


@pytest.mark.parametrize(("before", "numerator"), [(-1, 1), (1, -1)])
def test_negative_counts_are_refused(before: int, numerator: int):
    with pytest.raises(ValueError, match="counts must be 0 or more"):
        Portion(convention=Convention.PER_SECOND, before=before, numerator=numerator, denominator=2)


def test_a_month_of_no_days_is_refused():
    with pytest.raises(ValueError, match="fixed_days must be 1 or more, got 0"):
        ProrationRule(convention=Convention.DAY_FIXED_N, fixed_days=0)


def test_the_names_of_the_conventions_never_change():
    assert [convention.value for convention in Convention] == [
        "day_9dp_half_up",
        "day_fixed_n",
        "day_inclusive",
        "per_second",
        "strict_30_360",
        "round_trailing",
    ]


STARTS = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001 - hypothesis wants naive bounds
    max_value=datetime(2040, 1, 1),  # noqa: DTZ001 - hypothesis wants naive bounds
    timezones=st.just(UTC),
)
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"])
INTERVALS = st.sampled_from([MONTH, QUARTER, YEAR, WEEK])
RATES = st.integers(min_value=-(10**7), max_value=10**7).map(cents)
# Of these two, one counts the day of a cut twice and the other takes 31 days for a month of 30.
ADDITIVE = [
    one for one in Convention if one not in {Convention.DAY_INCLUSIVE, Convention.DAY_FIXED_N}
]


def cut_into_slices(
    convention: Convention,
    rate: Money,
    whole: Period,
    zone: str,
    interval: Interval,
    cuts: list[float],
) -> list[Prorated]:
    moments = [
        whole.start + timedelta(seconds=int(whole.duration.total_seconds() * cut))
        for cut in sorted(cuts)
    ]
    edges = [whole.start, *moments, whole.end]
    return [
        prorate(
            rule=ProrationRule(convention=convention),
            rate=rate,
            span=Period(start=start, end=end),
            whole=whole,
            zone=zone,
            interval=interval,
            reason=REASON,
            is_share=True,
        )
        for start, end in pairwise(edges)
    ]


CUTS = st.lists(st.floats(min_value=0, max_value=1), max_size=6)


@given(RATES, STARTS, ZONES, INTERVALS, CUTS)
def test_slices_of_the_trailing_convention_sum_to_the_rate_exactly(
    rate: Money, start: datetime, zone: str, interval: Interval, cuts: list[float]
):
    whole = nth_period(anchor=start, zone=zone, interval=interval, n=0)
    slices = cut_into_slices(Convention.ROUND_TRAILING, rate, whole, zone, interval, cuts)
    assert sum(part.amount.minor_units for part in slices) == rate.minor_units


@given(RATES, STARTS, ZONES, INTERVALS, CUTS, st.sampled_from(ADDITIVE))
def test_the_units_of_the_slices_add_up_to_the_whole(
    rate: Money,
    start: datetime,
    zone: str,
    interval: Interval,
    cuts: list[float],
    convention: Convention,
):
    whole = nth_period(anchor=start, zone=zone, interval=interval, n=0)
    slices = cut_into_slices(convention, rate, whole, zone, interval, cuts)
    assert sum(part.numerator for part in slices) == slices[0].denominator


@given(RATES, STARTS, ZONES, INTERVALS, st.sampled_from(Convention))
def test_all_of_a_period_costs_the_whole_rate(
    rate: Money, start: datetime, zone: str, interval: Interval, convention: Convention
):
    whole = nth_period(anchor=start, zone=zone, interval=interval, n=0)
    (only,) = cut_into_slices(convention, rate, whole, zone, interval, [])
    assert (only.amount, only.factor) == (rate, 1)


@given(RATES, st.sampled_from(Convention), st.integers(0, 400), st.integers(1, 400))
def test_a_prorated_amount_survives_serialisation(
    rate: Money, convention: Convention, numerator: int, denominator: int
):
    portion = Portion(convention=convention, numerator=numerator, denominator=denominator)
    result = price_portion(rate, portion, REASON)
    adapter = TypeAdapter(Prorated)
    assert adapter.validate_json(adapter.dump_json(result)) == result
