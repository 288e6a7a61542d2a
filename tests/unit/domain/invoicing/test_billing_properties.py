"""What holds for every invoice: sums of parts, periods without gaps, round trips."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from domain.invoicing.billing import (
    billed_period,
    billed_period_at,
    discount_period,
    draft_for_period,
)
from domain.invoicing.invoices import InvoiceDocument
from domain.money.money import Money, sum_money
from domain.periods.alignment import Alignment
from domain.periods.periods import Interval, IntervalUnit
from domain.periods.proration import Convention, ProrationRule
from domain.pricing.discounts import Discount
from domain.pricing.pricing import Price, PriceModel, Tier
from domain.pricing.taxes import TaxMode, TaxRate, TaxScope
from domain.pricing.terms import Charge, PlanTerms, Trial
from tests.unit.domain.billing_desk import (
    HEADER,
    REVERSE,
    START,
    VAT,
    charge,
    per_seat,
    terms,
)


def graduated(each: Decimal) -> Price:
    first = Tier(up_to=Decimal(3), unit_price=each + 1, flat_fee=Decimal("0.5"))
    tiers = (first, Tier(up_to=None, unit_price=each))
    return Price(model=PriceModel.GRADUATED, currency="EUR", tiers=tiers)


def taxed(price: Price, quantity: int, rates: tuple[TaxRate, ...]) -> Charge:
    return charge(price, quantity, tax_rates=rates)


def percent(number: Decimal) -> Discount:
    return Discount(discount_id="percent", percent=number)


def amount(units: int) -> Discount:
    return Discount(discount_id="amount", amount=Money(minor_units=units, currency="EUR"))


def sold(
    charges: list[Charge], discounts: list[Discount], trial: int, interval: Interval, more: Any
) -> PlanTerms:
    alignment, convention, mode, scope = more
    return terms(
        *charges,
        interval=interval,
        discounts=tuple(discounts),
        trial=Trial(days=trial) if trial else None,
        alignment=alignment,
        proration=ProrationRule(convention=convention),
        tax_mode=mode,
        tax_scope=scope,
    )


PRICES = st.one_of(
    st.decimals("0", "500", places=2).map(str).map(per_seat),
    st.decimals("0", "50", places=4).map(graduated),
)
RATES = st.sampled_from([(), (VAT,), (VAT, replace(VAT, code="x")), (REVERSE,)])
CHARGES = st.builds(taxed, PRICES, st.integers(1, 500), RATES)
DISCOUNTS = st.one_of(
    st.decimals("0.1", "100", places=1).map(percent), st.integers(1, 5000).map(amount)
)
INTERVALS = st.builds(
    Interval, unit=st.sampled_from(list(IntervalUnit)[1:]), count=st.integers(1, 3)
)
TERMS = st.builds(
    sold,
    st.lists(CHARGES, min_size=1, max_size=4),
    st.lists(DISCOUNTS, max_size=2),
    st.integers(0, 40),
    INTERVALS,
    st.tuples(*map(st.sampled_from, (Alignment, Convention, TaxMode, TaxScope))),
)
STARTS = st.integers(-(10**8), 10**8).map(lambda seconds: START + timedelta(seconds=seconds))
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Tokyo"])


@given(TERMS, STARTS, ZONES, st.integers(0, 30))
def test_totals_are_the_sums_of_their_parts_and_survive_serialisation(
    bought: PlanTerms, start: datetime, zone: str, n: int
) -> None:
    billed = billed_period(bought, start=start, zone=zone, n=n)
    document = draft_for_period(bought, HEADER, billed=billed, start=start, zone=zone)
    by_rate = {tax.code: tax for tax in document.tax_lines}

    assert document.total == document.subtotal + document.tax
    for code, tax in by_rate.items():
        parts = [p.amount for line in document.lines for p in line.taxes if p.code == code]
        assert sum_money(parts, "EUR") == tax.amount
    for line in document.lines:
        assert line.list_amount is not None
        gross = line.amount
        if bought.tax_mode is TaxMode.INCLUSIVE:
            gross = sum_money((part.amount for part in line.taxes), "EUR") + line.amount
        off = sum_money((each.amount for each in line.discounts), "EUR")
        assert not line.amount.is_negative
        assert gross == (line.prorated.amount if line.prorated else line.list_amount - off)
    assert document.lines[0].period == billed.period
    both = TypeAdapter(tuple[PlanTerms, InvoiceDocument])
    assert both.validate_json(both.dump_json((bought, document))) == (bought, document)


@given(TERMS, STARTS, ZONES, st.integers(0, 30))
def test_periods_follow_each_other_and_are_found_by_any_instant_within(
    bought: PlanTerms, start: datetime, zone: str, n: int
) -> None:
    here, following = (
        billed_period(bought, start=start, zone=zone, n=number) for number in (n, n + 1)
    )

    assert here.period.end == following.period.start
    for instant in (here.period.start, here.period.end - timedelta(microseconds=1)):
        assert billed_period_at(bought, start=start, zone=zone, instant=instant) == here
    counts = [discount_period(bought, start=start, zone=zone, n=number) for number in (n, n + 1)]
    assert counts[1] - counts[0] in {0, 1}
