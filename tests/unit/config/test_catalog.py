"""The catalog and policy files: what they sell, and how their mistakes are told."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from config.catalog import CatalogFile, NotSoldError
from config.files import FileError
from domain.collection.policy import DEFAULT_SUBSCRIPTION_POLICY
from domain.entitlements.grants import FeatureQuantity
from domain.invoicing.invoice_parties import Party
from domain.parties.accounts import AccountProfile
from domain.parties.orders import Order, OrderItem, PaymentChoice, PaymentKind
from domain.periods.periods import Interval, IntervalUnit

ORDER = Order(
    order_id="order-1",
    account=AccountProfile(account_id="acme", name="Acme", email="a@acme.example", country="US"),
    plan="team",
    quantity=5,
    interval=Interval(unit=IntervalUnit.MONTH),
    currency="USD",
    payment=PaymentChoice(kind=PaymentKind.CARD, payment_method="pm_1"),
)
PLAN = """
[[plans]]
id = "solo"
version = 1
name = "Solo"
features = [{ key = "reports", quantity = 0 }]
prices = [{ currency = "USD", interval = { unit = "month" }, unit_price = "5.00" }]
"""


@pytest.fixture(scope="module")
def shipped() -> CatalogFile:
    return CatalogFile.load()


def test_the_shipped_plans_are_there(shipped: CatalogFile) -> None:
    assert shipped.plan_ids == ("starter", "team", "enterprise", "heartbeat")


def test_terms_carry_price_version_and_features_for_the_quantity(shipped: CatalogFile) -> None:
    terms = shipped.terms_of(ORDER)

    assert (terms.plan, terms.version, terms.quantity) == ("team", 1, 5)
    assert terms.charges[0].price.unit_price == Decimal("19.00")
    assert FeatureQuantity(key="seats", quantity=5) in terms.features
    assert FeatureQuantity(key="sso", quantity=0) in terms.features


@pytest.mark.parametrize(("currency", "price"), [("JPY", "2800"), ("KWD", "5.850")])
def test_prices_keep_the_decimals_of_their_currency(
    shipped: CatalogFile, currency: str, price: str
) -> None:
    terms = shipped.terms_of(replace(ORDER, currency=currency))

    assert str(terms.charges[0].price.unit_price) == price


def test_the_demonstration_plan_renews_every_five_seconds(shipped: CatalogFile) -> None:
    interval = Interval(unit=IntervalUnit.SECOND, count=5)

    terms = shipped.terms_of(replace(ORDER, plan="heartbeat", quantity=1, interval=interval))

    assert terms.interval == interval


def test_the_shipped_policy_is_the_default_one(shipped: CatalogFile) -> None:
    assert shipped.policy_of(ORDER) == DEFAULT_SUBSCRIPTION_POLICY


@pytest.mark.parametrize(
    ("order", "field", "allowed"),
    [
        (replace(ORDER, plan="gold"), "plan", ("starter", "team", "enterprise", "heartbeat")),
        (replace(ORDER, currency="CHF"), "currency", ("USD", "EUR", "JPY", "KWD")),
        (
            replace(ORDER, interval=Interval(unit=IntervalUnit.MONTH, count=2)),
            "interval",
            ("month", "year"),
        ),
        (replace(ORDER, quantity=0), "quantity", ("1 to 1000000",)),
        (replace(ORDER, plan="starter"), "quantity", ("1 to 1",)),
        (
            replace(ORDER, add_ons=(OrderItem(price_of="extra"),)),
            "add_ons.0.price_of",
            ("priority-support",),
        ),
    ],
)
def test_what_is_not_sold_is_told_with_what_is(
    shipped: CatalogFile, order: Order, field: str, allowed: tuple[str, ...]
) -> None:
    with pytest.raises(NotSoldError) as caught:
        shipped.terms_of(order)

    assert (caught.value.field, caught.value.allowed) == (field, allowed)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"5.00"', '"5.001"', "plans[0].prices[0]"),
        ('"5.00"', '"-5.00"', "expected a number of 0 or more as text"),
        ('"5.00"', '"5,00"', "expected a number of 0 or more as text"),
        ('"5.00"', "5.00", "plans[0].prices[0].unit_price"),
        ('"USD"', '"USX"', "Unknown currency 'USX'"),
        ('unit = "month"', 'unit = "moon"', "plans[0].prices[0].interval.unit"),
        ("version = 1", "version = 0", "plans[0].version"),
        ("version = 1", "version = true", "plans[0].version"),
        ("quantity = 0", "quantity = -1", "plans[0].features[0].quantity"),
        ('id = "solo"', 'id = "So Lo"', "plans[0].id"),
        ('name = "Solo"', 'nom = "Solo"', "plans[0].nom"),
        ("[[plans]]", "[[plans", "is not valid TOML"),
    ],
)
def test_a_mistake_names_file_and_key(tmp_path: Path, old: str, new: str, told: str) -> None:
    file = tmp_path / "catalog.toml"
    file.write_text(PLAN.replace(old, new, 1))

    with pytest.raises(FileError) as caught:
        CatalogFile.load(file)

    assert str(file) in str(caught.value)
    assert told in str(caught.value)


@pytest.mark.parametrize("what", ["plan 'solo@1'", "price 'USD per month'", "feature 'reports'"])
def test_nothing_is_said_twice(tmp_path: Path, what: str) -> None:
    feature = '{ key = "reports", quantity = 0 }'
    price = '{ currency = "USD", interval = { unit = "month" }, unit_price = "5.00" }'
    doubled = {
        "plan 'solo@1'": PLAN + PLAN,
        "price 'USD per month'": PLAN.replace(price, f"{price}, {price}"),
        "feature 'reports'": PLAN.replace(feature, f"{feature}, {feature}"),
    }
    file = tmp_path / "catalog.toml"
    file.write_text(doubled[what])

    with pytest.raises(FileError, match=f"{what} is there twice"):
        CatalogFile.load(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"none\.toml: cannot be read"):
        CatalogFile.load(tmp_path / "none.toml")


POLICY = """
legal_entity = "ACME_DE"
number_series = "RE"
[seller]
name = "Acme GmbH"
country = "DE"
vat_id = "DE123456789"
address = ["Hauptstr. 1", "10115 Berlin"]

[first]
version = "v2"
retry_after = []
collect_for = "30s"
reread_every = "5s"
[renewal]
version = "v2"
retry_after = ["2d", "12h"]
collect_for = "21d"
reread_every = "30m"
"""


def test_policies_are_read(tmp_path: Path) -> None:
    file = tmp_path / "policies.toml"
    file.write_text(POLICY)

    policy = CatalogFile.load(policies=file).policy_of(ORDER)

    assert policy.legal_entity == "ACME_DE"
    assert policy.first.collect_for == timedelta(seconds=30)
    assert policy.renewal.retry_after == (timedelta(days=2), timedelta(hours=12))


def test_the_seller_is_read_with_the_policies(tmp_path: Path) -> None:
    file = tmp_path / "policies.toml"
    file.write_text(POLICY)

    assert CatalogFile.load(policies=file).seller.party == Party(
        name="Acme GmbH",
        country="DE",
        vat_id="DE123456789",
        address=("Hauptstr. 1", "10115 Berlin"),
    )
    assert CatalogFile.load().seller.party.name == "Example Software, Inc."


def test_a_seller_in_another_country_than_the_taxes_is_told(tmp_path: Path) -> None:
    everything = Path("examples/catalogs/everything.toml")

    with pytest.raises(
        FileError, match=r"seller\.country = 'US', but .* tax\.seller_country = 'DE'"
    ):
        CatalogFile.load(everything).check_seller()


def test_a_seller_whose_buyers_may_owe_the_tax_needs_a_vat_id(tmp_path: Path) -> None:
    everything, file = Path("examples/catalogs/everything.toml"), tmp_path / "policies.toml"
    file.write_text(POLICY)
    CatalogFile.load(everything, file).check_seller()
    file.write_text(POLICY.replace('vat_id = "DE123456789"\n', ""))

    with pytest.raises(FileError, match=r"seller\.vat_id is missing"):
        CatalogFile.load(everything, file).check_seller()


def test_policies_without_a_seller_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "policies.toml"
    file.write_text(POLICY[: POLICY.index("[seller]")] + POLICY[POLICY.index("[first]") :])

    with pytest.raises(FileError, match="seller: is missing"):
        CatalogFile.load(policies=file)


def test_invoices_are_dated_in_the_zone_of_the_seller(tmp_path: Path) -> None:
    file = tmp_path / "policies.toml"
    file.write_text(POLICY)
    assert CatalogFile.load(policies=file).seller.zone == ZoneInfo("UTC")
    file.write_text(POLICY.replace("[seller]\n", '[seller]\nzone = "Europe/Berlin"\n'))
    assert CatalogFile.load(policies=file).seller.zone == ZoneInfo("Europe/Berlin")
    file.write_text(POLICY.replace("[seller]\n", '[seller]\nzone = "Berlin"\n'))
    with pytest.raises(FileError, match=r"seller\.zone = 'Berlin': expected an IANA time zone"):
        CatalogFile.load(policies=file)


def test_a_mistake_about_the_seller_is_told(tmp_path: Path) -> None:
    file = tmp_path / "policies.toml"
    file.write_text(POLICY.replace('"DE"', '"Germany"'))

    with pytest.raises(FileError, match=r"seller\.country = 'Germany': "):
        CatalogFile.load(policies=file)


@pytest.mark.parametrize("bad", ['"0d"', '"2 days"', "21", '"-1d"', '"1w"'])
def test_a_bad_duration_is_told(tmp_path: Path, bad: str) -> None:
    file = tmp_path / "policies.toml"
    file.write_text(POLICY.replace('"21d"', bad))

    with pytest.raises(FileError, match=r"renewal\.collect_for = .* expected a duration"):
        CatalogFile.load(policies=file)
