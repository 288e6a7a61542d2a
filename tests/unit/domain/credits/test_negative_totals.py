"""Lines that wait for a renewal, and what happens if they give back more than it asks for."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from domain.credits.corrections import issued_lines
from domain.credits.mid_period import InvoiceTiming
from domain.credits.negative_totals import without_negative_total
from domain.invoicing.invoices import InvoiceDocument, issue
from domain.plan_changes.changes import (
    ChangeDocuments,
    TermsChange,
    change_documents,
    end_credit_notes,
    with_waiting,
)
from domain.pricing.on_change import ProrationBehaviour
from tests.unit.domain.changes_desk import (
    HEADER,
    NUMBER,
    VAT,
    YEAR,
    billed_at,
    change,
    rows,
    terms,
)

NEXT = ProrationBehaviour.NEXT_INVOICE
LATER = datetime(2026, 1, 24, tzinfo=UTC)
FEBRUARY = datetime(2026, 2, 1, tzinfo=UTC)


def downgrade(seats: int = 1) -> tuple[TermsChange, ChangeDocuments]:
    asked = change(terms(20, "19.00", VAT), terms(seats, "19.00", VAT), behaviour=NEXT)
    return asked, change_documents(asked, HEADER)


def renewal(outcome: ChangeDocuments) -> InvoiceDocument:
    return with_waiting(billed_at(outcome.terms, FEBRUARY), outcome.waiting)


def test_a_renewal_that_asks_for_enough_takes_the_credits_that_wait() -> None:
    asked, outcome = downgrade(15)
    draft = renewal(outcome)
    result = without_negative_total(draft, asked.invoices, credit_note_id="c")

    assert result.invoice == draft
    assert result.credit_notes == ()


def test_a_renewal_that_asks_for_less_leaves_the_credits_to_a_credit_note() -> None:
    asked, outcome = downgrade()
    draft = renewal(outcome)
    result = without_negative_total(draft, asked.invoices, credit_note_id="c")
    (note,) = result.credit_notes

    assert str(draft.total) == "-199.11 EUR"
    assert rows(result.invoice) == [
        ("Team, 2026-02-01 to 2026-03-01", "19.00", "renewal"),
        ("Team, 2026-01-16 to 2026-02-01", "9.81", "remaining time"),
    ]
    assert [line.line_id for line in result.invoice.lines] == ["sub-1-1-1", "sub-1-1-2"]
    (tax,) = result.invoice.tax_lines
    assert (str(tax.taxable), str(tax.amount)) == ("28.81 EUR", "5.47 EUR")
    assert rows(note) == [("Team, 2026-01-16 to 2026-02-01", "196.13", "unused time")]
    assert (note.credit_note_id, note.invoice_number) == ("c-1", "RE-1")
    assert (note.lines[0].line_id, note.lines[0].is_capped) == ("sub-1-0-1", False)
    assert result.invoice.total - note.total == draft.total


def test_a_second_change_gives_back_what_the_first_one_left_waiting() -> None:
    asked, first = downgrade(10)
    second = change_documents(
        change(
            first.terms,
            terms(12, "19.00", VAT),
            LATER,
            behaviour=NEXT,
            invoices=asked.invoices,
            waiting=first.waiting,
        ),
        HEADER,
    )

    assert second.waiting is not None
    # Half of the 98.06 that wait for 16 days, and nothing of the 380.00 a second time.
    assert [f"{line.amount.to_decimal()}" for line in second.waiting.lines] == [
        "-196.13",
        "98.06",
        "-49.03",
        "58.84",
    ]


def test_an_invoice_at_once_takes_what_waits() -> None:
    asked, first = downgrade(18)
    annual = terms(18, "190.00", VAT, interval=YEAR)
    outcome = change_documents(
        change(
            first.terms,
            annual,
            LATER,
            behaviour=NEXT,
            invoices=asked.invoices,
            waiting=first.waiting,
        ),
        HEADER,
    )

    assert (outcome.timing, outcome.waiting) == (InvoiceTiming.NOW, None)
    assert [row[1:] for row in rows(outcome.invoice)] == [
        ("-196.13", "unused time"),
        ("176.52", "remaining time"),
        ("-88.26", "unused time"),
        ("3420.00", "new period"),
    ]


def test_a_line_that_waited_is_not_given_back_again_under_its_new_name() -> None:
    asked, first = downgrade(18)
    second = change_documents(
        change(
            first.terms,
            terms(19, "19.00", VAT),
            behaviour=NEXT,
            invoices=asked.invoices,
            waiting=first.waiting,
        ),
        replace(HEADER, invoice_id="change-2"),
    )
    third = change_documents(
        change(second.terms, terms(19), LATER, invoices=asked.invoices, waiting=second.waiting),
        replace(HEADER, invoice_id="change-3"),
    )
    assert third.invoice is not None
    issued = issue(third.invoice, NUMBER)
    credits_of = {line.line_id: line.credit_of for line in issued.lines if line.credit_of}

    # The charges for 18 and for 19 seats waited, and were given back: one whole, one by half.
    assert credits_of == {"change-3-2": "change-3-1", "change-3-4": "change-3-3"}
    left = issued_lines(issued, later=(issued,))
    assert [str(line.net_left) for line in left if not line.net_left.is_negative] == [
        "0.00 EUR",
        "93.16 EUR",
        "93.16 EUR",
    ]


def test_every_rate_of_the_lines_that_stay_keeps_its_tax_line() -> None:
    asked, first = downgrade(10)
    untaxed = terms(1)
    outcome = change_documents(
        change(first.terms, untaxed, invoices=asked.invoices, waiting=first.waiting), HEADER
    )

    assert [row[1] for row in rows(outcome.invoice)] == ["98.06", "-98.06", "9.81"]
    assert outcome.invoice is not None
    # Its two lines with tax add up to nothing, and a later credit of one needs the rate.
    (tax,) = outcome.invoice.tax_lines
    assert (tax.code, tax.amount.minor_units) == (VAT.code, 0)
    assert len(outcome.credit_notes) == 1


def test_a_change_that_invoices_nothing_leaves_waiting_what_waits() -> None:
    asked, first = downgrade(18)
    outcome = change_documents(
        change(
            first.terms,
            terms(5, "19.00", VAT),
            LATER,
            behaviour=ProrationBehaviour.NONE,
            invoices=asked.invoices,
            waiting=first.waiting,
        ),
        HEADER,
    )

    assert outcome.waiting == first.waiting


def test_what_waits_is_issued_before_an_end() -> None:
    _, first = downgrade()

    with pytest.raises(ValueError, match="still wait: issue them before the end"):
        end_credit_notes(
            change(first.terms, first.terms, LATER, waiting=first.waiting), credit_note_id="c"
        )
