from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from domain.periods.billed_cycles import BilledCycle, billed_cycles, cycles_billed

DATES = st.dates(min_value=date(2000, 1, 1), max_value=date(2040, 1, 1))


def test_leading_stub_whole_cycles_and_trailing_stub_are_listed_in_order():
    cycles = billed_cycles(
        start=date(2011, 1, 1),
        end=date(2011, 2, 27),
        target=date(2011, 2, 27),
        bill_cycle_day=15,
        months=1,
    )
    assert cycles == (
        BilledCycle(start=date(2011, 1, 1), end=date(2011, 1, 15), numerator=14, denominator=31),
        BilledCycle(start=date(2011, 1, 15), end=date(2011, 2, 15), numerator=31, denominator=31),
        BilledCycle(start=date(2011, 2, 15), end=date(2011, 2, 27), numerator=12, denominator=28),
    )
    assert cycles_billed(cycles) == Decimal("1.880184332")


@pytest.mark.parametrize(
    ("months", "end", "target", "billed"),
    [
        (3, None, date(2011, 2, 1), "0.130434783"),  # 12 of the 92 days from 13 Nov 2010
        (3, None, date(2011, 2, 13), "1.130434783"),
        (12, None, date(2011, 2, 1), "0.032876712"),  # 12 of 365 days
        (12, None, date(2012, 2, 13), "2.032876712"),
        (12, date(2011, 3, 13), date(2011, 3, 1), "0.109589041"),  # and 28 of 365 days
    ],
)
def test_longer_cycles_measure_their_stubs_against_their_own_length(
    months: int, end: date | None, target: date, billed: str
):
    cycles = billed_cycles(
        start=date(2011, 2, 1), end=end, target=target, bill_cycle_day=13, months=months
    )
    assert cycles_billed(cycles) == Decimal(billed)


@pytest.mark.parametrize(
    ("months", "bill_cycle_day", "first", "stub"),
    [
        (1, 10, date(2011, 3, 10), (14, 28)),
        (3, 10, date(2011, 5, 10), (75, 89)),
        (6, 31, date(2011, 2, 28), (4, 184)),
        (12, 4, date(2012, 2, 4), (345, 365)),
    ],
)
def test_cycle_days_come_every_so_many_months_from_that_of_the_first_month(
    months: int, bill_cycle_day: int, first: date, stub: tuple[int, int]
):
    (leading,) = billed_cycles(
        start=date(2011, 2, 24),
        end=None,
        target=date(2011, 2, 24),
        bill_cycle_day=bill_cycle_day,
        months=months,
    )
    assert leading.end == first
    assert (leading.numerator, leading.denominator) == stub


@pytest.mark.parametrize(
    ("start", "end", "target", "bill_cycle_day", "spans"),
    [
        # Facts from TestRecurringInArrear of the public Kill Bill test suite (Apache-2.0).
        ("2012-07-16", "2012-07-16", "2012-07-16", 15, ""),
        ("2012-07-16", "2012-08-16", "2012-07-16", 15, ""),
        ("2012-07-16", "2012-08-16", "2012-08-15", 15, "2012-08-15"),
        ("2012-07-16", "2012-08-16", "2012-07-16", 16, ""),
        ("2012-07-16", "2012-08-16", "2012-08-16", 16, "2012-08-16"),
        ("2012-07-16", "2012-08-16", "2012-07-16", 17, ""),
        ("2012-07-16", "2012-08-16", "2012-07-17", 17, "2012-07-17"),
        ("2012-07-16", None, "2012-10-16", 15, "2012-08-15 2012-09-15 2012-10-15"),
        ("2012-07-16", None, "2012-10-16", 16, "2012-08-16 2012-09-16 2012-10-16"),
        ("2012-07-16", None, "2012-10-16", 17, "2012-07-17 2012-08-17 2012-09-17"),
        ("2023-08-11", "2023-08-20", "2023-08-20", 11, "2023-08-20"),
        ("2023-08-15", "2023-08-20", "2023-08-20", 11, "2023-08-20"),
        ("2025-03-31", None, "2025-05-30", 31, "2025-04-30"),
    ],
)
def test_in_arrears_a_cycle_is_billed_when_it_is_over(
    start: str, end: str | None, target: str, bill_cycle_day: int, spans: str
):
    cycles = billed_cycles(
        start=date.fromisoformat(start),
        end=None if end is None else date.fromisoformat(end),
        target=date.fromisoformat(target),
        bill_cycle_day=bill_cycle_day,
        months=1,
        is_in_arrears=True,
    )
    ends = spans.split()
    edges = [start, *ends]
    assert all(cycle.factor <= 1 for cycle in cycles)
    assert [(str(cycle.start), str(cycle.end)) for cycle in cycles] == list(
        zip(edges, ends, strict=False)
    )


def test_an_end_before_the_first_cycle_day_ends_the_stub():
    (stub,) = billed_cycles(
        start=date(2011, 2, 1),
        end=date(2011, 2, 5),
        target=date(2011, 2, 1),
        bill_cycle_day=13,
        months=1,
    )
    assert stub == BilledCycle(
        start=date(2011, 2, 1), end=date(2011, 2, 5), numerator=4, denominator=31
    )


@pytest.mark.parametrize("day", [date(2011, 2, 1), date(2011, 2, 13)])
def test_a_plan_that_ends_on_its_first_day_is_never_billed(day: date):
    assert not billed_cycles(
        start=day, end=day, target=date(2012, 1, 1), bill_cycle_day=13, months=1
    )


def test_nothing_is_billed_before_the_plan_starts():
    assert not billed_cycles(
        start=date(2011, 2, 1),
        end=None,
        target=date(2011, 1, 31),
        bill_cycle_day=13,
        months=1,
    )


def test_a_stub_never_costs_more_than_a_cycle():
    cycles = billed_cycles(
        start=date(2011, 2, 28),
        end=date(2011, 3, 30),
        target=date(2011, 2, 28),
        bill_cycle_day=31,
        months=1,
    )
    assert [cycle.factor for cycle in cycles] == [1]


@pytest.mark.parametrize(
    ("start", "end", "day", "months", "message"),
    [
        (date(2011, 2, 1), None, 0, 1, "bill_cycle_day must be 1 to 31, got 0"),
        (date(2011, 2, 1), None, 32, 1, "bill_cycle_day must be 1 to 31, got 32"),
        (date(2011, 2, 1), None, 1, 0, "months must be 1 or more, got 0"),
        (date(2011, 2, 1), date(2011, 1, 31), 1, 1, "cannot end"),
    ],
)
def test_impossible_plans_are_refused(
    start: date, end: date | None, day: int, months: int, message: str
):
    with pytest.raises(ValueError, match=message):
        billed_cycles(
            start=start, end=end, target=date(2011, 3, 1), bill_cycle_day=day, months=months
        )


@given(
    DATES,
    st.none() | st.integers(0, 1500),
    st.integers(0, 1500),
    st.integers(1, 31),
    st.sampled_from([1, 2, 3, 6, 12]),
)
def test_cycles_are_gapless_from_the_start_and_cover_the_target(
    start: date, length: int | None, ahead: int, day: int, months: int
):
    end = None if length is None else date.fromordinal(start.toordinal() + length)
    target = date.fromordinal(start.toordinal() + ahead)
    cycles = billed_cycles(start=start, end=end, target=target, bill_cycle_day=day, months=months)
    edge = start
    for cycle in cycles:
        assert cycle.start == edge
        assert 0 < cycle.factor <= 1
        edge = cycle.end
    assert edge > target or edge == end


def test_a_cycle_survives_serialisation():
    cycle = BilledCycle(start=date(2011, 1, 1), end=date(2011, 1, 15), numerator=14, denominator=31)
    adapter = TypeAdapter(BilledCycle)
    assert adapter.validate_json(adapter.dump_json(cycle)) == cycle
