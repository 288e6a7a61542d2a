"""From terms to periods, drafts and grants: the lines of an invoice, to the cent."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain.entitlements.grants import FeatureQuantity, Grant
from domain.invoicing.billing import (
    billed_period,
    draft_for_period,
    grant_for_period,
    period_price,
    whole_seconds,
)
from domain.invoicing.invoices import InvoicePurpose
from domain.periods.alignment import Alignment
from domain.periods.periods import Period
from domain.periods.proration import Convention, ProrationReason, ProrationRule
from domain.pricing.discounts import Discount
from domain.pricing.pricing import Price, PriceModel, Tier
from domain.pricing.taxes import TaxMode, TaxScope
from domain.pricing.terms import Trial
from tests.unit.domain.billing_desk import (
    HEADER,
    REVERSE,
    START,
    VAT,
    charge,
    draft,
    eur,
    per_seat,
    rows,
    terms,
)


def test_a_period_is_billed_in_advance_with_everything_it_needs_to_say() -> None:
    document = draft(terms())
    (line,) = document.lines

    assert (document.invoice_id, document.subscription_id) == ("sub-1-0001", "sub-1")
    assert (document.account_id, document.legal_entity) == ("acme", "ACME_DE")
    assert (document.purchase_order, document.number) == ("PO 7", None)
    assert (document.purpose, document.currency) == (InvoicePurpose.FIRST, "EUR")
    assert rows(document) == [("Team, 2026-01-16 to 2026-02-16", "95.00 EUR", "first period")]
    assert (line.line_id, line.price_of) == ("sub-1-0001-1", "team")
    assert (line.quantity, line.unit_price, line.list_amount) == (5, 19, eur("95.00"))
    assert line.period == Period(start=START, end=datetime(2026, 2, 16, tzinfo=UTC))
    assert (line.factor, line.prorated, line.discounts, line.taxes) == (None, None, (), ())
    assert document.tax_lines == ()


def test_a_later_period_is_a_renewal() -> None:
    document = draft(terms(), 1)

    assert document.purpose is InvoicePurpose.RENEWAL
    assert rows(document) == [("Team, 2026-02-16 to 2026-03-16", "95.00 EUR", "renewal")]


def test_dates_on_a_line_are_those_of_the_account() -> None:
    start = datetime(2026, 1, 15, 15, tzinfo=UTC)
    bought = terms()
    billed = billed_period(bought, start=start, zone="Asia/Tokyo", n=0)
    document = draft_for_period(bought, HEADER, billed=billed, start=start, zone="Asia/Tokyo")

    assert document.lines[0].description == "Team, 2026-01-16 to 2026-02-16"


def test_add_ons_have_lines_of_their_own() -> None:
    support = Price(model=PriceModel.FLAT, currency="EUR", unit_price=Decimal("99.00"))
    document = draft(terms(charge(), charge(support, 1, "Support")), 1)

    assert [str(line.amount) for line in document.lines] == ["95.00 EUR", "99.00 EUR"]
    assert [line.line_id for line in document.lines] == ["sub-1-0001-1", "sub-1-0001-2"]
    assert str(document.total) == "194.00 EUR"


def test_every_component_of_a_price_is_a_line_that_says_what_it_is() -> None:
    tiers = (
        Tier(up_to=Decimal(2), unit_price=Decimal(20)),
        Tier(up_to=None, unit_price=Decimal(15), flat_fee=Decimal(30)),
    )
    graduated = Price(model=PriceModel.GRADUATED, currency="EUR", tiers=tiers)
    committed = per_seat("10.00", included=Decimal(3), minimum=eur("50.00"))
    span = "2026-02-16 to 2026-03-16"

    assert rows(draft(terms(charge(graduated)), 1)) == [
        (f"Team, {span}", "40.00 EUR", "renewal"),
        (f"Team, {span}", "45.00 EUR", "renewal"),
        (f"Team, {span}, fee of the tier", "30.00 EUR", "renewal"),
    ]
    assert rows(draft(terms(charge(committed)), 1)) == [
        (f"Team, {span}, beyond 3 included", "20.00 EUR", "renewal"),
        (f"Team, {span}, true-up to the minimum", "30.00 EUR", "renewal"),
    ]


def test_a_price_that_asks_for_nothing_still_has_a_line_with_the_period() -> None:
    included = per_seat("10.00", included=Decimal(10))
    document = draft(terms(charge(included)))

    assert rows(document) == [
        ("Team, 2026-01-16 to 2026-02-16, beyond 5 included", "0.00 EUR", "first period")
    ]
    assert document.lines[0].period is not None


def test_one_off_charges_come_once_with_the_first_paid_period() -> None:
    fee = Price(model=PriceModel.FLAT, currency="EUR", unit_price=Decimal("250.00"))
    bought = terms(one_off=(charge(fee, 1, "Onboarding"),))

    assert rows(draft(bought))[1:] == [("Onboarding", "250.00 EUR", "one-off charge")]
    assert draft(bought).lines[1].period is None
    assert len(draft(bought, 1).lines) == 1
    trying = replace(bought, trial=Trial(days=14))
    assert [len(draft(trying, n).lines) for n in range(3)] == [1, 2, 1]


def test_a_trial_is_period_0_and_costs_nothing() -> None:
    trying = terms(trial=Trial(days=14), discounts=(Discount(discount_id="d", amount=eur("5.00")),))
    first, second = draft(trying), draft(trying, 1)

    assert rows(first) == [("Team, 2026-01-16 to 2026-01-30", "0.00 EUR", "trial")]
    assert (first.purpose, first.lines[0].quantity, first.lines[0].unit_price) == (
        InvoicePurpose.FIRST,
        5,
        0,
    )
    assert rows(second) == [("Team, 2026-01-30 to 2026-02-28", "90.00 EUR", "first period")]
    assert rows(draft(trying, 2))[0][2] == "renewal"


def test_a_first_stub_of_a_calendar_is_prorated_and_says_how() -> None:
    aligned = terms(alignment=Alignment.CALENDAR)
    (line,) = draft(aligned).lines

    # 95.00 x 0.516129032
    assert (line.description, str(line.amount)) == ("Team, 2026-01-16 to 2026-02-01", "49.03 EUR")
    assert (line.reason, line.factor) == ("first stub", Decimal("0.516129032"))
    assert line.prorated is not None
    assert (line.prorated.numerator, line.prorated.denominator) == (16, 31)
    assert (line.prorated.convention, line.prorated.reason) == (
        Convention.DAY_9DP_HALF_UP,
        ProrationReason.FIRST_STUB,
    )
    assert line.list_amount == eur("95.00")
    assert rows(draft(aligned, 1)) == [("Team, 2026-02-01 to 2026-03-01", "95.00 EUR", "renewal")]
    fixed = replace(aligned, proration=ProrationRule(convention=Convention.DAY_FIXED_N))
    assert str(draft(fixed).total) == "50.67 EUR"


def test_a_discount_is_prorated_with_its_period() -> None:
    off = Discount(discount_id="ten", amount=eur("10.00"))
    (line,) = draft(terms(alignment=Alignment.CALENDAR, discounts=(off,))).lines

    # (95.00 - 10.00) x 0.516129032
    assert str(line.amount) == "43.87 EUR"
    assert [(each.discount_id, str(each.amount)) for each in line.discounts] == [
        ("ten", "10.00 EUR")
    ]


@pytest.mark.parametrize(
    ("more", "start", "totals"),
    [
        ({}, "2026-01-16", ["85.50", "85.50", "95.00"]),
        # The stub counts together with the month after it.
        ({"alignment": Alignment.CALENDAR}, "2026-01-16", ["44.13", "85.50", "85.50", "95.00"]),
        ({"alignment": Alignment.CALENDAR}, "2026-02-01", ["85.50", "85.50", "95.00"]),
        ({"trial": Trial(days=14)}, "2026-01-16", ["0.00", "85.50", "85.50", "95.00"]),
        (
            {"trial": Trial(days=10), "alignment": Alignment.CALENDAR},
            "2026-01-16",
            ["0.00", "16.55", "85.50", "85.50", "95.00"],
        ),
    ],
)
def test_two_discounted_periods_are_two_whole_paid_ones(
    more: dict[str, Any], start: str, totals: list[str]
) -> None:
    launch = Discount(discount_id="launch", percent=Decimal(10), periods=2)
    bought = terms(discounts=(launch,), **more)
    begin = datetime.fromisoformat(start).replace(tzinfo=UTC)

    assert [
        f"{draft(bought, n, start=begin).total.to_decimal()}" for n in range(len(totals))
    ] == totals


def test_a_discount_until_a_date_counts_local_dates() -> None:
    loyal = Discount(discount_id="loyal", percent=Decimal(50), until=date(2026, 2, 16))
    bought = terms(discounts=(loyal,))

    assert [str(draft(bought, n).total) for n in (0, 1)] == ["47.50 EUR", "95.00 EUR"]


def test_tax_is_a_line_per_rate_and_total_is_subtotal_plus_tax() -> None:
    support = charge(per_seat("0.99"), 1, "Support", tax_rates=(VAT,))
    document = draft(terms(charge(tax_rates=(VAT,)), support))
    (tax,) = document.tax_lines

    assert (tax.name, tax.rate, tax.code, tax.is_reverse_charge) == (
        "VAT 19 %",
        Decimal("0.19"),
        "de-standard",
        False,
    )
    assert (str(tax.taxable), str(tax.amount)) == ("95.99 EUR", "18.24 EUR")
    assert (str(document.subtotal), str(document.total)) == ("95.99 EUR", "114.23 EUR")
    assert [str(part.amount) for line in document.lines for part in line.taxes] == [
        "18.05 EUR",
        "0.19 EUR",
    ]


def test_inclusive_prices_contain_their_tax() -> None:
    document = draft(terms(charge(tax_rates=(VAT,)), tax_mode=TaxMode.INCLUSIVE))

    assert str(document.total) == "95.00 EUR"
    assert (str(document.subtotal), str(document.tax)) == ("79.83 EUR", "15.17 EUR")
    assert document.lines[0].list_amount == eur("95.00")
    assert document.tax_mode is TaxMode.INCLUSIVE


def test_reverse_charge_shows_the_taxable_amount_and_no_tax() -> None:
    document = draft(terms(charge(tax_rates=(REVERSE,))))
    (tax,) = document.tax_lines

    assert (str(tax.taxable), str(tax.amount), tax.is_reverse_charge) == (
        "95.00 EUR",
        "0.00 EUR",
        True,
    )
    assert document.total == document.subtotal


@pytest.mark.parametrize(("scope", "tax"), [("per_line", "0.02"), ("per_group", "0.01")])
def test_the_setting_decides_where_tax_is_rounded(scope: str, tax: str) -> None:
    small = charge(per_seat("0.03"), 1, tax_rates=(VAT,))
    document = draft(terms(small, small, tax_scope=TaxScope(scope)))

    assert document.tax == eur(tax)
    assert document.tax_scope == scope


def test_the_price_of_a_period_is_the_list_price_of_all_that_recurs() -> None:
    fee = charge(per_seat("1.00"), 1, "Onboarding")
    half = Discount(discount_id="half", percent=Decimal(50))
    bought = terms(charge(), charge(per_seat("1.50"), 3), one_off=(fee,), discounts=(half,))

    assert period_price(bought) == eur("99.50")


def test_the_grant_outlasts_the_period_by_the_longest_dunning() -> None:
    period = Period(start=START, end=START + timedelta(days=30))

    assert grant_for_period(
        terms(),
        invoice_id="i",
        subscription_id="s",
        account_id="a",
        period=period,
        longest_dunning=timedelta(days=14),
    ) == Grant(
        grant_id="i",
        version=1,
        account_id="a",
        subscription_id="s",
        features=(FeatureQuantity(key="seats", quantity=5),),
        starts_at=START,
        until=START + timedelta(days=44),
    )


def test_instants_are_cut_to_whole_seconds() -> None:
    assert whole_seconds(START + timedelta(microseconds=999_999)) == START


def test_a_trial_lasts_a_day_or_more() -> None:
    assert Trial(days=1).needs_card
    with pytest.raises(ValueError, match="1 day or more, got 0"):
        Trial(days=0)
