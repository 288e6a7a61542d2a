import dataclasses
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from domain.money.currencies import EXPONENTS
from domain.money.money import (
    CurrencyMismatchError,
    Money,
    Rounding,
    UnknownCurrencyError,
    round_half_away,
    round_half_even,
    round_half_up,
    split_units,
    sum_money,
)

CURRENCIES = st.sampled_from(sorted(EXPONENTS))
UNITS = st.integers(min_value=-(10**15), max_value=10**15)
AMOUNTS = st.builds(Money, minor_units=UNITS, currency=CURRENCIES)
WEIGHTS = st.lists(st.integers(min_value=0, max_value=10**9), min_size=1, max_size=30)


def eur(minor_units: int) -> Money:
    return Money(minor_units=minor_units, currency="EUR")


@pytest.mark.parametrize(
    ("text", "currency", "minor_units"),
    [
        ("49.00", "USD", 4900),
        ("49", "USD", 4900),
        ("49.5", "USD", 4950),
        ("-0.01", "USD", -1),
        ("4900", "JPY", 4900),
        ("1.234", "KWD", 1234),
        ("0.0001", "CLF", 1),
        ("123456789012345678901234567890.12", "USD", 12345678901234567890123456789012),
    ],
)
def test_an_amount_in_major_units_is_read_to_the_minor_unit(
    text: str, currency: str, minor_units: int
):
    assert Money.parse(text, currency) == Money(minor_units=minor_units, currency=currency)


@pytest.mark.parametrize(
    ("text", "currency", "digits"),
    [("49.001", "USD", 2), ("49.000", "USD", 2), ("1.0", "JPY", 0), ("1.2345", "KWD", 3)],
)
def test_too_many_decimals_are_refused_with_the_number_allowed(
    text: str, currency: str, digits: int
):
    with pytest.raises(
        ValueError, match=f"'{text}' has too many decimals: {currency} has {digits}"
    ):
        Money.parse(text, currency)


@pytest.mark.parametrize("text", ["", "1,000", "1e3", "NaN", " 1", "1.", ".5", "+1", "\u0661"])
def test_anything_but_plain_digits_is_refused(text: str):
    with pytest.raises(ValueError, match="is not a plain amount"):
        Money.parse(text, "USD")


def test_a_decimal_may_carry_trailing_zeros_but_no_fraction_of_a_minor_unit():
    assert Money.of_decimal(Decimal("49.000000"), "USD") == Money.parse("49.00", "USD")
    with pytest.raises(ValueError, match="too many decimals: USD has 2"):
        Money.of_decimal(Decimal("49.001"), "USD")


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity"])
def test_a_decimal_that_is_not_finite_is_refused(text: str):
    with pytest.raises(ValueError, match="is not an amount of money"):
        Money.of_decimal(Decimal(text), "USD")


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (Money(minor_units=4900, currency="USD"), "49.00 USD"),
        (Money(minor_units=-5, currency="USD"), "-0.05 USD"),
        (Money(minor_units=4900, currency="JPY"), "4900 JPY"),
        (Money(minor_units=1, currency="KWD"), "0.001 KWD"),
        (Money(minor_units=0, currency="UYW"), "0.0000 UYW"),
    ],
)
def test_an_amount_prints_with_all_its_decimals_and_its_currency(amount: Money, text: str):
    assert str(amount) == text


@pytest.mark.parametrize("minor_units", [True, 1.0, "1", Decimal(1)])
def test_minor_units_that_are_not_a_whole_number_are_refused(minor_units: int):
    with pytest.raises(TypeError, match="minor_units must be an int"):
        Money(minor_units=minor_units, currency="USD")


def test_an_unknown_currency_is_refused_wherever_it_comes_in():
    with pytest.raises(UnknownCurrencyError):
        Money(minor_units=1, currency="BTC")
    with pytest.raises(UnknownCurrencyError):
        Money.parse("1", "BTC")
    with pytest.raises(ValidationError, match="Unknown currency 'BTC'"):
        TypeAdapter(Money).validate_json('{"minor_units": 1, "currency": "BTC"}')


def test_an_amount_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        eur(1).minor_units = 2  # pyright: ignore[reportAttributeAccessIssue] - the point


@pytest.mark.parametrize(
    "combine",
    [Money.__add__, Money.__sub__, Money.__lt__, Money.__le__, Money.__gt__, Money.__ge__],
)
def test_two_currencies_never_meet(combine: Callable[[Money, Money], object]):
    with pytest.raises(CurrencyMismatchError, match="Cannot combine EUR with USD") as refused:
        combine(eur(1), Money(minor_units=1, currency="USD"))
    assert (refused.value.left, refused.value.right) == ("EUR", "USD")


def test_arithmetic_and_order_follow_the_minor_units():
    assert eur(5) + eur(-7) == eur(-2)
    assert eur(5) - eur(7) == eur(-2)
    assert (-eur(5), abs(eur(-5)), abs(eur(5))) == (eur(-5), eur(5), eur(5))
    assert (eur(1) < eur(2), eur(2) < eur(2), eur(2) <= eur(2), eur(3) <= eur(2)) == (
        True,
        False,
        True,
        False,
    )
    assert (eur(2) > eur(1), eur(2) > eur(2), eur(2) >= eur(2), eur(2) >= eur(3)) == (
        True,
        False,
        True,
        False,
    )
    assert (eur(0).is_zero, eur(-1).is_zero, eur(-1).is_negative, eur(0).is_negative) == (
        True,
        False,
        True,
        False,
    )


@pytest.mark.parametrize(
    ("units", "factor", "rounding", "product"),
    [
        (5, Decimal("0.5"), Rounding.HALF_UP, 3),
        (5, Decimal("0.5"), Rounding.HALF_EVEN, 2),
        (-5, Decimal("0.5"), Rounding.HALF_AWAY, -3),
        (24995, Decimal("0.322580645"), Rounding.HALF_UP, 8063),
        (7, 3, Rounding.HALF_UP, 21),
    ],
)
def test_a_product_is_rounded_once_by_the_rule_named(
    units: int, factor: Decimal | int, rounding: Rounding, product: int
):
    assert eur(units).multiply(factor, rounding) == eur(product)


@pytest.mark.parametrize("rounded", [round_half_up, round_half_away, round_half_even])
def test_a_float_is_refused_although_it_has_a_ratio(rounded: Callable[[Any], int]):
    loose: Any = 0.1
    with pytest.raises(TypeError, match=r"got 0\.1"):
        Money(minor_units=100, currency="USD").multiply(loose)
    with pytest.raises(TypeError, match=r"got 0\.1"):
        rounded(loose)


def test_a_product_rounds_half_up_unless_told_otherwise():
    assert eur(5).multiply(Decimal("0.5")) == eur(3)


@pytest.mark.parametrize(
    ("units", "weights", "parts"),
    [
        (100, [1, 1, 1], (34, 33, 33)),
        (-100, [1, 1, 1], (-34, -33, -33)),
        (100, [0, 1, 0], (0, 100, 0)),
        (5, [0, 0], (3, 2)),
        (10, [1, 2, 4], (1, 3, 6)),
        (1, [1, 3], (0, 1)),
        (0, [3, 4], (0, 0)),
    ],
)
def test_odd_minor_units_go_to_the_largest_rests(
    units: int, weights: list[int], parts: tuple[int, ...]
):
    assert split_units(units, weights) == parts
    assert eur(units).split(weights) == tuple(eur(part) for part in parts)


@given(AMOUNTS, WEIGHTS)
def test_the_parts_of_a_split_sum_to_the_whole_exactly(amount: Money, weights: list[int]):
    assert sum_money(amount.split(weights), amount.currency) == amount


@given(UNITS, WEIGHTS)
def test_each_part_of_a_split_is_within_one_unit_of_its_share(units: int, weights: list[int]):
    total = sum(weights)
    for part, weight in zip(split_units(units, weights), weights, strict=True):
        if total:
            assert abs(part * total - units * weight) < total
        assert part * units >= 0


@given(UNITS, WEIGHTS)
def test_the_split_of_a_credit_mirrors_that_of_the_charge(units: int, weights: list[int]):
    assert split_units(-units, weights) == tuple(-part for part in split_units(units, weights))


@pytest.mark.parametrize(
    ("weights", "message"), [([], "must not be empty"), ([1, -1], "0 or more, got -1")]
)
def test_weights_that_split_nothing_are_refused(weights: list[int], message: str):
    with pytest.raises(ValueError, match=message):
        eur(1).split(weights)


def test_the_sum_of_no_amounts_is_zero_in_the_currency_named():
    assert sum_money([], "KWD") == Money.zero("KWD") == Money(minor_units=0, currency="KWD")


def test_a_sum_over_two_currencies_is_refused():
    with pytest.raises(CurrencyMismatchError):
        sum_money([eur(1)], "USD")


@given(AMOUNTS)
def test_an_amount_survives_serialisation_and_printing(amount: Money):
    adapter = TypeAdapter(Money)
    assert adapter.validate_json(adapter.dump_json(amount)) == amount
    text, currency = str(amount).split()
    assert Money.parse(text, currency) == amount
    assert Money.of_decimal(amount.to_decimal(), amount.currency) == amount
