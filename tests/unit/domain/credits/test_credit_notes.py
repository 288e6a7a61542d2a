from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from domain.credits.credit_notes import (
    Credited,
    CreditNoteLine,
    IssuedLine,
    OverCreditError,
    credit_gross,
    credit_line,
    credit_whole,
)
from domain.money.money import Money
from domain.pricing.taxes import TaxPart


def eur(units: int) -> Money:
    return Money(minor_units=units, currency="EUR")


def line(net: int, *taxes: int, line_id: str = "line-1") -> IssuedLine:
    parts = (TaxPart(code=f"t{n}", amount=eur(units)) for n, units in enumerate(taxes))
    return IssuedLine(line_id=line_id, net=eur(net), taxes=tuple(parts))


def after(issued: IssuedLine, note: CreditNoteLine) -> IssuedLine:
    return replace(issued, credited=(*issued.credited, note.as_credited))


def test_a_part_is_credited_with_the_same_part_of_each_tax():
    note = credit_line(line(10000, 1900, 100), eur(2500))
    assert [part.amount for part in note.taxes] == [eur(475), eur(25)]
    assert (note.net, note.tax, note.gross) == (eur(2500), eur(500), eur(3000))


def test_three_thirds_give_back_exactly_the_tax_that_was_charged():
    issued = line(300, 50)
    taxes: list[int] = []
    for _ in range(3):
        note = credit_line(issued, eur(100))
        taxes.append(note.tax.minor_units)
        issued = after(issued, note)
    assert (taxes, issued.gross_left) == ([17, 16, 17], eur(0))


def test_the_last_part_takes_what_earlier_notes_left_of_the_tax():
    earlier = Credited(net=eur(99), taxes=(TaxPart(code="t0", amount=eur(10)),))
    note = credit_line(replace(line(100, 19), credited=(earlier,)), eur(1))
    assert note.tax == eur(9)


def test_tax_that_earlier_notes_gave_back_too_early_is_not_given_twice():
    earlier = Credited(net=eur(10), taxes=(TaxPart(code="t0", amount=eur(19)),))
    note = credit_line(replace(line(100, 19), credited=(earlier,)), eur(50))
    assert note.tax == eur(0)


def test_more_than_is_left_is_refused():
    issued = after(line(100, 19), credit_line(line(100, 19), eur(60)))
    with pytest.raises(
        OverCreditError, match=r"0.41 EUR to credit on line line-1: 0.40 EUR is left"
    ):
        credit_line(issued, eur(41))
    with pytest.raises(OverCreditError, match=r"0.49 EUR to credit: 0.48 EUR is left"):
        credit_gross([issued], eur(49))


@pytest.mark.parametrize("units", [0, -1])
def test_a_credit_of_nothing_is_refused(units: int):
    with pytest.raises(ValueError, match="must be more than 0"):
        credit_line(line(100), eur(units))
    with pytest.raises(ValueError, match="must be more than 0"):
        credit_gross([line(100)], eur(units))


def test_the_whole_credit_takes_all_that_is_left_and_skips_empty_lines():
    first = after(line(100, 19), credit_line(line(100, 19), eur(60)))
    done = after(line(50, 10, line_id="2"), credit_line(line(50, 10, line_id="2"), eur(50)))
    negative = line(-30, -6, line_id="3")
    notes = credit_whole([first, done, negative])
    assert [(note.line_id, note.net, note.tax) for note in notes] == [
        ("line-1", eur(40), eur(8)),
        ("3", eur(-30), eur(-6)),
    ]


def test_a_gross_amount_is_spread_over_the_lines_by_what_they_have_left():
    notes = credit_gross([line(10000, 1900), line(5000, 350, line_id="2")], eur(8625))
    assert [(note.line_id, note.net, note.tax) for note in notes] == [
        ("line-1", eur(5000), eur(950)),
        ("2", eur(2500), eur(175)),
    ]


def test_a_gross_amount_on_a_line_without_tax_is_net():
    (note,) = credit_gross([line(100)], eur(33))
    assert (note.net, note.taxes) == (eur(33), ())


LINES = st.lists(
    st.tuples(st.integers(0, 10**5), st.lists(st.integers(0, 10**4), max_size=3)).map(
        lambda pair: (pair[0], tuple(pair[1]))
    ),
    min_size=1,
    max_size=4,
)
STEPS = st.lists(
    st.tuples(st.booleans(), st.integers(0, 3), st.integers(1, 100)), min_size=1, max_size=20
)


def take(issued: list[IssuedLine], *, is_gross: bool, which: int, percent: int) -> None:
    """Credit a part of what is left, one line or all, and book it on the lines."""
    if is_gross:
        left = sum(each.gross_left.minor_units for each in issued)
        notes = credit_gross(issued, eur(-(-left * percent // 100))) if left else ()
    else:
        chosen = issued[which % len(issued)]
        left = chosen.net_left.minor_units
        notes = (credit_line(chosen, eur(-(-left * percent // 100))),) if left else ()
    for note in notes:
        assert not note.net.is_negative
        assert all(not part.amount.is_negative for part in note.taxes)
        index = next(n for n, each in enumerate(issued) if each.line_id == note.line_id)
        issued[index] = after(issued[index], note)


@given(LINES, STEPS)
def test_no_sequence_of_partial_notes_over_credits_by_a_cent(
    given_lines: list[tuple[int, tuple[int, ...]]], steps: list[tuple[bool, int, int]]
):
    issued = [line(net, *taxes, line_id=str(n)) for n, (net, taxes) in enumerate(given_lines)]
    for is_gross, which, percent in steps:
        take(issued, is_gross=is_gross, which=which, percent=percent)
        for each in issued:
            assert not each.net_left.is_negative
            assert all(not each.tax_left(tax.code).is_negative for tax in each.taxes)
    for note in credit_whole(issued):
        index = int(note.line_id)
        issued[index] = after(issued[index], note)
    assert all(each.net_left.is_zero and each.gross_left.is_zero for each in issued)


@given(LINES, st.integers(1, 100))
def test_a_gross_credit_is_exactly_the_amount_asked_for(
    given_lines: list[tuple[int, tuple[int, ...]]], percent: int
):
    issued = [line(net, *taxes, line_id=str(n)) for n, (net, taxes) in enumerate(given_lines)]
    left = sum(each.gross_left.minor_units for each in issued)
    wanted = max(1, left * percent // 100)
    if not left:
        return
    notes = credit_gross(issued, eur(wanted))
    assert sum(note.gross.minor_units for note in notes) == wanted
    adapter = TypeAdapter(tuple[CreditNoteLine, ...])
    assert adapter.validate_json(adapter.dump_json(notes)) == notes
    lines = TypeAdapter(list[IssuedLine])
    assert lines.validate_json(lines.dump_json(issued)) == issued
