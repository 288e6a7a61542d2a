from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money.rounding import (
    Rounding,
    decimal_of_ratio,
    round_half_away,
    round_half_even,
    round_half_up,
    round_ratio,
    shifted,
)


@pytest.mark.parametrize(
    ("value", "up", "even", "away"),
    [
        ("2.5", 3, 2, 3),
        ("3.5", 4, 4, 4),
        ("0.5", 1, 0, 1),
        ("-0.5", -1, 0, -1),
        ("-2.5", -3, -2, -3),
        ("-3.5", -4, -4, -4),
        ("2.4999", 2, 2, 2),
        ("2.5001", 3, 3, 3),
        ("-2.5001", -3, -3, -3),
        ("-2.4999", -2, -2, -2),
        ("7", 7, 7, 7),
    ],
)
def test_halves_go_where_the_rule_says(value: str, up: int, even: int, away: int):
    number = Decimal(value)
    assert (round_half_up(number), round_half_even(number), round_half_away(number)) == (
        up,
        even,
        away,
    )


@given(
    st.decimals(
        allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9), max_value=10**9
    )
)
def test_rounding_agrees_with_the_decimal_module(value: Decimal):
    assert round_half_up(value) == int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP))
    assert round_half_even(value) == int(value.quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


@given(st.fractions(), st.sampled_from(Rounding))
def test_a_credit_rounds_to_the_mirror_of_its_charge(value: Fraction, rounding: Rounding):
    charge = round_ratio(value.numerator, value.denominator, rounding=rounding)
    assert round_ratio(-value.numerator, value.denominator, rounding=rounding) == -charge


@pytest.mark.parametrize("denominator", [0, -1])
def test_a_denominator_below_one_is_refused(denominator: int):
    with pytest.raises(ValueError, match="denominator must be 1 or more"):
        round_ratio(1, denominator, rounding=Rounding.HALF_UP)


def test_a_ratio_has_exactly_the_decimals_asked_for():
    assert str(decimal_of_ratio(1, 2, places=9)) == "0.500000000"
    assert str(decimal_of_ratio(10, 31, places=9)) == "0.322580645"
    assert str(decimal_of_ratio(-2, 3, places=2)) == "-0.67"


def test_the_ambient_decimal_precision_changes_nothing():
    with localcontext(prec=2):
        assert shifted(123456789, 4) == Decimal("12345.6789")
        assert round_half_up(Decimal("123456789.5")) == 123456790
