from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from domain.money.currencies import UnknownCurrencyError
from domain.money.money import Money, sum_money
from domain.pricing.pricing import ComponentKind, Price, Priced, PriceModel, Tier, price_quantity

TIERS = (
    Tier(up_to=Decimal(10), unit_price=Decimal(5)),
    Tier(up_to=Decimal(100), unit_price=Decimal(4), flat_fee=Decimal(20)),
    Tier(up_to=None, unit_price=Decimal("2.5")),
)


def usd(units: int) -> Money:
    return Money(minor_units=units, currency="USD")


def price(model: PriceModel, **fields: object) -> Price:
    adapter = TypeAdapter(Price)
    return adapter.validate_python({"model": model, "currency": "USD", **fields})


def amounts(priced: Priced) -> list[int]:
    return [part.amount.minor_units for part in priced.components]


@pytest.mark.parametrize("quantity", [0, 1, 99])
def test_a_flat_price_does_not_look_at_the_quantity(quantity: int):
    priced = price_quantity(price(PriceModel.FLAT, unit_price=Decimal("49.00")), Decimal(quantity))
    assert (amounts(priced), priced.components[0].quantity) == ([4900], 1)


@pytest.mark.parametrize(
    ("quantity", "expected"), [("0", []), ("1", [1000]), ("7", [7000]), ("2.5", [2500])]
)
def test_a_price_per_seat_multiplies(quantity: str, expected: list[int]):
    priced = price_quantity(price(PriceModel.PER_SEAT, unit_price=Decimal(10)), Decimal(quantity))
    assert amounts(priced) == expected


@pytest.mark.parametrize(
    ("quantity", "expected", "quantities"),
    [
        ("0", [], []),
        ("10", [5000], ["10"]),
        ("11", [5000, 400, 2000], ["10", "1", "1"]),
        ("100", [5000, 36000, 2000], ["10", "90", "1"]),
        ("102.5", [5000, 36000, 2000, 625], ["10", "90", "1", "2.5"]),
    ],
)
def test_a_graduated_price_bills_each_tier(
    quantity: str, expected: list[int], quantities: list[str]
):
    priced = price_quantity(price(PriceModel.GRADUATED, tiers=TIERS), Decimal(quantity))
    assert amounts(priced) == expected
    assert [str(part.quantity) for part in priced.components] == quantities


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [("0", []), ("10", [5000]), ("10.5", [4200, 2000]), ("100", [40000, 2000]), ("101", [25250])],
)
def test_a_volume_price_bills_all_units_at_the_tier_of_the_last(quantity: str, expected: list[int]):
    priced = price_quantity(price(PriceModel.VOLUME, tiers=TIERS), Decimal(quantity))
    assert amounts(priced) == expected


@pytest.mark.parametrize(
    ("quantity", "packages"), [("0", []), ("1", [1]), ("100", [1]), ("100.1", [2]), ("250", [3])]
)
def test_a_package_price_bills_whole_packages(quantity: str, packages: list[int]):
    per_hundred = price(PriceModel.PACKAGE, unit_price=Decimal(8), package_size=Decimal(100))
    priced = price_quantity(per_hundred, Decimal(quantity))
    assert [part.quantity for part in priced.components] == packages
    assert amounts(priced) == [800 * count for count in packages]


@pytest.mark.parametrize(
    ("quantity", "expected"), [("3", []), ("5", []), ("6", [1000]), ("8", [3000])]
)
def test_included_units_cost_nothing(quantity: str, expected: list[int]):
    seats = price(PriceModel.PER_SEAT, unit_price=Decimal(10), included=Decimal(5))
    assert amounts(price_quantity(seats, Decimal(quantity))) == expected


@pytest.mark.parametrize(
    ("quantity", "expected"), [("0", [5000]), ("3", [3000, 2000]), ("5", [5000]), ("6", [6000])]
)
def test_what_is_missing_to_the_minimum_is_a_true_up(quantity: str, expected: list[int]):
    seats = price(PriceModel.PER_SEAT, unit_price=Decimal(10), minimum=usd(5000))
    priced = price_quantity(seats, Decimal(quantity))
    assert amounts(priced) == expected
    kinds = [part.kind for part in priced.components]
    assert (kinds[-1] is ComponentKind.TRUE_UP) == (Decimal(quantity) < 5)


@pytest.mark.parametrize(
    ("currency", "unit_price", "quantity", "units"),
    [
        ("USD", "0.000000000001", "5000000000", 1),
        ("USD", "0.000000000001", "4999999999", 0),
        ("JPY", "0.5", "1", 1),
        ("KWD", "1.2345", "1", 1235),
        ("USD", "0.005", "1", 1),
    ],
)
def test_a_line_is_rounded_once_half_up(currency: str, unit_price: str, quantity: str, units: int):
    fine = Price(model=PriceModel.PER_SEAT, currency=currency, unit_price=Decimal(unit_price))
    priced = price_quantity(fine, Decimal(quantity))
    assert priced.amount == Money(minor_units=units, currency=currency)


@pytest.mark.parametrize(
    ("model", "fields", "message"),
    [
        ("flat", {}, "unit_price or tiers"),
        ("flat", {"unit_price": "1", "tiers": TIERS}, "tiers are for tiered models"),
        ("volume", {}, "tiers are for tiered models"),
        ("volume", {"unit_price": "1", "tiers": TIERS}, "unit_price or tiers"),
        ("package", {"unit_price": "1"}, "package_size is for packages"),
        ("flat", {"unit_price": "1", "package_size": "2"}, "package_size is for packages"),
        ("package", {"unit_price": "1", "package_size": "0"}, "package_size must be above 0"),
        ("flat", {"unit_price": "-1"}, "a price must be 0 or more"),
        ("flat", {"unit_price": "0.0000000000001"}, "more than 12 decimals"),
        ("flat", {"unit_price": "1", "included": "-1"}, "included must be 0 or more"),
        ("volume", {"tiers": TIERS[:2]}, "the last tier must have no up_to"),
        ("volume", {"tiers": (TIERS[1], TIERS[0], TIERS[2])}, "tiers must rise"),
        ("volume", {"tiers": (TIERS[2], TIERS[2])}, "tiers must rise"),
        (
            "flat",
            {"unit_price": "1", "minimum": Money.zero("EUR")},
            "minimum is in another currency",
        ),
    ],
)
def test_a_price_that_makes_no_sense_is_refused(
    model: str, fields: dict[str, object], message: str
):
    with pytest.raises(ValueError, match=message):
        price(PriceModel(model), **fields)


def test_a_price_in_an_unknown_currency_is_refused():
    with pytest.raises(UnknownCurrencyError):
        Price(model=PriceModel.FLAT, currency="BTC", unit_price=Decimal(1))


@pytest.mark.parametrize("quantity", ["-1", "NaN", "Infinity"])
def test_a_quantity_that_is_no_count_is_refused(quantity: str):
    with pytest.raises(ValueError, match="quantity must be 0 or more"):
        price_quantity(price(PriceModel.FLAT, unit_price=Decimal(1)), Decimal(quantity))


@given(
    st.sampled_from([PriceModel.GRADUATED, PriceModel.VOLUME]),
    st.decimals(0, 10**6, places=3),
    st.integers(0, 10**6),
)
def test_the_amount_is_the_sum_of_the_components_and_survives_serialisation(
    model: PriceModel, quantity: Decimal, minimum: int
):
    tiered = price(model, tiers=TIERS, minimum=usd(minimum))
    priced = price_quantity(tiered, quantity)
    assert priced.amount == sum_money((part.amount for part in priced.components), "USD")
    assert priced.amount >= usd(minimum)
    prices, results = TypeAdapter(Price), TypeAdapter(Priced)
    assert prices.validate_json(prices.dump_json(tiered)) == tiered
    assert results.validate_json(results.dump_json(priced)) == priced
