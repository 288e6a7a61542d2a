from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from domain.money.money import CurrencyMismatchError, Money
from domain.pricing.discounts import (
    Discount,
    DiscountedLine,
    LineAmount,
    discount_lines,
)

DAY = date(2024, 6, 1)


def usd(units: int) -> Money:
    return Money(minor_units=units, currency="USD")


def lines(*units: int) -> tuple[LineAmount, ...]:
    return tuple(
        LineAmount(line_id=f"line-{number}", amount=usd(each)) for number, each in enumerate(units)
    )


def percent(text: str) -> Discount:
    return Discount(discount_id=f"p{text}", percent=Decimal(text))


def amount(units: int) -> Discount:
    return Discount(discount_id=f"a{units}", amount=usd(units))


def left(before: tuple[LineAmount, ...], *discounts: Discount) -> list[int]:
    after = discount_lines(before, discounts, period_number=0, on=DAY)
    return [line.amount.minor_units for line in after]


@pytest.mark.parametrize(
    ("before", "discounts", "after"),
    [
        (lines(10000), (percent("10"),), [9000]),
        (lines(333, 333, 333), (percent("10"),), [299, 300, 300]),
        (lines(100, 200), (amount(100),), [67, 133]),
        (lines(100, 200), (amount(500),), [0, 0]),
        (lines(100, 0), (percent("100"),), [0, 0]),
        (lines(1000, -500), (percent("50"),), [500, -500]),
        (lines(10000), (percent("10"), amount(1000)), [8000]),
        (lines(10000), (amount(1000), percent("10")), [8100]),
        (lines(5), (percent("50"),), [2]),
        (lines(0), (amount(10),), [0]),
        ((), (amount(10),), []),
    ],
)
def test_discounts_apply_in_order_and_spread_by_largest_remainder(
    before: tuple[LineAmount, ...], discounts: tuple[Discount, ...], after: list[int]
):
    assert left(before, *discounts) == after


def test_each_line_says_what_each_discount_took_off():
    (line,) = discount_lines(lines(10000), (percent("10"), amount(500)), period_number=0, on=DAY)
    assert [(part.discount_id, part.amount) for part in line.applied] == [
        ("p10", usd(1000)),
        ("a500", usd(500)),
    ]
    assert (line.before, line.amount) == (usd(10000), usd(8500))
    assert [part.amount for part in line.applied] == [usd(1000), usd(500)]


@pytest.mark.parametrize(
    ("periods", "until", "number", "applies"),
    [
        (None, None, 99, True),
        (3, None, 2, True),
        (3, None, 3, False),
        (None, date(2024, 6, 2), 0, True),
        (None, date(2024, 6, 1), 0, False),
        (3, date(2024, 6, 1), 0, False),
        (1, date(2024, 7, 1), 1, False),
    ],
)
def test_a_discount_ends_after_its_periods_or_on_its_date(
    periods: int | None, until: date | None, number: int, applies: bool
):
    half = Discount(discount_id="half", percent=Decimal(50), periods=periods, until=until)
    (line,) = discount_lines(lines(100), (half,), period_number=number, on=DAY)
    assert line.amount == usd(50 if applies else 100)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "set percent or amount"),
        ({"percent": Decimal(1), "amount": usd(1)}, "set percent or amount"),
        ({"percent": Decimal(0)}, "percent must be above 0"),
        ({"percent": Decimal(101)}, "percent must be above 0, up to 100"),
        ({"amount": usd(0)}, "amount must be above 0"),
        ({"percent": Decimal(1), "periods": 0}, "periods must be 1 or more"),
    ],
)
def test_a_discount_that_makes_no_sense_is_refused(fields: dict[str, object], message: str):
    with pytest.raises(ValueError, match=message):
        TypeAdapter(Discount).validate_python({"discount_id": "bad", **fields})


def test_an_amount_off_in_another_currency_is_refused():
    off = Discount(discount_id="eur", amount=Money(minor_units=1, currency="EUR"))
    with pytest.raises(CurrencyMismatchError):
        discount_lines(lines(100), (off,), period_number=0, on=DAY)


DISCOUNTS = st.one_of(
    st.decimals("0.01", 100, places=2).map(
        lambda number: Discount(discount_id="p", percent=number)
    ),
    st.integers(1, 10**7).map(lambda units: Discount(discount_id="a", amount=usd(units))),
)


@given(st.lists(st.integers(0, 10**6), max_size=8), st.lists(DISCOUNTS, max_size=4))
def test_no_discount_takes_more_than_there_is_and_lines_add_up(
    units: list[int], discounts: list[Discount]
):
    before = lines(*units)
    after = discount_lines(before, discounts, period_number=0, on=DAY)
    assert all(line.amount.minor_units >= 0 for line in after)
    assert all(part.amount.minor_units > 0 for line in after for part in line.applied)
    assert sum(line.amount.minor_units for line in after) == (
        sum(units) - sum(part.amount.minor_units for line in after for part in line.applied)
    )
    adapter = TypeAdapter(tuple[DiscountedLine, ...])
    assert adapter.validate_json(adapter.dump_json(after)) == after
