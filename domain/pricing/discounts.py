"""Discounts on the lines of an invoice, before tax.

A discount is computed once on the lines it is given, rounded half up, and spread over them by
largest remainder, so that the lines add up. Several discounts apply one after the other, each on
what the ones before have left. Nothing is discounted below zero; credits are not discounted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Final

from domain.money.money import Money, split_units
from domain.money.rounding import round_half_up

_HUNDRED: Final = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class LineAmount:
    """A line as far as a discount needs to know it: before tax, in minor units."""

    line_id: str
    amount: Money


@dataclass(frozen=True, kw_only=True, slots=True)
class Discount:
    """A discount of a catalog or an order.

    Attributes:
        discount_id: Printed with the line and kept with the result.
        percent: More than 0, up to 100; or None.
        amount: More than 0, off the whole invoice; or None. Exactly one of the two is set.
        periods: Applies to this many periods from the first, 1 or more; None for all.
        until: First local date on which it no longer applies; None for ever.

    Raises:
        ValueError: Not exactly one of percent and amount, or a number is out of range.
    """

    discount_id: str
    percent: Decimal | None = None
    amount: Money | None = None
    periods: int | None = None
    until: date | None = None

    def __post_init__(self) -> None:
        if (self.percent is None) == (self.amount is None):
            raise ValueError(f"discount {self.discount_id}: set percent or amount, not both")
        if self.percent is not None and not 0 < self.percent <= _HUNDRED:
            raise ValueError(f"discount {self.discount_id}: percent must be above 0, up to 100")
        if self.amount is not None and self.amount.minor_units <= 0:
            raise ValueError(f"discount {self.discount_id}: amount must be above 0")
        if self.periods is not None and self.periods < 1:
            raise ValueError(f"discount {self.discount_id}: periods must be 1 or more")

    def applies(self, *, period_number: int, on: date) -> bool:
        """Whether the discount counts for a period.

        Args:
            period_number: 0 for the first period that the discount was given for.
            on: Local date on which the period starts.
        """
        is_counted = self.periods is None or period_number < self.periods
        return is_counted and (self.until is None or on < self.until)


@dataclass(frozen=True, kw_only=True, slots=True)
class AppliedDiscount:
    """What one discount took off one line, 0 or more."""

    discount_id: str
    amount: Money


@dataclass(frozen=True, kw_only=True, slots=True)
class DiscountedLine:
    """A line after its discounts: `amount` = `before` less all that was applied."""

    line_id: str
    before: Money
    applied: tuple[AppliedDiscount, ...]
    amount: Money


def discount_lines(
    lines: Sequence[LineAmount], discounts: Sequence[Discount], *, period_number: int, on: date
) -> tuple[DiscountedLine, ...]:
    """Return the lines after the discounts that apply to the period, in the order given.

    Args:
        lines: Lines of one currency that the discounts may touch.
        discounts: In the order in which they apply.
        period_number: 0 for the first period that the discounts were given for.
        on: Local date on which the period starts.

    Raises:
        CurrencyMismatchError: An amount off is in another currency than the lines.
    """
    result = tuple(
        DiscountedLine(line_id=line.line_id, before=line.amount, applied=(), amount=line.amount)
        for line in lines
    )
    for discount in discounts:
        if result and discount.applies(period_number=period_number, on=on):
            result = _apply(discount, result)
    return result


def _apply(discount: Discount, lines: tuple[DiscountedLine, ...]) -> tuple[DiscountedLine, ...]:
    weights = [max(line.amount.minor_units, 0) for line in lines]
    base = Money(minor_units=sum(weights), currency=lines[0].amount.currency)
    off = min(_amount_off(discount, base), base)
    if off.is_zero:
        return lines
    parts = split_units(off.minor_units, weights)
    return tuple(
        _less(line, discount.discount_id, part) for line, part in zip(lines, parts, strict=True)
    )


def _amount_off(discount: Discount, base: Money) -> Money:
    if discount.amount is not None:
        return discount.amount
    share = Fraction(discount.percent or 0) / _HUNDRED
    return Money(minor_units=round_half_up(base.minor_units * share), currency=base.currency)


def _less(line: DiscountedLine, discount_id: str, units: int) -> DiscountedLine:
    if not units:
        return line
    off = Money(minor_units=units, currency=line.before.currency)
    applied = AppliedDiscount(discount_id=discount_id, amount=off)
    return DiscountedLine(
        line_id=line.line_id,
        before=line.before,
        applied=(*line.applied, applied),
        amount=line.amount - off,
    )
