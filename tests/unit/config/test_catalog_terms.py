"""What a catalog that uses everything sells: add-ons, trials, discounts, tax and price changes."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from config.catalog import CatalogFile, NotSoldError
from config.catalog_lock import lock_path, write_lock
from config.files import FileError
from domain.entitlements.grants import FeatureQuantity
from domain.parties.accounts import AccountProfile
from domain.parties.orders import Order, OrderItem, PaymentChoice, PaymentKind
from domain.periods.alignment import Alignment
from domain.periods.periods import Interval, IntervalUnit
from domain.pricing.on_change import ProrationBehaviour
from domain.pricing.pricing import PriceModel
from domain.pricing.taxes import TaxMode, TaxScope
from domain.pricing.terms import Trial

EVERYTHING = Path(__file__).parents[3] / "examples/catalogs/everything.toml"
ACCOUNT = AccountProfile(account_id="acme", name="Acme", email="a@acme.example", country="DE")
ORDER = Order(
    order_id="order-1",
    account=ACCOUNT,
    plan="team",
    quantity=12,
    interval=Interval(unit=IntervalUnit.MONTH),
    currency="EUR",
    payment=PaymentChoice(kind=PaymentKind.TRANSFER, days_until_due=30),
)
JUNE = date(2026, 6, 1)


@pytest.fixture(scope="module")
def catalog() -> CatalogFile:
    return CatalogFile.load(EVERYTHING)


def test_each_day_sells_the_newest_version_of_the_day(catalog: CatalogFile) -> None:
    sold = [
        catalog.terms_of(ORDER, on=day).version
        for day in (date(2025, 1, 1), date(2026, 1, 31), date(2026, 2, 1), JUNE)
    ]

    assert sold == [1, 1, 2, 2]


def test_nothing_is_sold_before_its_first_day(catalog: CatalogFile) -> None:
    with pytest.raises(NotSoldError):
        catalog.terms_of(ORDER, on=date(2024, 12, 31))


def test_the_day_of_a_sale_is_the_day_where_the_account_is() -> None:
    catalog = CatalogFile.load(EVERYTHING, clock=lambda: datetime(2026, 1, 31, 20, tzinfo=UTC))
    in_tokyo = replace(ORDER, account=replace(ACCOUNT, zone="Asia/Tokyo"))

    assert catalog.terms_of(ORDER).version == 1
    assert catalog.terms_of(in_tokyo).version == 2


def test_settings_of_the_catalog_travel_with_the_terms(catalog: CatalogFile) -> None:
    terms = catalog.terms_of(ORDER, on=JUNE)

    assert terms.alignment is Alignment.CALENDAR
    assert terms.on_change is ProrationBehaviour.INVOICE_NOW
    assert (terms.tax_mode, terms.tax_scope) == (TaxMode.EXCLUSIVE, TaxScope.PER_GROUP)
    assert terms.trial == Trial(days=14, needs_card=False)


def test_add_ons_are_charged_and_granted_with_the_plan(catalog: CatalogFile) -> None:
    add_ons = (OrderItem(price_of="extra-calls", quantity=2500),)
    terms = catalog.terms_of(replace(ORDER, add_ons=add_ons), on=JUNE)

    assert [(charge.price_of, charge.quantity) for charge in terms.charges] == [
        ("team", 12),
        ("extra-calls", 2500),
    ]
    assert terms.charges[1].price.model is PriceModel.PACKAGE
    assert FeatureQuantity(key="api-calls", quantity=22500) in terms.features
    assert FeatureQuantity(key="seats", quantity=12) in terms.features


def test_one_off_charges_come_with_the_sale(catalog: CatalogFile) -> None:
    assert [item.price_of for item in catalog.terms_of(ORDER, on=JUNE).one_off] == ["onboarding"]
    assert catalog.terms_of(ORDER, on=date(2026, 1, 1)).one_off == ()


def test_discounts_are_automatic_or_asked_for(catalog: CatalogFile) -> None:
    def names(currency: str, *coupons: str) -> list[str]:
        terms = catalog.terms_of(replace(ORDER, currency=currency), on=JUNE, coupons=coupons)
        return [discount.discount_id for discount in terms.discounts]

    assert names("EUR") == ["launch"]
    assert names("EUR", "loyal") == ["launch", "loyal"]
    promised = replace(ORDER, currency="EUR", coupons=("loyal",))
    found = catalog.terms_of(promised, on=JUNE, coupons=("loyal",)).discounts
    assert [discount.discount_id for discount in found] == ["launch", "loyal"]
    assert names("USD") == ["launch"]


def test_an_amount_off_is_promised_in_its_own_currency_only(catalog: CatalogFile) -> None:
    in_dollars = replace(ORDER, currency="USD", coupons=("loyal",))

    with pytest.raises(NotSoldError, match=r"coupons\.0 'loyal' is not sold; allowed: no coupons"):
        catalog.terms_of(in_dollars, on=JUNE)


@pytest.mark.parametrize(
    ("country", "vat_id", "codes"),
    [
        ("DE", None, ["de-standard"]),
        ("DE", "DE123456789", ["de-standard"]),
        ("FR", None, ["fr-standard"]),
        ("FR", "FR12345678901", ["eu-reverse-charge"]),
        ("FR", "DE123456789", ["fr-standard"]),
        ("GR", "EL123456789", ["eu-reverse-charge"]),
        ("GB", "GB123456789", ["gb-standard"]),
        ("US", None, []),
        ("JP", None, []),
    ],
)
def test_tax_follows_the_buyer(
    catalog: CatalogFile, country: str, vat_id: str | None, codes: list[str]
) -> None:
    account = replace(ACCOUNT, country=country, vat_id=vat_id)
    terms = catalog.terms_of(replace(ORDER, account=account), on=JUNE)

    for charge in (*terms.charges, *terms.one_off):
        assert [rate.code for rate in charge.tax_rates] == codes


def test_a_rate_changes_on_its_day(catalog: CatalogFile) -> None:
    account = replace(ACCOUNT, country="EE")
    rates = [
        catalog.terms_of(replace(ORDER, account=account), on=day).charges[0].tax_rates[0]
        for day in (date(2025, 6, 30), date(2025, 7, 1))
    ]

    assert [(rate.name, rate.code) for rate in rates] == [
        ("VAT 22 %", "ee-standard"),
        ("VAT 24 %", "ee-standard-2025-07-01"),
    ]


@pytest.mark.parametrize(
    ("order", "coupons", "field"),
    [
        (replace(ORDER, add_ons=(OrderItem(price_of="team"),)), (), "add_ons.0.price_of"),
        (
            replace(
                ORDER,
                add_ons=(
                    OrderItem(price_of="extra-calls"),
                    OrderItem(price_of="priority-support", quantity=2),
                ),
            ),
            (),
            "add_ons.1.quantity",
        ),
        (
            replace(ORDER, add_ons=(OrderItem(price_of="extra-calls"),) * 2),
            (),
            "add_ons.1.price_of",
        ),
        (ORDER, ("launch",), "coupons.0"),
        (replace(ORDER, interval=Interval(unit=IntervalUnit.YEAR)), (), "interval"),
    ],
)
def test_what_is_not_sold_is_told_by_its_field(
    catalog: CatalogFile, order: Order, coupons: tuple[str, ...], field: str
) -> None:
    with pytest.raises(NotSoldError) as caught:
        catalog.terms_of(order, on=JUNE, coupons=coupons)

    assert caught.value.field == field


def test_a_trial_that_needs_a_card_is_not_sold_against_an_invoice(tmp_path: Path) -> None:
    file = tmp_path / "catalog.toml"
    file.write_text(EVERYTHING.read_text().replace("card = false", "card = true"))
    catalog = CatalogFile.load(file)
    by_card = PaymentChoice(kind=PaymentKind.CARD, payment_method="pm_1")

    with pytest.raises(NotSoldError, match=r"payment\.kind 'transfer' is not sold; allowed: card"):
        catalog.terms_of(ORDER, on=JUNE)
    assert catalog.terms_of(replace(ORDER, payment=by_card), on=JUNE).trial == Trial(days=14)


def test_a_published_version_is_never_edited(tmp_path: Path) -> None:
    file = tmp_path / "catalog.toml"
    text = EVERYTHING.read_text()
    file.write_text(text)
    assert write_lock(file) == lock_path(file)
    assert CatalogFile.load(file).plan_ids == ("team",)

    file.write_text(text.replace('"18.00"', '"18.50"'))

    with pytest.raises(FileError) as caught:
        CatalogFile.load(file)
    assert str(caught.value) == (
        f"{file}: plan 'team' version 1 was published and is never edited; put its old content back "
        "and add version 3"
    )
    with pytest.raises(FileError):
        write_lock(file)


def test_a_new_version_joins_the_lock_and_the_old_one_stays(tmp_path: Path) -> None:
    file = tmp_path / "catalog.toml"
    text = EVERYTHING.read_text()
    first, second = text.split("# Its successor")
    file.write_text(first)
    write_lock(file)
    before = lock_path(file).read_text()

    file.write_text(f"{first}# Its successor{second}")
    assert CatalogFile.load(file).terms_of(ORDER, on=JUNE).version == 2
    write_lock(file)

    assert set(before.splitlines()) < set(lock_path(file).read_text().splitlines())


def test_a_lock_that_cannot_be_read_refuses_the_catalog(tmp_path: Path) -> None:
    file = tmp_path / "catalog.toml"
    file.write_text(EVERYTHING.read_text())
    lock_path(file).write_text('"team@1" = 5\n')

    with pytest.raises(FileError, match=r"catalog\.lock\.toml"):
        CatalogFile.load(file)
