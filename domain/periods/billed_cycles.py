"""Which cycles of a calendar of months are billed up to a target date, in advance or in arrears.

Dates are the customer's local dates. Cycles begin on the bill-cycle day (on the last day of a month
that is too short), every given number of months, counted from that day in the month of the start. A
quarterly plan that starts on 24 February with bill-cycle day 10 counts from 10 February, so its first
whole cycle begins on 10 May. A plan that starts between two such days has a leading stub up to the
next one; a plan that ends between two has a trailing stub after the last one. In advance, a cycle is
billed as soon as the target date reaches its first day; in arrears, once the target reaches its end.

A leading stub is measured against one interval counted back from the first cycle day, and a trailing
stub against one counted on from the last cycle day, each by that date's own day of the month: the
published tests of Kill Bill expect 14/31, not 14/28, for 14 to 28 February 2011 with bill-cycle day
31. No stub costs more than a whole cycle.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from domain.money.rounding import decimal_of_ratio
from domain.periods.periods import days_in_month
from domain.periods.proration import FACTOR_PLACES

_MONTHS_IN_YEAR: Final = 12
_LONGEST_MONTH: Final = 31


@dataclass(frozen=True, kw_only=True, slots=True)
class BilledCycle:
    """A whole cycle or a stub that is billed.

    Attributes:
        start: First day.
        end: Day after the last one.
        numerator: Days in the cycle, at most the denominator.
        denominator: Days in the whole interval it is measured against; equal for a whole cycle.
    """

    start: date
    end: date
    numerator: int
    denominator: int

    @property
    def factor(self) -> Decimal:
        """The ratio to 9 decimals, half up; 1 for a whole cycle."""
        return decimal_of_ratio(self.numerator, self.denominator, places=FACTOR_PLACES)


def billed_cycles(
    *,
    start: date,
    end: date | None,
    target: date,
    bill_cycle_day: int,
    months: int,
    is_in_arrears: bool = False,
) -> tuple[BilledCycle, ...]:
    """Return the cycles billed on or before the target date, stubs included, in order.

    Args:
        start: First day of the plan.
        end: Day after its last day; None while no end is known.
        target: Bill everything that is due on this day.
        bill_cycle_day: 1 to 31.
        months: Length of a cycle, 1 or more: 3 for a quarter, 12 for a year.
        is_in_arrears: Bill a cycle when it is over, not when it begins.

    Raises:
        ValueError: The end lies before the start, or a number is out of range.
    """
    if not 1 <= bill_cycle_day <= _LONGEST_MONTH:
        raise ValueError(f"bill_cycle_day must be 1 to 31, got {bill_cycle_day}")
    if months < 1:
        raise ValueError(f"months must be 1 or more, got {months}")
    if end is not None and end < start:
        raise ValueError(f"the plan cannot end ({end}) before it starts ({start})")
    begun = _begun_cycles(start, date.max if end is None else end, target, bill_cycle_day, months)
    if is_in_arrears:
        return tuple(cycle for cycle in begun if cycle.end <= target)
    return tuple(begun)


def cycles_billed(cycles: tuple[BilledCycle, ...]) -> Decimal:
    """Return how many cycles are billed, as the sum of their 9-decimal factors."""
    return sum((cycle.factor for cycle in cycles), Decimal(0))


def _begun_cycles(
    start: date, last: date, target: date, bill_cycle_day: int, months: int
) -> Iterator[BilledCycle]:
    first = _first_cycle_day(start, bill_cycle_day, months)
    if start < min(first, last) and start <= target:
        whole = (first - _shift(first, -months, first.day)).days
        yield _cycle(start, min(first, last), whole)
    n = 0
    begin = first
    while begin <= target and begin < last:
        n += 1
        following = _shift(first, n * months, bill_cycle_day)
        yield _whole_or_trailing(begin, following, last, months)
        begin = following


def _whole_or_trailing(begin: date, following: date, last: date, months: int) -> BilledCycle:
    if following <= last:
        return _cycle(begin, following, (following - begin).days)
    return _cycle(begin, last, (_shift(begin, months, begin.day) - begin).days)


def _cycle(start: date, end: date, denominator: int) -> BilledCycle:
    # From 28 February to 30 March are 30 days, measured against the 28 up to 28 March.
    days = min((end - start).days, denominator)
    return BilledCycle(start=start, end=end, numerator=days, denominator=denominator)


def _first_cycle_day(start: date, bill_cycle_day: int, months: int) -> date:
    """Return the first bill-cycle day on or after the start, in steps of cycles from its month."""
    this_month = _shift(start, 0, bill_cycle_day)
    return this_month if this_month >= start else _shift(start, months, bill_cycle_day)


def _shift(day: date, months: int, day_of_month: int) -> date:
    """Return the wanted day of the month that lies `months` later, or its last day."""
    year, month0 = divmod(day.year * _MONTHS_IN_YEAR + day.month - 1 + months, _MONTHS_IN_YEAR)
    return date(year, month0 + 1, min(day_of_month, days_in_month(year, month0 + 1)))
