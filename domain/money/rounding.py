"""Rounding of exact ratios to whole numbers, in integers only.

Nothing here depends on the ambient decimal context, so a replay rounds as the first run did.
"""

from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import assert_never


class Rounding(StrEnum):
    """What happens to a value exactly half way between two whole numbers.

    `half_up` and `half_away` are one rule under the two names in use: the magnitude is rounded up,
    so -2.5 becomes -3 and a credit always mirrors its charge (java.math.RoundingMode.HALF_UP and
    decimal.ROUND_HALF_UP say the same). `half_even` goes to the even neighbour.
    """

    HALF_UP = "half_up"
    HALF_EVEN = "half_even"
    HALF_AWAY = "half_away"


Exact = int | Decimal | Fraction
"""A number without binary error: everything that money may be multiplied by."""


def ratio_of(value: object) -> tuple[int, int]:
    """Return the number as numerator and denominator.

    Raises:
        TypeError: It is another type, such as a binary fraction, whose exact ratio is seldom the
            intended one.
    """
    if not isinstance(value, int | Decimal | Fraction):
        raise TypeError(f"expected an int, a Decimal or a Fraction, got {value!r}")
    return value.as_integer_ratio()


def round_half_up(value: Exact) -> int:
    """Return the nearest whole number; halves go up in magnitude (2.5 -> 3, -2.5 -> -3)."""
    return round_ratio(*ratio_of(value), rounding=Rounding.HALF_UP)


def round_half_away(value: Exact) -> int:
    """Return the nearest whole number; halves go away from zero (2.5 -> 3, -2.5 -> -3)."""
    return round_ratio(*ratio_of(value), rounding=Rounding.HALF_AWAY)


def round_half_even(value: Exact) -> int:
    """Return the nearest whole number; halves go to the even one (2.5 -> 2, -3.5 -> -4)."""
    return round_ratio(*ratio_of(value), rounding=Rounding.HALF_EVEN)


def round_ratio(numerator: int, denominator: int, *, rounding: Rounding) -> int:
    """Return `numerator / denominator` rounded to a whole number.

    Args:
        numerator: Any whole number.
        denominator: 1 or more.
        rounding: Where halves go.

    Raises:
        ValueError: The denominator is not positive.
    """
    if denominator <= 0:
        raise ValueError(f"denominator must be 1 or more, got {denominator}")
    whole, rest = divmod(abs(numerator), denominator)
    if _goes_up(whole, twice_rest=2 * rest, denominator=denominator, rounding=rounding):
        whole += 1
    return whole if numerator >= 0 else -whole


def _goes_up(whole: int, *, twice_rest: int, denominator: int, rounding: Rounding) -> bool:
    if twice_rest != denominator:
        return twice_rest > denominator
    match rounding:
        case Rounding.HALF_UP | Rounding.HALF_AWAY:
            return True
        case Rounding.HALF_EVEN:
            return whole % 2 == 1
        case _:
            assert_never(rounding)


def decimal_of_ratio(numerator: int, denominator: int, *, places: int) -> Decimal:
    """Return `numerator / denominator` with exactly `places` decimals, halves up in magnitude.

    Args:
        numerator: Any whole number.
        denominator: 1 or more.
        places: 0 or more decimals.
    """
    return shifted(
        round_ratio(numerator * 10**places, denominator, rounding=Rounding.HALF_UP), places
    )


def shifted(whole: int, places: int) -> Decimal:
    """Return `whole / 10 ** places` exactly, whatever the decimal context's precision."""
    return Decimal(f"{whole}E-{places}")
