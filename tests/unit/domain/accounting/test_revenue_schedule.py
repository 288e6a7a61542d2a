from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from domain.accounting.revenue_schedule import (
    RevenueEntry,
    RevenueMethod,
    RevenueSchedule,
    respread,
    spread,
    spread_line,
)
from domain.invoicing.invoices import InvoiceLine
from domain.money.money import Money, sum_money
from domain.periods.periods import Period

BY_DAY, BY_MONTH = RevenueMethod.PER_DAY, RevenueMethod.PER_MONTH


def usd(units: int) -> Money:
    return Money(minor_units=units, currency="USD")


def schedule(units: int, start: date, end: date, method: RevenueMethod = BY_DAY) -> RevenueSchedule:
    return spread(line_id="line-1", amount=usd(units), start=start, end=end, method=method)


def amounts(given_schedule: RevenueSchedule) -> list[int]:
    return [entry.amount.minor_units for entry in given_schedule.entries]


def test_31_dollars_for_15_january_to_14_february_are_17_and_14():
    by_day = schedule(3100, date(2023, 1, 15), date(2023, 2, 15))
    assert by_day.entries == (
        RevenueEntry(start=date(2023, 1, 15), end=date(2023, 2, 1), amount=usd(1700)),
        RevenueEntry(start=date(2023, 2, 1), end=date(2023, 2, 15), amount=usd(1400)),
    )


def test_a_year_by_month_is_twelve_equal_parts_and_by_day_is_not():
    year = (date(2023, 1, 1), date(2024, 1, 1))
    assert amounts(schedule(120000, *year, BY_MONTH)) == [10000] * 12
    assert amounts(schedule(36500, *year)) == [
        *[3100, 2800, 3100, 3000, 3100, 3000],
        *[3100, 3100, 3000, 3100, 3000, 3100],
    ]


def test_by_month_a_part_of_a_month_weighs_by_its_days():
    parts = schedule(3000, date(2023, 4, 16), date(2023, 7, 1), BY_MONTH)
    assert amounts(parts) == [600, 1200, 1200]


@pytest.mark.parametrize(
    ("day", "units"),
    [
        (date(2023, 1, 1), 0),
        (date(2023, 1, 15), 0),
        (date(2023, 1, 16), 100),
        (date(2023, 2, 1), 1700),
        (date(2023, 2, 2), 1800),
        (date(2023, 3, 1), 3100),
    ],
)
def test_what_is_earned_grows_day_by_day_and_the_rest_is_deferred(day: date, units: int):
    by_day = schedule(3100, date(2023, 1, 15), date(2023, 2, 15))
    assert by_day.recognised_before(day) == usd(units)
    assert by_day.deferred_from(day) == usd(3100 - units)


def test_a_change_keeps_the_past_and_spreads_the_rest_anew():
    before = schedule(3100, date(2023, 1, 15), date(2023, 2, 15))
    after = respread(before, on=date(2023, 1, 25), amount=usd(4150), end=date(2023, 2, 15))
    assert after.entries == (
        RevenueEntry(start=date(2023, 1, 15), end=date(2023, 1, 25), amount=usd(1000)),
        RevenueEntry(start=date(2023, 1, 25), end=date(2023, 2, 1), amount=usd(1050)),
        RevenueEntry(start=date(2023, 2, 1), end=date(2023, 2, 15), amount=usd(2100)),
    )
    assert (after.amount, after.method, after.line_id) == (usd(4150), BY_DAY, "line-1")


def test_a_cancellation_releases_the_rest_on_its_day():
    before = schedule(3100, date(2023, 1, 15), date(2023, 2, 15))
    after = respread(before, on=date(2023, 1, 25), amount=usd(3100), end=date(2023, 1, 25))
    assert after.entries[1:] == (
        RevenueEntry(start=date(2023, 1, 25), end=date(2023, 1, 26), amount=usd(2100)),
    )


def test_a_credit_below_what_was_earned_is_reversed_on_its_day():
    before = schedule(3100, date(2023, 1, 15), date(2023, 2, 15))
    after = respread(before, on=date(2023, 1, 25), amount=usd(600), end=date(2023, 1, 25))
    assert amounts(after) == [1000, -400]


def line(units: int, start: str | None, end: str = "") -> InvoiceLine:
    period = start and Period(start=datetime.fromisoformat(start), end=datetime.fromisoformat(end))
    return InvoiceLine(
        line_id="line-1",
        price_of="team",
        description="Team",
        quantity=Decimal(1),
        unit_price=Decimal(1),
        amount=usd(units),
        period=period or None,
        reason="renewal",
    )


@pytest.mark.parametrize(
    ("billed", "start", "end"),
    [
        # Local midnights in Berlin.
        (
            line(3100, "2023-01-14T23:00+00:00", "2023-02-14T23:00+00:00"),
            date(2023, 1, 15),
            date(2023, 2, 15),
        ),
        (
            line(-1600, "2023-01-29T11:00+00:00", "2023-02-14T23:00+00:00"),
            date(2023, 1, 29),
            date(2023, 2, 15),
        ),
        (
            line(100, "2023-01-14T23:00+00:00", "2023-01-14T23:00:05+00:00"),
            date(2023, 1, 15),
            date(2023, 1, 16),
        ),
        (line(25000, None), date(2023, 3, 1), date(2023, 3, 2)),
    ],
)
def test_a_line_is_earned_on_the_local_days_it_pays_for(
    billed: InvoiceLine, start: date, end: date
):
    spread_out = spread_line(
        billed, zone="Europe/Berlin", issued_on=date(2023, 3, 1), method=BY_DAY
    )
    assert spread_out == schedule(billed.amount.minor_units, start, end)


def test_a_change_on_the_first_day_leaves_no_past():
    before = schedule(3100, date(2023, 1, 15), date(2023, 2, 15))
    after = respread(before, on=date(2023, 1, 15), amount=usd(3100), end=date(2023, 2, 15))
    assert after == before


def test_a_change_before_the_service_begins_moves_no_revenue_ahead_of_it():
    before = schedule(3100, date(2023, 1, 15), date(2023, 2, 15))
    after = respread(before, on=date(2023, 1, 3), amount=usd(6200), end=date(2023, 2, 15))
    assert after == schedule(6200, date(2023, 1, 15), date(2023, 2, 15))


def test_a_cancellation_before_the_service_begins_counts_on_its_day():
    before = schedule(3100, date(2023, 1, 15), date(2023, 2, 15))
    after = respread(before, on=date(2023, 1, 3), amount=usd(600), end=date(2023, 1, 3))
    assert after.entries == (
        RevenueEntry(start=date(2023, 1, 3), end=date(2023, 1, 4), amount=usd(600)),
    )


@pytest.mark.parametrize("end", [date(2023, 1, 15), date(2023, 1, 14)])
def test_revenue_without_a_day_is_refused(end: date):
    with pytest.raises(ValueError, match="revenue needs a day"):
        schedule(1, date(2023, 1, 15), end)


DAYS = st.dates(min_value=date(2000, 1, 1), max_value=date(2040, 1, 1))
UNITS = st.integers(-(10**9), 10**9)


@given(UNITS, DAYS, st.integers(1, 800), st.sampled_from(RevenueMethod), UNITS, st.integers(0, 900))
def test_entries_sum_to_the_amount_and_leave_no_gap_also_after_a_change(
    units: int, start: date, days: int, method: RevenueMethod, new_units: int, changed_after: int
):
    end = start + timedelta(days=days)
    first = schedule(units, start, end, method)
    on = start + timedelta(days=min(changed_after, days))
    second = respread(first, on=on, amount=usd(new_units), end=end)
    for each in (first, second):
        assert sum_money((entry.amount for entry in each.entries), "USD") == each.amount
        assert each.entries[0].start == start
        for entry, following in zip(each.entries, each.entries[1:], strict=False):
            assert entry.end == following.start
        assert all(entry.start < entry.end for entry in each.entries)
    assert second.recognised_before(on) == first.recognised_before(on)
    adapter = TypeAdapter(RevenueSchedule)
    assert adapter.validate_json(adapter.dump_json(second)) == second
