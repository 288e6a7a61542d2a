"""What is given back for unused time: credits with their tax, never twice and never too much."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.credits.credit_documents import CreditNoteDocument, issue_credit_note
from domain.invoicing.invoices import issue
from domain.money.money import Money, sum_money
from domain.periods.proration import Convention, ProrationRule
from domain.plan_changes.changes import ChangeDocuments, change_documents, end_credit_notes
from domain.pricing.discounts import Discount
from domain.pricing.pricing import Price, PriceModel
from domain.pricing.taxes import TaxMode, TaxScope
from domain.pricing.terms import Charge
from tests.unit.domain.changes_desk import (
    HEADER,
    NUMBER,
    START,
    VAT,
    billed_at,
    change,
    rows,
    terms,
)


def test_what_credit_notes_gave_back_is_not_given_back_again() -> None:
    old = terms(5, "19.00", VAT)
    first = change(old, old)
    notes = end_credit_notes(first, credit_note_id="c")
    again = end_credit_notes(replace(first, credit_notes=notes), credit_note_id="d")

    assert rows(notes[0]) == [("Team, 2026-01-16 to 2026-02-01", "49.03", "unused time")]
    assert (str(notes[0].tax), str(notes[0].total)) == ("9.32 EUR", "58.35 EUR")
    assert notes[0].credit_note_id == "c-1"
    assert again == ()


def test_what_a_change_gave_back_on_its_invoice_is_not_given_back_again() -> None:
    first = change(terms(5), terms(8))
    invoice = change_documents(first, HEADER).invoice
    assert invoice is not None
    later = datetime(2026, 1, 24, tzinfo=UTC)
    invoices = (*first.invoices, issue(invoice, NUMBER))
    (note,) = end_credit_notes(
        change(terms(8), terms(8), later, invoices=invoices), credit_note_id="c"
    )

    # Half of the 78.45 that the change charged for 16 days, and nothing of the first invoice.
    assert [line.line_id for line in note.lines] == ["change-1-2"]
    assert rows(note) == [("Team, 2026-01-24 to 2026-02-01", "39.23", "unused time")]


def test_a_goodwill_credit_lowers_what_is_left_without_ending_it() -> None:
    old = terms(5, "19.00", VAT)
    (note,) = end_credit_notes(change(old, old, START), credit_note_id="c")
    (line,) = note.lines
    goodwill = replace(
        line, amount=Money.parse("90.00", "EUR"), prorated=None, period=None, taxes=()
    )
    (rest,) = end_credit_notes(
        change(old, old, credit_notes=(replace(note, lines=(goodwill,)),)), credit_note_id="d"
    )

    # 49.03 for the time, less the part of 90.00 that falls on it.
    assert str(rest.subtotal) == "2.58 EUR"
    assert rest.lines[0].is_capped


def test_a_credit_keeps_all_of_the_name_of_its_line() -> None:
    old = terms(5)
    charges = (replace(old.charges[0], name="Team, large"),)
    (note,) = end_credit_notes(change(replace(old, charges=charges), old), credit_note_id="c")

    assert note.lines[0].description == "Team, large, 2026-01-16 to 2026-02-01"


def test_documents_name_what_their_invoice_names() -> None:
    scope = {"tax_mode": TaxMode.INCLUSIVE, "tax_scope": TaxScope.PER_GROUP}
    old, new = terms(5, "19.00", VAT, **scope), terms(2, "19.00", VAT, **scope)
    header = replace(HEADER, purchase_order="PO 7")
    outcome = change_documents(change(old, new), header)
    invoice, (note,) = outcome.invoice, outcome.credit_notes

    assert invoice is not None
    assert (invoice.subscription_id, invoice.account_id) == ("sub-1", "acme")
    assert (invoice.purchase_order, invoice.tax_mode, invoice.tax_scope) == (
        "PO 7",
        TaxMode.INCLUSIVE,
        TaxScope.PER_GROUP,
    )
    assert (note.subscription_id, note.account_id, note.legal_entity, note.currency) == (
        "sub-1",
        "acme",
        "ACME_DE",
        "EUR",
    )
    (tax,) = note.tax_lines
    assert (tax.name, tax.rate, tax.taxable, tax.amount) == (
        "VAT 19 %",
        Decimal("0.19"),
        note.subtotal,
        note.tax,
    )


def test_credit_lines_mirror_the_credit_with_its_taxes() -> None:
    invoice = change_documents(
        change(terms(5, "19.00", VAT), terms(8, "19.00", VAT)), HEADER
    ).invoice

    assert invoice is not None
    credit, _ = invoice.lines
    assert [str(tax.amount) for tax in credit.taxes] == ["-9.32 EUR"]
    assert (credit.price_of, credit.period) == ("team", invoice.lines[1].period)
    (tax,) = invoice.tax_lines
    assert (tax.name, tax.rate, tax.is_reverse_charge) == ("VAT 19 %", Decimal("0.19"), False)


def test_a_capped_credit_says_so() -> None:
    old = terms(5)
    earlier = end_credit_notes(
        change(old, old, datetime(2026, 1, 21, tzinfo=UTC)), credit_note_id="c"
    )
    (note,) = end_credit_notes(change(old, old, credit_notes=earlier), credit_note_id="d")

    assert note.lines[0].is_capped
    assert rows(note)[0][1:] == ("15.32", "unused time, all that is left")


def test_only_time_and_only_what_was_paid_is_given_back() -> None:
    fee = Price(model=PriceModel.FLAT, currency="EUR", unit_price=Decimal("250.00"))
    old = terms(5, one_off=(Charge(price_of="setup", name="Setup", price=fee, quantity=1),))
    free = terms(5, discounts=(Discount(discount_id="all", percent=Decimal(100)),))

    (note,) = end_credit_notes(change(old, old), credit_note_id="c")
    assert [line.price_of for line in note.lines] == ["team"]
    assert end_credit_notes(change(free, free), credit_note_id="c") == ()
    assert end_credit_notes(change(old, old, invoices=()), credit_note_id="c") == ()


def test_inclusive_prices_give_back_net_and_tax() -> None:
    old = terms(5, "19.00", VAT, tax_mode=TaxMode.INCLUSIVE)
    (note,) = end_credit_notes(change(old, old), credit_note_id="c")

    assert (str(note.subtotal), str(note.tax), str(note.total)) == (
        "41.20 EUR",
        "7.83 EUR",
        "49.03 EUR",
    )


def test_a_credit_note_is_issued_once_and_only_for_an_issued_invoice() -> None:
    (draft,) = end_credit_notes(change(terms(), terms()), credit_note_id="c")
    issued = issue_credit_note(draft, NUMBER)

    assert (issued.number, issued.issued_on) == ("RE-1", date(2026, 1, 1))
    with pytest.raises(ValueError, match="already issued as RE-1"):
        issue_credit_note(issued, NUMBER)
    with pytest.raises(ValueError, match="has no number"):
        issue_credit_note(replace(draft, invoice_number=None), NUMBER)


STEPS = st.lists(
    st.tuples(st.integers(1, 27), st.integers(1, 60), st.sampled_from(["0.01", "7.77", "19.00"])),
    min_size=1,
    max_size=6,
)
FAIR = (Convention.DAY_9DP_HALF_UP, Convention.PER_SECOND, Convention.DAY_FIXED_N)


def documents(outcome: ChangeDocuments) -> list[tuple[Money, Money]]:
    found = [] if outcome.invoice is None else [(outcome.invoice.subtotal, outcome.invoice.tax)]
    return found + [(-note.subtotal, -note.tax) for note in outcome.credit_notes]


@given(STEPS, st.sampled_from(FAIR), st.sampled_from(TaxMode))
def test_any_sequence_of_changes_costs_what_the_days_cost(
    steps: list[tuple[int, int, str]], convention: Convention, mode: TaxMode
) -> None:
    rule = ProrationRule(convention=convention, fixed_days=31)
    settings: dict[str, Any] = {"proration": rule, "tax_mode": mode}
    current = terms(5, "19.00", VAT, **settings)
    invoices, notes = [billed_at(current, START)], list[CreditNoteDocument]()
    paid = [(invoices[0].subtotal, invoices[0].tax)]
    fair, last = Decimal(0), 0
    for number, (day, seats, price) in enumerate(sorted(steps, key=lambda step: step[0])):
        fair += (day - last) * current.quantity * (current.charges[0].price.unit_price or 0)
        last = day
        new = terms(seats, price, VAT, **settings)
        asked = change(
            current,
            new,
            START + timedelta(days=day),
            invoices=tuple(invoices),
            credit_notes=tuple(notes),
        )
        outcome = change_documents(asked, replace(HEADER, invoice_id=f"change-{number}"))
        assert outcome.invoice is not None
        paid += documents(outcome)
        notes += outcome.credit_notes
        invoices.append(outcome.invoice)
        current = new
    fair += (31 - last) * current.quantity * (current.charges[0].price.unit_price or 0)
    total = sum_money((net + tax for net, tax in paid), "EUR").to_decimal()
    expected = fair / 31 * (1 if mode is TaxMode.INCLUSIVE else Decimal("1.19"))
    # A unit for each credit and charge, and one for the tax of each.
    assert abs(total - expected) <= Decimal("0.01") * (4 * len(steps) + 2)


@given(st.lists(st.integers(0, 30), max_size=8), st.sampled_from(TaxMode))
def test_no_sequence_of_credits_exceeds_what_was_billed_or_its_tax(
    days: list[int], mode: TaxMode
) -> None:
    old = terms(7, "13.37", VAT, tax_mode=mode)
    paid = billed_at(old, START)
    notes: list[CreditNoteDocument] = []
    for day in days:
        asked = change(old, old, START + timedelta(days=day), credit_notes=tuple(notes))
        notes += end_credit_notes(asked, credit_note_id=f"c{len(notes)}")

    assert sum_money((note.subtotal for note in notes), "EUR") <= paid.subtotal
    assert sum_money((note.tax for note in notes), "EUR") <= paid.tax
