"""Credit notes of an issued invoice: whole, by line, by amount, and never more than was charged."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.credits.corrections import credit_all, credit_of_amount, credit_of_lines, issued_lines
from domain.credits.credit_documents import CreditNoteDocument
from domain.credits.credit_notes import OverCreditError
from domain.invoicing.invoices import InvoiceDocument, issue
from domain.money.money import Money
from domain.plan_changes.changes import change_documents
from domain.pricing.pricing import Price, PriceModel
from domain.pricing.taxes import TaxMode, TaxRate, TaxScope
from domain.pricing.terms import Charge
from tests.unit.domain.changes_desk import HEADER, MIDDLE, NUMBER, VAT, billed_at, change, terms

REDUCED = TaxRate(code="de-reduced", name="VAT 7 %", rate=Decimal("0.07"))
SUPPORT = Charge(
    price_of="support",
    name="Support",
    price=Price(model=PriceModel.FLAT, currency="EUR", unit_price=Decimal("9.99")),
    quantity=1,
    tax_rates=(REDUCED,),
)


def billed(mode: TaxMode = TaxMode.EXCLUSIVE) -> InvoiceDocument:
    plan = terms(5, "19.00", VAT, tax_mode=mode, tax_scope=TaxScope.PER_GROUP)
    return billed_at(replace(plan, charges=(*plan.charges, SUPPORT)), MIDDLE)


def eur(units: int) -> Money:
    return Money(minor_units=units, currency="EUR")


def test_a_whole_credit_note_mirrors_its_invoice() -> None:
    invoice = billed()
    note = credit_all(invoice, issued_lines(invoice), credit_note_id="c-1", reason="goodwill")

    assert (note.subtotal, note.tax, note.total) == (invoice.subtotal, invoice.tax, invoice.total)
    assert note.tax_lines == invoice.tax_lines
    assert (note.credit_note_id, note.invoice_number, note.number) == ("c-1", "RE-1", None)
    assert [(line.line_id, line.price_of, line.reason) for line in note.lines] == [
        ("sub-1-0-1", "team", "goodwill"),
        ("sub-1-0-2", "support", "goodwill"),
    ]
    assert note.lines[0].billed == invoice.lines[0].amount
    assert note.lines[0].description == invoice.lines[0].description


def test_a_credit_by_line_takes_the_same_part_of_its_tax() -> None:
    invoice = billed()
    amounts = {"sub-1-0-2": eur(500)}
    note = credit_of_lines(
        invoice, issued_lines(invoice), amounts, credit_note_id="c-1", reason="outage"
    )

    assert (note.subtotal, note.tax) == (eur(500), eur(35))
    assert [tax.code for tax in note.tax_lines] == ["de-reduced"]
    assert (note.credit_note_id, note.lines[0].reason) == ("c-1", "outage")


def test_what_is_credited_already_counts_whatever_document_did_it() -> None:
    first = billed()
    old = terms(5, "19.00", VAT)
    new = change_documents(change(old, terms(8, "19.00", VAT), invoices=(first,)), HEADER).invoice
    assert new is not None
    later = issue(new, NUMBER)
    note = credit_of_lines(
        first,
        issued_lines(first, later=(later,)),
        {"sub-1-0-1": eur(1000)},
        credit_note_id="c-1",
        reason="outage",
    )
    left = issued_lines(first, credit_notes=(note,), later=(later,))

    assert [line.net_left for line in left] == [eur(9500 - 4903 - 1000), eur(483)]
    with pytest.raises(OverCreditError, match=r"35\.98 EUR to credit"):
        credit_of_lines(
            first, left, {"sub-1-0-1": eur(3598)}, credit_note_id="c-2", reason="outage"
        )


def test_the_credit_lines_of_an_invoice_lower_what_it_has_to_give() -> None:
    new = change_documents(change(terms(5), terms(8)), HEADER).invoice
    assert new is not None
    invoice = issue(new, NUMBER)
    lines = issued_lines(invoice)
    note = credit_of_amount(invoice, lines, eur(2942), credit_note_id="c-1", reason="error")

    assert [(line.line_id, line.amount) for line in note.lines] == [("change-1-2", eur(2942))]
    assert (note.credit_note_id, note.lines[0].reason) == ("c-1", "error")
    with pytest.raises(OverCreditError, match=r"29\.43 EUR to credit: 29\.42 EUR is left"):
        credit_of_amount(invoice, lines, eur(2943), credit_note_id="c-1", reason="error")


def test_a_line_that_is_not_there_is_refused() -> None:
    invoice = billed()
    with pytest.raises(ValueError, match="invoice sub-1-0 has no line 'x'"):
        credit_of_lines(
            invoice, issued_lines(invoice), {"x": eur(1)}, credit_note_id="c", reason="r"
        )


@given(st.lists(st.integers(1, 4000), max_size=8), st.sampled_from(TaxMode))
def test_any_sequence_of_notes_adds_up_to_the_invoice(parts: list[int], mode: TaxMode) -> None:
    invoice = billed(mode)
    notes: list[CreditNoteDocument] = []
    for units in parts:
        lines = issued_lines(invoice, credit_notes=notes)
        left = sum(line.gross_left.minor_units for line in lines)
        if left:
            gross = eur(min(units, left))
            note = credit_of_amount(invoice, lines, gross, credit_note_id="c", reason="r")
            assert note.total == gross
            notes.append(note)
    rest = issued_lines(invoice, credit_notes=notes)
    notes.append(credit_all(invoice, rest, credit_note_id="rest", reason="r"))

    assert sum((note.total for note in notes), start=eur(0)) == invoice.total
    for tax in invoice.tax_lines:
        given_back = [each for note in notes for each in note.tax_lines if each.code == tax.code]
        assert sum((each.amount for each in given_back), start=eur(0)) == tax.amount
