from datetime import date
from decimal import Decimal

import pytest

from domain.pricing.tax_rules import REVERSE_CHARGE, DatedRate, RateTable, TaxQuestion, is_vat_id_of
from domain.pricing.taxes import TaxRate

ON = date(2026, 6, 1)


def rate(code: str, text: str = "0.2") -> TaxRate:
    return TaxRate(code=code, name=code, rate=Decimal(text))


RATES = {
    ("DE", "standard"): (DatedRate(rate=rate("de-standard")),),
    ("DE", "reduced"): (DatedRate(rate=rate("de-reduced")),),
    ("FR", "standard"): (
        DatedRate(rate=rate("fr-old")),
        DatedRate(rate=rate("fr-new"), since=date(2026, 1, 1)),
    ),
    ("CH", "standard"): (DatedRate(rate=rate("ch-later"), since=date(2027, 1, 1)),),
}


def codes(
    country: str,
    vat_id: str | None = None,
    *,
    seller: str | None = "DE",
    collects_in: str = "DE FR CH",
    tax_code: str = "standard",
    on: date = ON,
) -> list[str]:
    table = RateTable(
        seller_country=seller,
        collects_in=frozenset(collects_in.split()),
        eu=frozenset({"DE", "FR", "GR"}),
        rates=RATES,
    )
    question = TaxQuestion(tax_code=tax_code, country=country, vat_id=vat_id, on=on)
    return [each.code for each in table.rates_for(question)]


def test_tax_is_collected_where_the_seller_is_registered_and_nowhere_else():
    assert codes("DE") == ["de-standard"]
    assert codes("FR") == ["fr-new"]
    assert codes("FR", collects_in="DE") == []
    assert codes("US") == []


def test_a_rate_counts_from_its_first_day():
    assert codes("FR", on=date(2025, 12, 31)) == ["fr-old"]
    assert codes("FR", on=date(2026, 1, 1)) == ["fr-new"]
    assert codes("CH") == []
    assert codes("CH", on=date(2027, 1, 1)) == ["ch-later"]


def test_a_tax_code_without_a_rate_of_its_own_takes_the_standard_rate():
    assert codes("DE", tax_code="reduced") == ["de-reduced"]
    assert codes("FR", tax_code="reduced") == ["fr-new"]


def test_a_business_in_another_eu_country_owes_the_tax_itself():
    assert codes("FR", "FR123") == ["eu-reverse-charge"]
    assert codes("GR", "EL123") == ["eu-reverse-charge"]
    # Also where the seller is not registered.
    assert codes("FR", "FR123", collects_in="DE") == ["eu-reverse-charge"]
    assert REVERSE_CHARGE.charged_ratio == (0, 1)
    assert (REVERSE_CHARGE.rate, REVERSE_CHARGE.name) == (
        0,
        "Reverse charge, VAT Directive art. 196",
    )


def test_there_is_no_reverse_charge_at_home_outside_the_eu_or_without_a_vat_id():
    assert codes("DE", "DE123") == ["de-standard"]
    assert codes("FR") == ["fr-new"]
    assert codes("FR", "DE123") == ["fr-new"]
    assert codes("CH", "CH123", on=date(2027, 1, 1)) == ["ch-later"]


def test_a_seller_from_outside_the_eu_shows_reverse_charge_only_where_it_is_registered():
    assert codes("FR", "FR123", seller="US") == ["eu-reverse-charge"]
    assert codes("FR", "FR123", seller="US", collects_in="") == []
    assert codes("FR", seller=None, collects_in="") == []


@pytest.mark.parametrize(
    ("vat_id", "country", "is_one"),
    [
        ("DE123456789", "DE", True),
        ("de 123 456 789", "DE", True),
        ("ATU12345678", "AT", True),
        ("EL123456789", "GR", True),
        ("GR123456789", "GR", False),
        ("DE123456789", "FR", False),
        ("DE", "DE", False),
        ("DE-123", "DE", False),
        ("", "DE", False),
        (None, "DE", False),
    ],
)
def test_a_vat_id_begins_with_its_country(vat_id: str | None, country: str, is_one: bool):
    assert is_vat_id_of(vat_id, country) is is_one
