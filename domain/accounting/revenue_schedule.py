"""When the net amount of a line becomes revenue: straight line over the time it pays for.

A service that the customer receives all the time is recognised evenly (ASC 606-10-25-27, IFRS 15.35).
Entries are per calendar month, because books close by month, and sum to the amount exactly.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from math import lcm

from domain.invoicing.invoices import InvoiceLine
from domain.money.money import Money, sum_money
from domain.money.rounding import Rounding, round_ratio
from domain.periods.periods import days_in_month, zone_info


class RevenueMethod(StrEnum):
    """How revenue is spread evenly."""

    PER_DAY = "per_day"
    """Every day gets the same amount."""
    PER_MONTH = "per_month"
    """Every calendar month gets the same amount; a part of a month gets its share by days."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RevenueEntry:
    """Revenue of the days from `start` up to but not including `end`, within one calendar month."""

    start: date
    end: date
    amount: Money


@dataclass(frozen=True, kw_only=True, slots=True)
class RevenueSchedule:
    """The deferred revenue of one line and when it is released.

    Attributes:
        line_id: The invoice line.
        method: How revenue is spread evenly.
        amount: Net; equals the sum of the entries.
        entries: One per calendar month, or two if a change falls into the month; in order.
    """

    line_id: str
    method: RevenueMethod
    amount: Money
    entries: tuple[RevenueEntry, ...]

    def recognised_before(self, day: date) -> Money:
        """Return the revenue of all days before the given one; a month is cut by days."""
        parts = (_cut(entry, day)[0] for entry in self.entries)
        return sum_money(parts, self.amount.currency)

    def deferred_from(self, day: date) -> Money:
        """Return what is still deferred at the beginning of the day."""
        return self.amount - self.recognised_before(day)


def spread(
    *, line_id: str, amount: Money, start: date, end: date, method: RevenueMethod
) -> RevenueSchedule:
    """Return the schedule of an amount over the days from `start` up to but not including `end`.

    Args:
        line_id: The invoice line.
        amount: Net; negative for a credit.
        start: First local day of service.
        end: Day after the last one.
        method: How revenue is spread evenly.

    Raises:
        ValueError: The span has no day.
    """
    if end <= start:
        raise ValueError(f"revenue needs a day to be earned on: {start} to {end}")
    spans = tuple(_months(start, end))
    parts = amount.split(_weights(spans, method))
    entries = tuple(
        RevenueEntry(start=first, end=last, amount=part)
        for (first, last), part in zip(spans, parts, strict=True)
    )
    return RevenueSchedule(line_id=line_id, method=method, amount=amount, entries=entries)


def spread_line(
    line: InvoiceLine, *, zone: str, issued_on: date, method: RevenueMethod
) -> RevenueSchedule:
    """Return the schedule of an invoice line over the local days that it pays for.

    A one-off charge is earned on the day of the invoice, and a span within one day on that day.

    Args:
        line: Its amount is net; a credit line takes revenue back over the unused time.
        zone: IANA time zone that decides what a day is.
        issued_on: Date of the invoice.
        method: How revenue is spread evenly.

    Raises:
        UnknownZoneError: There is no such zone.
    """
    start, end = issued_on, issued_on
    if line.period is not None:
        tz = zone_info(zone)
        start = line.period.start.astimezone(tz).date()
        end = line.period.end.astimezone(tz).date()
    return spread(
        line_id=line.line_id,
        amount=line.amount,
        start=start,
        end=max(end, start + timedelta(days=1)),
        method=method,
    )


def respread(schedule: RevenueSchedule, *, on: date, amount: Money, end: date) -> RevenueSchedule:
    """Return the schedule after a change: the past is kept, the rest is spread again.

    Args:
        schedule: The schedule so far.
        on: First day under the new terms.
        amount: New total of the line, net.
        end: Day after the last one under the new terms. If it is not after `on`, the rest is
            recognised (or reversed) on the day of the change: a cancellation.
    """
    past = tuple(_past(schedule.entries, on))
    recognised = sum_money((entry.amount for entry in past), amount.currency)
    # If the change comes before the service begins, no revenue may move to a day before the service.
    start = max(on, schedule.entries[0].start) if end > on else on
    rest = spread(
        line_id=schedule.line_id,
        amount=amount - recognised,
        start=start,
        end=max(end, start + timedelta(days=1)),
        method=schedule.method,
    )
    return RevenueSchedule(
        line_id=schedule.line_id,
        method=schedule.method,
        amount=amount,
        entries=(*past, *rest.entries),
    )


def _past(entries: Sequence[RevenueEntry], on: date) -> Iterator[RevenueEntry]:
    for entry in entries:
        amount, end = _cut(entry, on)
        if end > entry.start:
            yield RevenueEntry(start=entry.start, end=end, amount=amount)


def _cut(entry: RevenueEntry, day: date) -> tuple[Money, date]:
    """Return the part of an entry that lies before the day, and where that part ends."""
    end = min(max(day, entry.start), entry.end)
    units = round_ratio(
        entry.amount.minor_units * (end - entry.start).days,
        (entry.end - entry.start).days,
        rounding=Rounding.HALF_UP,
    )
    return Money(minor_units=units, currency=entry.amount.currency), end


def _months(start: date, end: date) -> Iterator[tuple[date, date]]:
    """Return the spans of days, one for each calendar month."""
    first = start
    while first < end:
        next_month = first.replace(day=days_in_month(first.year, first.month)) + timedelta(days=1)
        last = min(next_month, end)
        yield first, last
        first = last


def _weights(spans: Sequence[tuple[date, date]], method: RevenueMethod) -> list[int]:
    days = [(last - first).days for first, last in spans]
    if method is RevenueMethod.PER_DAY:
        return days
    shares = [
        Fraction(count, days_in_month(first.year, first.month))
        for count, (first, _) in zip(days, spans, strict=True)
    ]
    common = lcm(*(share.denominator for share in shares))
    return [int(share * common) for share in shares]
