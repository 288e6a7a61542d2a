"""Bad catalogs: each mistake has one message that says where it is and what may stand there."""

from pathlib import Path

import pytest

from config.catalog import CatalogFile
from config.files import FileError
from tests.unit.config.price_mistakes import PRICE_MISTAKES

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
    **PRICE_MISTAKES,
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
    "an amount off with too many decimals": (
        'percent = "10"',
        'amount = "5.001"\ncurrency = "EUR"',
        "discounts[0]: amount has too many decimals: EUR has 2",
    ),
    "a name of two lines": (
        'name = "Team"',
        'name = "Team\\nwork"',
        "plans[0].name = 'Team\\nwork': expected a name on one line, without spaces around it",
    ),
    "a list in place of a table": (
        "trial = { days = 14 }",
        "trial = [14]",
        "plans[0].trial: expected a table, such as [table] or { key = value }",
    ),
    "a table in place of a list": (
        "[[plans.prices]]",
        "[plans.prices]",
        "plans[0].prices: expected a list, such as [[table]] or [value, value]",
    ),
    "a later version without a first day": (
        "[[plans]]\n",
        (
            '[[plans]]\nid = "team"\nversion = 2\nname = "Team"\n'
            'features = [{ key = "seats", quantity = 1 }]\n'
            'prices = [{ currency = "EUR", interval = "month", unit_price = "6.00" }]\n[[plans]]\n'
        ),
        (
            "plans[0].sold_from: version 2 of plan 'team' needs a date after that of version 1, sold "
            "from 2026-01-01"
        ),
    ),
    "an instant in place of a day": (
        "sold_from = 2026-01-01",
        "sold_from = 2026-01-01T00:00:00",
        "plans[0].sold_from = 2026-01-01T00:00:00: Input should be a valid date",
    ),
    "an unknown tax code": (
        'name = "Support"',
        'name = "Support"\ntax_code = "reducde"',
        "add_ons[0].tax_code = 'reducde': unknown; allowed: standard",
    ),
    "a one-off charge with the id of an add-on": (
        'id = "setup"',
        'id = "support"',
        "id 'support' is there twice",
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


def test_a_path_that_no_file_can_have_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"cannot be read: .*null byte"):
        load(tmp_path, GOOD.replace('prices = "exclusive"', 'rates = "a\\u0000b"'))


def test_a_tax_code_matters_only_where_tax_is_collected(tmp_path: Path) -> None:
    untaxed = GOOD.replace('seller_country = "DE"', "").replace(
        'name = "Support"', 'name = "Support"\ntax_code = "later"'
    )

    assert load(tmp_path, untaxed).plan_ids == ("team",)


def test_the_old_catalog_stays_when_a_new_one_is_bad(tmp_path: Path) -> None:
    before = load(tmp_path, GOOD)

    with pytest.raises(FileError):
        load(tmp_path, GOOD.replace("version = 1", "version = 0"))

    assert before.plan_ids == ("team",)
