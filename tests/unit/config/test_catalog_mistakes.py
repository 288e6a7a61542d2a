"""Bad catalogs: each mistake has one message that says where it is and what may stand there."""

from pathlib import Path

import pytest

from config.catalog import CatalogFile
from config.files import FileError

GOOD = """
[proration]
convention = "day_fixed_n"
fixed_days = 30

[tax]
prices = "exclusive"
seller_country = "DE"

[[discounts]]
id = "launch"
percent = "10"
periods = 3

[[add_ons]]
id = "support"
name = "Support"
prices = [{ currency = "EUR", interval = "month", model = "flat", unit_price = "99.00" }]

[[plans]]
id = "team"
version = 1
name = "Team"
sold_from = 2026-01-01
features = [{ key = "seats", quantity = 1, per_unit = true }]
add_ons = ["support"]
discounts = ["launch"]
trial = { days = 14 }
one_off = [{ id = "setup", name = "Setup", prices = [{ currency = "EUR", unit_price = "5.00" }] }]

[[plans.prices]]
currency = "EUR"
interval = "month"
model = "graduated"
tiers = [{ up_to = 10, unit_price = "5.00" }, { unit_price = "4.125" }]
"""

MISTAKES = {
    "an unknown key": (
        'name = "Team"',
        'nam = "Team"\nname = "Team"',
        (
            "plans[0].nam: unknown key; allowed: id, name, max_quantity, tax_code, features, prices, "
            "version, add_ons, one_off, trial, discounts, coupons, sold_from, existing, existing_from"
        ),
    ),
    "an unknown table": (
        "[[discounts]]",
        "[[discount]]",
        "discount: unknown key; allowed: proration, tax, discounts, add_ons, plans",
    ),
    "a missing name": ('name = "Team"', "", "plans[0].name: is missing"),
    "no price": (
        'currency = "EUR"\ninterval = "month"\nmodel = "graduated"',
        'interval = "month"\nmodel = "graduated"',
        "plans[0].prices[0].currency: is missing",
    ),
    "an id with a space": (
        'id = "team"',
        'id = "my team"',
        "plans[0].id = 'my team': String should match pattern '^[a-z0-9][a-z0-9-]{0,63}$'",
    ),
    "version nought": (
        "version = 1",
        "version = 0",
        "plans[0].version = 0: Input should be greater than or equal to 1",
    ),
    "a version as text": (
        "version = 1",
        'version = "1"',
        "plans[0].version = '1': Input should be a valid integer",
    ),
    "an unknown currency": (
        'currency = "EUR"\ninterval',
        'currency = "EURO"\ninterval',
        (
            "plans[0].prices[0].currency = 'EURO': Unknown currency 'EURO': expected an active ISO 4217 "
            "code such as 'USD'."
        ),
    ),
    "an unknown interval": (
        'interval = "month"\nmodel = "graduated"',
        'interval = "fortnight"\nmodel = "graduated"',
        (
            "plans[0].prices[0].interval.unit = 'fortnight': Input should be 'second', 'day', 'week', "
            "'month', 'quarter', 'half_year' or 'year'"
        ),
    ),
    "an unknown model": (
        'model = "graduated"',
        'model = "stairs"',
        (
            "plans[0].prices[0].model = 'stairs': Input should be 'flat', 'per_seat', 'graduated', "
            "'volume' or 'package'"
        ),
    ),
    "a price as a float": (
        'unit_price = "5.00" }, {',
        "unit_price = 5.00 }, {",
        (
            "plans[0].prices[0].tiers[0].unit_price = 5.0: expected a number of 0 or more as text, such "
            "as '19.00'"
        ),
    ),
    "a negative price": (
        'unit_price = "99.00"',
        'unit_price = "-99.00"',
        (
            "add_ons[0].prices[0].unit_price = '-99.00': expected a number of 0 or more as text, such "
            "as '19.00'"
        ),
    ),
    "more decimals than the currency has": (
        'unit_price = "99.00"',
        'unit_price = "99.001"',
        "add_ons[0].prices[0]: unit_price has too many decimals: EUR has 2",
    ),
    "more decimals than anything has": (
        '"4.125"',
        '"4.1250000000001"',
        "plans[0].prices[0].tiers[1].unit_price = '4.1250000000001': has more than 12 decimals",
    ),
    "tiers that do not rise": (
        '{ unit_price = "4.125" }',
        '{ up_to = 10, unit_price = "4.50" }, { unit_price = "4.125" }',
        "plans[0].prices[0]: tiers must rise from 0 and only the last be open: 10",
    ),
    "a last tier with an end": (
        '{ unit_price = "4.125" }',
        '{ up_to = 20, unit_price = "4.125" }',
        "plans[0].prices[0]: the last tier must have no up_to",
    ),
    "tiers for a flat price": (
        'model = "graduated"',
        'model = "flat"',
        "plans[0].prices[0]: model 'flat' needs unit_price, and no tiers",
    ),
    "a tiered price without tiers": (
        'model = "flat"',
        'model = "volume"',
        "add_ons[0].prices[0]: model 'volume' needs tiers, and no unit_price beside them",
    ),
    "a package without a size": (
        'model = "flat"',
        'model = "package"',
        "add_ons[0].prices[0]: package_size goes with model 'package', and only with it",
    ),
    "a minimum with too many decimals": (
        'unit_price = "99.00"',
        'unit_price = "99.00", minimum = "120.999"',
        "add_ons[0].prices[0]: 120.999 has too many decimals: EUR has 2",
    ),
    "a price that is there twice": (
        'prices = [{ currency = "EUR", interval = "month", model = "flat", unit_price = "99.00" }]',
        (
            'prices = [{ currency = "EUR", interval = "month", unit_price = "9.00" }, '
            '{ currency = "EUR", interval = "month", unit_price = "8.00" }]'
        ),
        "add_ons[0]: price 'EUR per month' is there twice",
    ),
    "an unknown add-on": (
        'add_ons = ["support"]',
        'add_ons = ["sport"]',
        "plans[0].add_ons = 'sport': unknown; allowed: support",
    ),
    "an unknown discount": (
        'discounts = ["launch"]',
        'discounts = ["lunch"]',
        "plans[0].discounts = 'lunch': unknown; allowed: launch",
    ),
    "a discount of more than everything": (
        'percent = "10"',
        'percent = "110"',
        "discounts[0]: discount launch: percent must be above 0, up to 100",
    ),
    "a discount of percent and amount": (
        'percent = "10"',
        'percent = "10"\namount = "5.00"\ncurrency = "EUR"',
        "discounts[0]: discount launch: set percent or amount, not both",
    ),
    "an amount off without a currency": (
        'percent = "10"',
        'amount = "5.00"',
        "discounts[0]: amount and currency go together",
    ),
    "a one-off charge in another currency": (
        '[{ currency = "EUR", unit_price = "5.00" }]',
        '[{ currency = "USD", unit_price = "5.00" }]',
        "plans[0].one_off[0].prices: EUR is missing; the plan is sold in EUR",
    ),
    "a trial of no days": (
        "trial = { days = 14 }",
        "trial = { days = 0 }",
        "plans[0].trial.days = 0: Input should be greater than or equal to 1",
    ),
    "a price change from a date without the date": (
        "sold_from = 2026-01-01",
        'sold_from = 2026-01-01\nexisting = "from_date"',
        "plans[0]: existing_from goes with existing = 'from_date', and only with it",
    ),
    "a price change before it is sold": (
        "sold_from = 2026-01-01",
        'sold_from = 2026-01-01\nexisting = "from_date"\nexisting_from = 2025-12-01',
        "plans[0]: existing_from 2025-12-01 lies before sold_from 2026-01-01",
    ),
    "a date as text": (
        "sold_from = 2026-01-01",
        'sold_from = "2026-01-01"',
        "plans[0].sold_from = '2026-01-01': Input should be a valid date",
    ),
    "an unknown convention": (
        '"day_fixed_n"',
        '"by_day"',
        (
            "proration.convention = 'by_day': Input should be 'day_9dp_half_up', 'day_fixed_n', "
            "'day_inclusive', 'per_second', 'strict_30_360' or 'round_trailing'"
        ),
    ),
    "a book month of no days": (
        "fixed_days = 30",
        "fixed_days = 0",
        "proration.fixed_days = 0: Input should be greater than or equal to 1",
    ),
    "an unknown tax mode": (
        'prices = "exclusive"',
        'prices = "net"',
        "tax.prices = 'net': Input should be 'exclusive' or 'inclusive'",
    ),
    "a seller country in lower case": (
        'seller_country = "DE"',
        'seller_country = "de"',
        "tax.seller_country = 'de': String should match pattern '^[A-Z]{2}$'",
    ),
    "tax in a country without a rate": (
        'seller_country = "DE"',
        'seller_country = "US"',
        "tax: tax is collected in US, which has no standard rate in the rate table",
    ),
    "a rate table that is not there": (
        'seller_country = "DE"',
        'seller_country = "DE"\nrates = "rates.toml"',
        "rates.toml: cannot be read: No such file or directory",
    ),
    "an add-on with the id of a plan": (
        'id = "support"',
        'id = "team"',
        "id 'team' is there twice",
    ),
}


def load(tmp_path: Path, text: str) -> CatalogFile:
    file = tmp_path / "catalog.toml"
    file.write_text(text)
    return CatalogFile.load(file)


def test_the_catalog_that_the_mistakes_are_made_in_is_good(tmp_path: Path) -> None:
    assert load(tmp_path, GOOD).plan_ids == ("team",)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_has_one_message_that_names_file_key_and_what_is_allowed(
    tmp_path: Path, mistake: str
) -> None:
    old, new, told = MISTAKES[mistake]
    assert GOOD.count(old) >= 1

    with pytest.raises(FileError) as caught:
        load(tmp_path, GOOD.replace(old, new, 1))

    lines = str(caught.value).splitlines()
    assert lines == [f"{tmp_path}/{'' if 'rates.toml' in told else 'catalog.toml: '}{told}"]


def test_the_old_catalog_stays_when_a_new_one_is_bad(tmp_path: Path) -> None:
    before = load(tmp_path, GOOD)

    with pytest.raises(FileError):
        load(tmp_path, GOOD.replace("version = 1", "version = 0"))

    assert before.plan_ids == ("team",)
