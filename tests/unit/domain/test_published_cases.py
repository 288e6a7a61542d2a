"""Input and output that other billing systems publish, each under the convention that it follows."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from domain.credits.credit_notes import IssuedLine, credit_line
from domain.credits.mid_period import BilledSpan, MidPeriodChange, Terms, prorate_change
from domain.money.money import Money
from domain.periods.alignment import Alignment, aligned_period
from domain.periods.billed_cycles import billed_cycles, cycles_billed
from domain.periods.periods import Interval, IntervalUnit, Period, nth_period
from domain.periods.proration import (
    Convention,
    Portion,
    ProrationReason,
    ProrationRule,
    portion_of,
    price_portion,
)
from domain.pricing.on_change import ProrationBehaviour
from domain.pricing.taxes import TaxableLine, TaxMode, TaxPart, TaxRate, TaxScope, tax_lines

Case = dict[str, Any]
CASES = Path(__file__).parents[2] / "cases"
MONTH = Interval(unit=IntervalUnit.MONTH)
WEEK = Interval(unit=IntervalUnit.WEEK)
BOOK_MONTHS = ProrationRule(convention=Convention.STRICT_30_360)
THIRTY_DAYS = ProrationRule(convention=Convention.DAY_FIXED_N, fixed_days=30)
BY_DAY = ProrationRule(convention=Convention.DAY_9DP_HALF_UP)
BY_SECOND = ProrationRule(convention=Convention.PER_SECOND)


def load(pattern: str) -> list[Case]:
    return [
        case
        for path in sorted(CASES.glob(pattern))
        for case in json.loads(path.read_text(encoding="utf-8"))["cases"]
    ]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def cents(units: int) -> Money:
    return Money(minor_units=units, currency="USD")


def dollars(text: object) -> Money:
    return Money.of_decimal(Decimal(str(text)), "USD")


def change_of_plan(case: Case) -> tuple[int, int]:
    """Return credit and charge of a change of plan at an instant, or after so many seconds."""
    given = case["input"]
    old = Interval(unit=IntervalUnit(given.get("old_interval", "second")))
    new = Interval(unit=IntervalUnit(given.get("new_interval", "second")))
    zone = given.get("tz", "UTC")
    if "elapsed_s" in given:
        start = utc("2025-06-01")
        whole = Period(start=start, end=start + timedelta(seconds=given["period_s"]))
        changed_at = start + timedelta(seconds=given["elapsed_s"])
    else:
        whole = nth_period(anchor=utc(given["cycle_start"]), zone=zone, interval=old, n=0)
        changed_at = utc(given["change_at"])
    change = MidPeriodChange(
        rule=BY_SECOND,
        behaviour=ProrationBehaviour.INVOICE_NOW,
        old_interval=old,
        new=Terms(rate=cents(given["new_price"]), interval=new),
        whole=whole,
        changed_at=changed_at,
        zone=zone,
    )
    billed = BilledSpan(line_id="old", amount=cents(given["old_price"]), period=whole)
    result = prorate_change(change, (billed,))
    assert result.charge is not None
    return result.credits[0].prorated.amount.minor_units, result.charge.amount.minor_units


def check_half_away(case: Case) -> None:
    credit, debit = change_of_plan(case)
    expected = case["expected"]
    assert (credit, debit) == (expected["credit"], expected["debit"])
    assert debit - credit == expected.get("net", debit - credit)


def check_per_second(case: Case) -> None:
    given, expected = case["input"], case["expected"]
    if "fraction" in given:
        part, whole = (int(number) for number in given["fraction"].split("/"))
        portion = Portion(convention=Convention.PER_SECOND, numerator=part, denominator=whole)
        credit, debit = (
            price_portion(cents(given[name]), portion, ProrationReason.REMAINING_TIME).amount
            for name in ("old_price", "new_price")
        )
        assert (-credit).minor_units == expected["credit"]
        assert debit.minor_units == expected["debit"]
        assert (debit - credit).minor_units == expected["net"]
        return
    stub = aligned_period(
        alignment=Alignment.CALENDAR, start=utc(given["start"]), zone="UTC", interval=MONTH, n=0
    )
    assert stub.period.end == utc(given["anchor"])
    portion = portion_of(
        rule=BY_SECOND, span=stub.period, whole=stub.whole, zone="UTC", interval=MONTH
    )
    assert Fraction(portion.numerator, portion.denominator) == Fraction(expected["fraction"])


def check_credit_note(case: Case) -> None:
    given, expected = case["input"], case["expected"]
    portion = Portion(
        convention=Convention.PER_SECOND,
        numerator=given["days"],
        denominator=given["period_days"],
    )
    net = price_portion(cents(given["amount"]), portion, ProrationReason.UNUSED_TIME).amount
    rate = TaxRate(code="vat", name="VAT", rate=Decimal(given["tax_pct"]) / 100)
    taxed = tax_lines(
        (TaxableLine(line_id="plan", amount=cents(given["amount"]), rates=(rate,)),),
        currency="USD",
        mode=TaxMode.EXCLUSIVE,
        scope=TaxScope.PER_LINE,
    )
    tax = TaxPart(code="vat", amount=taxed.tax)
    note = credit_line(IssuedLine(line_id="plan", net=cents(given["amount"]), taxes=(tax,)), net)
    assert (note.net.minor_units, note.tax.minor_units, note.gross.minor_units) == (
        expected["subtotal"],
        expected["tax"],
        expected["total"],
    )


def check_days(convention: Convention, price: str) -> Callable[[Case], None]:
    def check(case: Case) -> None:
        given = case["input"]
        portion = Portion(
            convention=convention, numerator=given["days"], denominator=given["period_days"]
        )
        priced = price_portion(dollars(given[price]), portion, ProrationReason.REMAINING_TIME)
        assert priced.amount == dollars(case["expected"]["amount"])

    return check


def check_dates(case: Case) -> None:
    start = utc(case["input"]["start"])
    end = utc(case["input"]["end_inclusive"]) + timedelta(days=1)
    month = nth_period(anchor=start.replace(day=1), zone="UTC", interval=MONTH, n=0)
    rules = {"actual": BY_DAY, "actual/30": THIRTY_DAYS, "strict 30/30": BOOK_MONTHS}
    for name, expected in case["expected"].items():
        portion = portion_of(
            rule=rules[name],
            span=Period(start=start, end=end),
            whole=month,
            zone="UTC",
            interval=MONTH,
        )
        assert f"{portion.numerator}/{portion.denominator}" == expected, name


def check_weeks(case: Case) -> None:
    given = case["input"]
    week = nth_period(anchor=utc("2024-01-01"), zone="UTC", interval=WEEK, n=given["weeks"])
    rest = Period(start=week.start, end=week.start + timedelta(days=given["days"]))
    portion = portion_of(rule=THIRTY_DAYS, span=rest, whole=week, zone="UTC", interval=WEEK)
    price = dollars(given["price"])
    part = price_portion(price, portion, ProrationReason.LAST_STUB).amount
    assert price.multiply(given["weeks"]) + part == dollars(case["expected"]["amount"])


CHECKS = {
    "proration/per-second half-away": check_half_away,
    "proration/per-second": check_per_second,
    "credit-note rounding": check_credit_note,
    "proration/day 9dp half-up": check_days(Convention.DAY_9DP_HALF_UP, "rate"),
    "proration/inclusive-day": check_days(Convention.DAY_INCLUSIVE, "price"),
    "proration ratio (inclusive dates)": check_dates,
    "proration/week": check_weeks,
}


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=f"{case['kind']}: {case['name']}")
        for case in load("peer_facts*.json")
        if case["kind"] in CHECKS
    ],
)
def test_a_published_amount_comes_out_to_the_cent(case: Case):
    CHECKS[case["kind"]](case)


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=f"{case['test']} {case['start']}..{case['end']} @ {case['target']}")
        for case in load("billed_cycles*.json")
    ],
)
def test_published_billed_cycles_come_out_to_nine_decimals(case: Case):
    cycles = billed_cycles(
        start=date.fromisoformat(case["start"]),
        end=None if case["end"] is None else date.fromisoformat(case["end"]),
        target=date.fromisoformat(case["target"]),
        bill_cycle_day=case["bcd"],
        months=case["period_months"],
    )
    assert cycles_billed(cycles) == Decimal(case["expected"])


def test_no_published_case_about_money_is_left_out():
    about_money = [
        case["name"]
        for case in load("peer_facts*.json")
        if case["kind"].startswith(("proration", "credit-note"))
    ]
    assert len(about_money) == len(
        [case for case in load("peer_facts*.json") if case["kind"] in CHECKS]
    )
    assert len(about_money) >= 23
