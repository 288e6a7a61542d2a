from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from domain.money.money import CurrencyMismatchError, Money, sum_money
from domain.pricing.taxes import (
    TaxableLine,
    TaxedLines,
    TaxMode,
    TaxRate,
    TaxScope,
    rates_for,
    tax_lines,
)

VAT = TaxRate(code="vat", name="VAT 19 %", rate=Decimal("0.19"))
REDUCED = TaxRate(code="reduced", name="VAT 7 %", rate=Decimal("0.07"))
STATE = TaxRate(code="state", name="State 6.25 %", rate=Decimal("0.0625"))
COUNTY = TaxRate(code="county", name="County 1 %", rate=Decimal("0.01"))
REVERSE = TaxRate(
    code="reverse", name="Reverse charge", rate=Decimal("0.19"), is_reverse_charge=True
)
EXCLUSIVE, INCLUSIVE = TaxMode.EXCLUSIVE, TaxMode.INCLUSIVE


def eur(units: int) -> Money:
    return Money(minor_units=units, currency="EUR")


def taxed(
    *given: tuple[int, tuple[TaxRate, ...]],
    mode: TaxMode = EXCLUSIVE,
    scope: TaxScope = TaxScope.PER_GROUP,
) -> TaxedLines:
    lines = tuple(
        TaxableLine(line_id=f"line-{number}", amount=eur(units), rates=rates)
        for number, (units, rates) in enumerate(given)
    )
    return tax_lines(lines, currency="EUR", mode=mode, scope=scope)


def totals(result: TaxedLines) -> list[tuple[str, int, int]]:
    return [
        (total.rate.code, total.taxable.minor_units, total.amount.minor_units)
        for total in result.totals
    ]


@pytest.mark.parametrize(("scope", "tax"), [(TaxScope.PER_GROUP, 1), (TaxScope.PER_LINE, 0)])
def test_tax_is_rounded_per_group_or_per_line(scope: TaxScope, tax: int):
    result = taxed((2, (VAT,)), (2, (VAT,)), scope=scope)  # 0.38 cents each, 0.76 together
    assert (result.subtotal, result.tax, result.total) == (eur(4), eur(tax), eur(4 + tax))


def test_each_rate_has_its_own_total():
    result = taxed((10000, (VAT,)), (5000, (REDUCED,)), (100, (VAT,)), (77, ()))
    assert totals(result) == [("vat", 10100, 1919), ("reduced", 5000, 350)]
    assert result.total == eur(15177 + 2269)


def test_two_rates_on_one_line_are_two_totals():
    result = taxed((1000, (STATE, COUNTY)), (1000, (STATE,)))
    assert totals(result) == [("state", 2000, 125), ("county", 1000, 10)]


@pytest.mark.parametrize(
    ("price", "rates", "net", "taxes"),
    [
        (11900, (VAT,), 10000, [1900]),
        (100, (VAT,), 84, [16]),
        (10725, (STATE, COUNTY), 10000, [625, 100]),
        (10000, (REVERSE,), 10000, [0]),
        (10000, (), 10000, []),
        (-11900, (VAT,), -10000, [-1900]),
    ],
)
def test_an_inclusive_price_contains_its_tax(
    price: int, rates: tuple[TaxRate, ...], net: int, taxes: list[int]
):
    result = taxed((price, rates), mode=INCLUSIVE)
    assert result.subtotal == eur(net)
    assert [total.amount.minor_units for total in result.totals] == taxes
    assert result.total == eur(price)


def test_inclusive_tax_can_be_rounded_per_group():
    # 1.03 contains 16.45 cents of tax; three of them 49.34, not 3 x 16.
    apart = taxed(*[(103, (VAT,))] * 3, mode=INCLUSIVE, scope=TaxScope.PER_LINE)
    together = taxed(*[(103, (VAT,))] * 3, mode=INCLUSIVE, scope=TaxScope.PER_GROUP)
    assert (apart.tax, together.tax) == (eur(48), eur(49))
    assert apart.total == together.total == eur(309)


def test_no_line_has_a_negative_tax_because_two_rates_round_apart():
    six, four = (
        TaxRate(code=code, name=code, rate=Decimal(rate))
        for code, rate in (("state", "0.06"), ("city", "0.04"))
    )
    result = taxed((6, (six, four)), (4, (six, four)), mode=INCLUSIVE)

    assert [[part.amount.minor_units for part in line.taxes] for line in result.lines] == [
        [0, 1],
        [0, 0],
    ]
    assert (result.subtotal, result.total) == (eur(9), eur(10))


def test_reverse_charge_shows_the_taxable_amount_and_no_tax():
    result = taxed((10000, (REVERSE,)))
    assert totals(result) == [("reverse", 10000, 0)]
    assert (result.totals[0].rate.is_reverse_charge, result.total) == (True, eur(10000))


@pytest.mark.parametrize("rate", ["-0.01", "NaN", "Infinity"])
def test_a_rate_that_is_no_rate_is_refused(rate: str):
    with pytest.raises(ValueError, match="tax rate x must be 0 or more"):
        TaxRate(code="x", name="x", rate=Decimal(rate))


def test_two_rates_with_one_code_are_refused():
    other = TaxRate(code="vat", name="VAT 20 %", rate=Decimal("0.2"))
    with pytest.raises(ValueError, match="two different tax rates share the code 'vat'"):
        taxed((1, (VAT,)), (1, (other,)))


def test_a_rate_named_twice_on_a_line_is_refused():
    with pytest.raises(ValueError, match="line line-0 names a tax rate twice"):
        taxed((1, (VAT, VAT)))


def test_two_lines_with_one_id_are_refused():
    line = TaxableLine(line_id="a", amount=eur(1))
    with pytest.raises(ValueError, match="same line_id"):
        tax_lines((line, line), currency="EUR", mode=EXCLUSIVE, scope=TaxScope.PER_LINE)


def test_a_line_in_another_currency_is_refused():
    line = TaxableLine(line_id="a", amount=Money(minor_units=1, currency="USD"), rates=(VAT,))
    with pytest.raises(CurrencyMismatchError):
        tax_lines((line,), currency="EUR", mode=EXCLUSIVE, scope=TaxScope.PER_LINE)


def test_rates_come_from_the_table_by_code():
    table = {"vat": VAT, "county": COUNTY}
    assert rates_for(table, ["county", "vat"]) == (COUNTY, VAT)
    with pytest.raises(
        ValueError, match=r"no tax rate 'x' in the table: it has \['county', 'vat'\]"
    ):
        rates_for(table, ["vat", "x"])


RATES = st.sampled_from([(), (VAT,), (REDUCED,), (STATE, COUNTY), (STATE,), (REVERSE,)])
LINES = st.lists(st.tuples(st.integers(-(10**6), 10**6), RATES), max_size=12)
MODES = st.sampled_from(TaxMode)
SCOPES = st.sampled_from(TaxScope)


@given(LINES, MODES, SCOPES)
def test_totals_equal_the_sum_of_their_parts(
    given_lines: list[tuple[int, tuple[TaxRate, ...]]], mode: TaxMode, scope: TaxScope
):
    result = taxed(*given_lines, mode=mode, scope=scope)
    assert result.subtotal == sum_money((line.net for line in result.lines), "EUR")
    assert result.tax == sum_money((total.amount for total in result.totals), "EUR")
    for total in result.totals:
        shares = (
            part.amount
            for line in result.lines
            for part in line.taxes
            if part.code == total.rate.code
        )
        assert sum_money(shares, "EUR") == total.amount
    if mode is INCLUSIVE:
        assert result.total == eur(sum(units for units, _ in given_lines))


@given(LINES, MODES, SCOPES)
def test_the_taxes_of_a_line_are_on_its_side_of_zero(
    given_lines: list[tuple[int, tuple[TaxRate, ...]]], mode: TaxMode, scope: TaxScope
):
    one_side = [(abs(units), rates) for units, rates in given_lines]
    for line in taxed(*one_side, mode=mode, scope=scope).lines:
        assert not any(part.amount.is_negative for part in line.taxes)


@given(LINES, MODES)
def test_the_tax_of_a_group_is_the_exact_tax_rounded_once(
    given_lines: list[tuple[int, tuple[TaxRate, ...]]], mode: TaxMode
):
    same = [(units, (VAT,)) for units, _ in given_lines]
    whole = Fraction(sum(units for units, _ in same))
    exact = whole * Fraction(19, 100) if mode is EXCLUSIVE else whole * Fraction(19, 119)
    assert abs(taxed(*same, mode=mode).tax.minor_units - exact) <= Fraction(1, 2)


@given(LINES, MODES, SCOPES)
def test_taxed_lines_survive_serialisation(
    given_lines: list[tuple[int, tuple[TaxRate, ...]]], mode: TaxMode, scope: TaxScope
):
    result = taxed(*given_lines, mode=mode, scope=scope)
    adapter = TypeAdapter(TaxedLines)
    assert adapter.validate_json(adapter.dump_json(result)) == result
