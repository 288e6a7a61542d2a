"""Amounts of money: whole minor units with an ISO 4217 currency, and never a float."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Self

from typing_extensions import override

from domain.money.currencies import UnknownCurrencyError, exponent
from domain.money.rounding import (
    Exact,
    Rounding,
    ratio_of,
    round_half_away,
    round_half_even,
    round_half_up,
    round_ratio,
    shifted,
)

__all__ = [
    "CurrencyMismatchError",
    "Exact",
    "Money",
    "Rounding",
    "UnknownCurrencyError",
    "round_half_away",
    "round_half_even",
    "round_half_up",
    "split_units",
    "sum_money",
]

_PLAIN_AMOUNT: Final = re.compile(r"-?[0-9]+(?:\.([0-9]+))?")


class CurrencyMismatchError(ValueError):
    """Two amounts of different currencies were added, subtracted or compared; never worth a retry."""

    def __init__(self, left: str, right: str) -> None:
        super().__init__(f"Cannot combine {left} with {right}: convert one of them first.")
        self.left = left
        self.right = right


@dataclass(frozen=True, kw_only=True, slots=True)
class Money:
    """An exact amount in one currency.

    Args:
        minor_units: Whole minor units (cents, yen, fils); negative for a credit.
        currency: ISO 4217 code in upper case.

    Raises:
        UnknownCurrencyError: The currency is not in ISO 4217.
        TypeError: The minor units are not an int.
    """

    minor_units: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor_units) is not int:
            raise TypeError(f"minor_units must be an int, got {self.minor_units!r}")
        exponent(self.currency)

    @classmethod
    def zero(cls, currency: str) -> Self:
        """Return the amount 0 in the given currency."""
        return cls(minor_units=0, currency=currency)

    @classmethod
    def parse(cls, text: str, currency: str) -> Self:
        """Return the amount a person or a file wrote in major units, such as "49.00".

        Plain digits only, no thousands separators. As many decimals as the currency has, or fewer:
        even trailing zeros beyond that are refused, because "1.000" may mean a thousand.

        Raises:
            ValueError: Not a plain number, or more decimals than the currency has.
        """
        digits = exponent(currency)
        found = _PLAIN_AMOUNT.fullmatch(text)
        if found is None:
            raise ValueError(f"{text!r} is not a plain amount such as '49' or '-49.5'")
        if len(found[1] or "") > digits:
            raise ValueError(f"{text!r} has too many decimals: {currency} has {digits}")
        return cls.of_decimal(Decimal(text), currency)

    @classmethod
    def of_decimal(cls, amount: Decimal, currency: str) -> Self:
        """Return the amount given in major units; decimals beyond the currency's must be zero.

        Raises:
            ValueError: The amount is not finite, or has a fraction of a minor unit.
        """
        if not amount.is_finite():
            raise ValueError(f"{amount} is not an amount of money")
        numerator, denominator = amount.as_integer_ratio()
        units, rest = divmod(numerator * 10 ** exponent(currency), denominator)
        if rest:
            digits = exponent(currency)
            raise ValueError(f"{amount} has too many decimals: {currency} has {digits}")
        return cls(minor_units=units, currency=currency)

    def to_decimal(self) -> Decimal:
        """Return the amount in major units with exactly the currency's number of decimals."""
        return shifted(self.minor_units, exponent(self.currency))

    @override
    def __str__(self) -> str:
        return f"{self.to_decimal():f} {self.currency}"

    @property
    def is_zero(self) -> bool:
        """Whether there is nothing to pay or to give back."""
        return self.minor_units == 0

    @property
    def is_negative(self) -> bool:
        """Whether the amount is a credit."""
        return self.minor_units < 0

    def __add__(self, other: "Money") -> "Money":
        return self._with(self.minor_units + self._units_of(other))

    def __sub__(self, other: "Money") -> "Money":
        return self._with(self.minor_units - self._units_of(other))

    def __neg__(self) -> "Money":
        return self._with(-self.minor_units)

    def __abs__(self) -> "Money":
        return self._with(abs(self.minor_units))

    def __lt__(self, other: "Money") -> bool:
        return self.minor_units < self._units_of(other)

    def __le__(self, other: "Money") -> bool:
        return self.minor_units <= self._units_of(other)

    def __gt__(self, other: "Money") -> bool:
        return self.minor_units > self._units_of(other)

    def __ge__(self, other: "Money") -> bool:
        return self.minor_units >= self._units_of(other)

    def multiply(self, factor: Exact, rounding: Rounding = Rounding.HALF_UP) -> "Money":
        """Return this amount times an exact factor, rounded once to the minor unit.

        Raises:
            TypeError: The factor is a float.
        """
        numerator, denominator = ratio_of(factor)
        return self._with(round_ratio(self.minor_units * numerator, denominator, rounding=rounding))

    def split(self, weights: Sequence[int]) -> tuple["Money", ...]:
        """Return one part per weight; the parts sum to this amount exactly.

        `split_units` says which parts get the remaining minor units.
        """
        return tuple(self._with(units) for units in split_units(self.minor_units, weights))

    def _with(self, minor_units: int) -> "Money":
        return Money(minor_units=minor_units, currency=self.currency)

    def _units_of(self, other: "Money") -> int:
        if other.currency != self.currency:
            raise CurrencyMismatchError(self.currency, other.currency)
        return other.minor_units


def split_units(minor_units: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Return whole parts proportional to the weights that sum to `minor_units` exactly.

    Largest remainder: every part is cut towards zero, then the parts with the largest remainders take
    one unit more, the earlier part first among equals. A negative amount splits as the mirror of
    the positive one. A weight of 0 gets nothing; if all weights are 0, they count as equal.

    Args:
        minor_units: The amount to split; may be negative.
        weights: 0 or more each; at least one.

    Raises:
        ValueError: No weights, or a negative one.
    """
    if not weights:
        raise ValueError("weights must not be empty: there are no parts to split into")
    if min(weights) < 0:
        raise ValueError(f"weights must be 0 or more, got {min(weights)}")
    total = sum(weights)
    if total == 0:
        return split_units(minor_units, [1] * len(weights))
    cut = [divmod(abs(minor_units) * weight, total) for weight in weights]
    left_over = abs(minor_units) - sum(whole for whole, _ in cut)
    by_rest = sorted(range(len(cut)), key=lambda index: (-cut[index][1], index))
    lucky = frozenset(by_rest[:left_over])
    sign = -1 if minor_units < 0 else 1
    return tuple(sign * (whole + (index in lucky)) for index, (whole, _) in enumerate(cut))


def sum_money(amounts: Iterable[Money], currency: str) -> Money:
    """Return the sum of the amounts, zero of the currency if there are none.

    Raises:
        CurrencyMismatchError: An amount is in another currency.
    """
    units = 0
    for amount in amounts:
        if amount.currency != currency:
            raise CurrencyMismatchError(currency, amount.currency)
        units += amount.minor_units
    return Money(minor_units=units, currency=currency)
