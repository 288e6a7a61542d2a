"""What a part of a period costs, by six named conventions.

A catalog chooses one; every result records it, so that an invoice can be recomputed years later.

| convention | a part is | amount |
|---|---|---|
| `day_9dp_half_up` | local days, end day excluded, over the days of the whole | rate x ratio to 9 decimals |
| `day_fixed_n` | local days over n days for each month of the interval | rate x ratio |
| `day_inclusive` | local dates touched, the last one counted | rate x ratio |
| `per_second` | elapsed seconds | rate x ratio |
| `strict_30_360` | days of a calendar whose months all have 30 days | rate x ratio |
| `round_trailing` | local days | rate per day cut to the minor unit; the last slice takes the rest |

Amounts are rounded once, half up in magnitude. Ratios are recorded to 9 decimals half-up. Intervals
of seconds are always billed per second. Weeks and days never have a fixed denominator.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from domain.money.money import Money
from domain.money.rounding import Rounding, decimal_of_ratio, round_ratio
from domain.periods.periods import Interval, IntervalUnit, Period, local_days, zone_info

FACTOR_PLACES: Final = 9
_DAYS_IN_BOOK_MONTH: Final = 30
_MONTHS_IN_YEAR: Final = 12
_TICK: Final = timedelta(microseconds=1)


class Convention(StrEnum):
    """How a part of a period is counted and rounded."""

    DAY_9DP_HALF_UP = "day_9dp_half_up"
    DAY_FIXED_N = "day_fixed_n"
    DAY_INCLUSIVE = "day_inclusive"
    PER_SECOND = "per_second"
    STRICT_30_360 = "strict_30_360"
    ROUND_TRAILING = "round_trailing"


class ProrationReason(StrEnum):
    """Why a line is for a part of a period."""

    FIRST_STUB = "first_stub"
    LAST_STUB = "last_stub"
    REMAINING_TIME = "remaining_time"
    UNUSED_TIME = "unused_time"
    WHOLE_PERIOD = "whole_period"


@dataclass(frozen=True, kw_only=True, slots=True)
class ProrationRule:
    """The convention a catalog has chosen.

    Attributes:
        convention: One of the six.
        fixed_days: Days that count as a month under `day_fixed_n`, 1 or more; unused otherwise.
    """

    convention: Convention
    fixed_days: int = _DAYS_IN_BOOK_MONTH

    def __post_init__(self) -> None:
        if self.fixed_days < 1:
            raise ValueError(f"fixed_days must be 1 or more, got {self.fixed_days}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Portion:
    """A part of a whole, counted.

    Attributes:
        convention: How it was counted.
        before: Units of the whole before the part, 0 or more; only `round_trailing` uses it.
        numerator: Units in the part, 0 or more.
        denominator: Units in the whole, 1 or more.

    Raises:
        ValueError: The denominator is below 1 or another count is negative.
    """

    convention: Convention
    before: int = 0
    numerator: int
    denominator: int

    def __post_init__(self) -> None:
        if self.denominator < 1:
            raise ValueError(f"the whole has no units to prorate by: {self.denominator}")
        if self.numerator < 0 or self.before < 0:
            raise ValueError(f"counts must be 0 or more: {self.before}, {self.numerator}")

    @property
    def factor(self) -> Decimal:
        """The ratio to 9 decimals, half up."""
        return decimal_of_ratio(self.numerator, self.denominator, places=FACTOR_PLACES)

    @property
    def is_last(self) -> bool:
        """Whether the part has units and reaches to the end of the whole."""
        return self.numerator > 0 and self.before + self.numerator == self.denominator


@dataclass(frozen=True, kw_only=True, slots=True)
class Prorated:
    """The price of a part, with everything needed to recompute it.

    Attributes:
        convention: How it was counted and rounded.
        numerator: Units in the part: days or seconds.
        denominator: Units in the whole.
        factor: Their ratio to 9 decimals, half up.
        amount: Before tax, rounded to the minor unit.
        reason: Why only a part is billed.
    """

    convention: Convention
    numerator: int
    denominator: int
    factor: Decimal
    amount: Money
    reason: ProrationReason


def prorate(
    *,
    rule: ProrationRule,
    rate: Money,
    span: Period,
    whole: Period,
    zone: str,
    interval: Interval,
    reason: ProrationReason,
    is_share: bool = False,
) -> Prorated:
    """Return what `span` costs if `whole` costs `rate`.

    Args:
        rule: The convention.
        rate: Price of the whole, before tax.
        span: The part; must lie within the whole.
        whole: The period that `rate` is for.
        zone: IANA time zone that decides what a day is.
        interval: The interval that is billed.
        reason: Why, recorded with the result.
        is_share: Measure by the units of `whole` itself, so that all of it costs `rate` under every
            convention; for a `whole` that is a part of an interval, as a prorated line's span is.

    Raises:
        ValueError: The span leaves the whole, or the whole is empty.
    """
    portion = portion_of(
        rule=rule, span=span, whole=whole, zone=zone, interval=interval, is_share=is_share
    )
    return price_portion(rate, portion, reason)


def price_portion(rate: Money, portion: Portion, reason: ProrationReason) -> Prorated:
    """Return what an already counted part of a whole costs if the whole costs `rate`."""
    return Prorated(
        convention=portion.convention,
        numerator=portion.numerator,
        denominator=portion.denominator,
        factor=portion.factor,
        amount=_amount(rate, portion),
        reason=reason,
    )


def portion_of(
    *,
    rule: ProrationRule,
    span: Period,
    whole: Period,
    zone: str,
    interval: Interval,
    is_share: bool = False,
) -> Portion:
    """Return the part that `span` is of `whole`, counted by the rule; see `prorate`.

    Raises:
        ValueError: The span leaves the whole, or the whole is empty.
    """
    if span.start < whole.start or span.end > whole.end:
        raise ValueError(
            f"the span {span.start} to {span.end} leaves the period {whole.start} to {whole.end}"
        )
    convention = _effective(rule.convention, whole, zone, interval)
    before = _units(convention, Period(start=whole.start, end=span.start), zone)
    numerator = _units(convention, span, zone)
    denominator = _units(convention, whole, zone)
    if convention is Convention.DAY_FIXED_N and interval.months:
        fixed = rule.fixed_days * interval.months
        # 31 actual days of a 30-day month are still one month.
        numerator = min(numerator, fixed)
        denominator = min(denominator, fixed) if is_share else fixed
    return Portion(
        convention=convention, before=before, numerator=numerator, denominator=denominator
    )


def _effective(convention: Convention, whole: Period, zone: str, interval: Interval) -> Convention:
    """Return the convention that can count the whole: per second if the whole contains no day."""
    if interval.unit is IntervalUnit.SECOND:
        return Convention.PER_SECOND
    return convention if _units(convention, whole, zone) else Convention.PER_SECOND


def _units(convention: Convention, period: Period, zone: str) -> int:
    match convention:
        case Convention.PER_SECOND:
            return _seconds(period)
        case Convention.STRICT_30_360:
            return _book_days(period.end, zone) - _book_days(period.start, zone)
        case Convention.DAY_INCLUSIVE:
            return _dates_touched(period, zone)
        case Convention.DAY_9DP_HALF_UP | Convention.DAY_FIXED_N | Convention.ROUND_TRAILING:
            return local_days(period, zone)


def _seconds(period: Period) -> int:
    # Both ends are cut to the second, so that adjacent parts add up to the whole.
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    second = timedelta(seconds=1)
    return (period.end - epoch) // second - (period.start - epoch) // second


def _book_days(instant: datetime, zone: str) -> int:
    """Return the number of the local date if all months have 30 days; the 31st counts as the 30th."""
    local = instant.astimezone(zone_info(zone))
    months = local.year * _MONTHS_IN_YEAR + local.month
    return months * _DAYS_IN_BOOK_MONTH + min(local.day, _DAYS_IN_BOOK_MONTH)


def _dates_touched(period: Period, zone: str) -> int:
    if period.is_empty:
        return 0
    last = Period(start=period.start, end=period.end - _TICK)
    return local_days(last, zone) + 1


def _amount(rate: Money, portion: Portion) -> Money:
    if portion.convention is Convention.DAY_9DP_HALF_UP:
        return rate.multiply(portion.factor)
    if portion.convention is Convention.ROUND_TRAILING:
        return _trailing(rate, portion)
    units = round_ratio(
        rate.minor_units * portion.numerator, portion.denominator, rounding=Rounding.HALF_AWAY
    )
    return Money(minor_units=units, currency=rate.currency)


def _trailing(rate: Money, portion: Portion) -> Money:
    sign = -1 if rate.is_negative else 1
    per_day = sign * (abs(rate.minor_units) // portion.denominator)
    if portion.is_last:
        units = rate.minor_units - per_day * portion.before
    else:
        units = per_day * portion.numerator
    return Money(minor_units=units, currency=rate.currency)
