"""What running subscriptions pay: price changes for those whom they concern, and the day's tax."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from config.catalog import CatalogFile
from domain.entitlements.grants import FeatureQuantity
from domain.parties.orders import Order, OrderItem
from domain.pricing.terms import PlanTerms
from tests.unit.config.test_catalog_terms import ACCOUNT, EVERYTHING, ORDER

SOLD, APRIL, MAY = date(2026, 1, 15), date(2026, 4, 1), date(2026, 5, 1)
EXTRA = OrderItem(price_of="extra-calls", quantity=2000)
BOUGHT = replace(ORDER, add_ons=(EXTRA,), coupons=("loyal",))


def load(tmp_path: Path, old: str = "", new: str = "") -> CatalogFile:
    file = tmp_path / "catalog.toml"
    text = EVERYTHING.read_text()
    assert old in text
    file.write_text(text.replace(old, new) if old else text)
    return CatalogFile.load(file)


def versions(catalog: CatalogFile, order: Order = BOUGHT, *, sold: date = SOLD) -> list[int]:
    terms = catalog.terms_of(order, on=sold)
    return [
        catalog.terms_for_period(terms, order.account, on=day).version
        for day in (date(2026, 2, 1), APRIL, MAY, date(2027, 1, 1))
    ]


def at(catalog: CatalogFile, day: date, order: Order = BOUGHT) -> PlanTerms:
    terms = catalog.terms_of(order, on=SOLD)
    return catalog.terms_for_period(terms, order.account, on=day)


FROM_DATE = (
    'existing = "from_date"          # or new_only, at_next_anchor\nexisting_from = 2026-05-01'
)


@pytest.mark.parametrize(
    ("existing", "paid"),
    [
        (FROM_DATE, [1, 1, 2, 2]),
        ('existing = "at_next_anchor"', [2, 2, 2, 2]),
        ('existing = "new_only"', [1, 1, 1, 1]),
        ("", [1, 1, 1, 1]),
    ],
)
def test_a_price_change_concerns_those_it_says_from_the_day_it_says(
    tmp_path: Path, existing: str, paid: list[int]
) -> None:
    assert versions(load(tmp_path, FROM_DATE, existing)) == paid


def test_before_the_change_the_terms_are_those_that_were_bought(tmp_path: Path) -> None:
    catalog = load(tmp_path)

    assert at(catalog, APRIL) == catalog.terms_of(BOUGHT, on=SOLD)


def test_a_new_version_changes_price_and_features_and_nothing_else(tmp_path: Path) -> None:
    catalog = load(tmp_path)
    bought = catalog.terms_of(BOUGHT, on=SOLD)
    moved = at(catalog, MAY)

    assert moved.charges[0].price == catalog.terms_of(ORDER, on=MAY).charges[0].price
    assert FeatureQuantity(key="api-calls", quantity=22000) in moved.features
    # No trial, no set-up fee and no launch discount: it is no new sale.
    assert replace(moved, version=1, charges=bought.charges, features=bought.features) == bought
    assert moved.charges[1:] == bought.charges[1:]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            '"EUR", interval = "month", model = "graduated"',
            '"EUR", interval = "year", model = "graduated"',
        ),
        ('version = 2\nname = "Team"', 'version = 2\nname = "Team"\nmax_quantity = 11'),
    ],
)
def test_a_version_that_does_not_sell_the_same_leaves_the_terms_alone(
    tmp_path: Path, old: str, new: str
) -> None:
    assert versions(load(tmp_path, old, new)) == [1, 1, 1, 1]


def test_an_add_on_that_is_gone_keeps_the_terms_whole(tmp_path: Path) -> None:
    bought = load(tmp_path).terms_of(BOUGHT, on=SOLD)
    later = load(tmp_path, "extra-calls", "more-calls")

    assert later.terms_for_period(bought, ACCOUNT, on=MAY) == bought


def test_tax_is_that_of_the_day_on_which_the_period_begins(tmp_path: Path) -> None:
    estonian = replace(ACCOUNT, country="EE")
    order = replace(BOUGHT, account=estonian)
    catalog = load(tmp_path)
    terms = catalog.terms_of(order, on=date(2025, 6, 1))
    renewed = catalog.terms_for_period(terms, estonian, on=date(2025, 7, 1))

    assert [charge.tax_rates[0].name for charge in terms.charges] == ["VAT 22 %"] * 2
    assert [charge.tax_rates[0].name for charge in renewed.charges] == ["VAT 24 %"] * 2


def test_a_version_that_is_named_is_priced_as_it_was(tmp_path: Path) -> None:
    catalog = load(tmp_path)

    assert catalog.terms_of(ORDER, on=MAY, version=1).version == 1
    assert catalog.terms_of(ORDER, on=MAY, version=7).version == 2
