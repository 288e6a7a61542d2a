"""Changes and ends in mid-period as documents: credits with their tax, charges, and what waits."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain.credits.mid_period import InvoiceTiming
from domain.invoicing.billing import billed_period, draft_for_period
from domain.invoicing.invoices import InvoicePurpose
from domain.periods.alignment import Alignment
from domain.periods.periods import Interval
from domain.plan_changes.changes import change_documents, end_credit_notes, with_waiting
from domain.pricing.discounts import Discount
from domain.pricing.on_change import ProrationBehaviour
from domain.pricing.taxes import TaxRate
from domain.pricing.terms import Trial
from tests.unit.domain.changes_desk import (
    HEADER,
    MIDDLE,
    MONTH,
    START,
    VAT,
    YEAR,
    billed_at,
    change,
    rows,
    terms,
)


def test_more_seats_give_back_the_old_rest_and_charge_the_new_one() -> None:
    outcome = change_documents(change(terms(5), terms(8)), HEADER)
    invoice = outcome.invoice

    assert rows(invoice) == [
        ("Team, 2026-01-16 to 2026-02-01", "-49.03", "unused time"),
        ("Team, 2026-01-16 to 2026-02-01", "78.45", "remaining time"),
    ]
    assert invoice is not None
    assert (invoice.purpose, str(invoice.total)) == (InvoicePurpose.CHANGE, "29.42 EUR")
    assert (invoice.invoice_id, invoice.legal_entity) == ("change-1", "ACME_DE")
    credit, charge = invoice.lines
    assert (credit.line_id, charge.line_id) == ("change-1-1", "change-1-2")
    assert credit.credit_of == "sub-1-0-1"
    assert charge.credit_of is None
    assert (credit.quantity, credit.unit_price, str(credit.list_amount)) == (1, -95, "-95.00 EUR")
    assert credit.factor == charge.factor == Decimal("0.516129032")
    assert credit.prorated is not None
    assert credit.prorated.amount == credit.amount
    assert outcome.credit_notes == ()
    assert (outcome.timing, outcome.start) == (InvoiceTiming.NOW, START)
    assert outcome.period == billed_period(terms(), start=START, zone="UTC", n=0).period


def test_fewer_seats_are_a_credit_note_beside_the_invoice() -> None:
    outcome = change_documents(change(terms(5), terms(2)), HEADER)
    (note,) = outcome.credit_notes

    assert rows(outcome.invoice) == [("Team, 2026-01-16 to 2026-02-01", "19.61", "remaining time")]
    assert rows(note) == [("Team, 2026-01-16 to 2026-02-01", "49.03", "unused time")]
    assert (note.invoice_id, note.invoice_number) == ("sub-1-0", "RE-1")
    assert note.credit_note_id == "change-1-credit-1"
    assert (note.lines[0].line_id, str(note.lines[0].billed)) == ("sub-1-0-1", "95.00 EUR")
    assert not note.lines[0].is_capped


def test_an_interval_change_charges_a_whole_new_period_from_the_change() -> None:
    outcome = change_documents(
        change(terms(), terms(price="190.00", interval=YEAR, alignment=Alignment.CALENDAR)), HEADER
    )

    assert rows(outcome.invoice) == [
        ("Team, 2026-01-16 to 2026-02-01", "-49.03", "unused time"),
        ("Team, 2026-01-16 to 2027-01-16", "950.00", "new period"),
    ]
    assert outcome.start == outcome.period.start == MIDDLE
    assert outcome.period.end == datetime(2027, 1, 16, tzinfo=UTC)
    # The next period counts from the change, whatever the catalog is aligned to.
    following = billed_period(outcome.terms, start=outcome.start, zone="UTC", n=1)
    assert following.period.start == outcome.period.end


def test_a_credit_has_the_tax_of_its_line_and_a_charge_that_of_the_new_terms() -> None:
    lower = TaxRate(code="de-reduced", name="VAT 7 %", rate=Decimal("0.07"))
    invoice = change_documents(change(terms(5, "19.00", VAT), terms(8, "19.00", lower)), HEADER)

    assert invoice.invoice is not None
    assert [(tax.code, str(tax.taxable), str(tax.amount)) for tax in invoice.invoice.tax_lines] == [
        ("de-standard", "-49.03 EUR", "-9.32 EUR"),
        ("de-reduced", "78.45 EUR", "5.49 EUR"),
    ]
    assert str(invoice.invoice.total) == "25.59 EUR"


def test_two_rates_under_one_code_are_two_tax_lines() -> None:
    raised = TaxRate(code=VAT.code, name="VAT 21 %", rate=Decimal("0.21"))
    invoice = change_documents(
        change(terms(5, "19.00", VAT), terms(8, "19.00", raised)), HEADER
    ).invoice

    assert invoice is not None
    assert [(tax.name, str(tax.taxable), str(tax.amount)) for tax in invoice.tax_lines] == [
        ("VAT 19 %", "-49.03 EUR", "-9.32 EUR"),
        ("VAT 21 %", "78.45 EUR", "16.47 EUR"),
    ]


def test_one_rate_has_one_tax_line_over_credits_and_charges() -> None:
    invoice = change_documents(
        change(terms(5, "19.00", VAT), terms(8, "19.00", VAT)), HEADER
    ).invoice

    assert invoice is not None
    (tax,) = invoice.tax_lines
    assert (str(tax.taxable), str(tax.amount)) == ("29.42 EUR", "5.59 EUR")


def test_next_invoice_waits_for_the_renewal_and_keeps_its_line_ids_apart() -> None:
    outcome = change_documents(
        change(
            terms(5, "19.00", VAT),
            terms(8, "19.00", VAT),
            behaviour=ProrationBehaviour.NEXT_INVOICE,
        ),
        HEADER,
    )
    renewal = billed_at(outcome.terms, datetime(2026, 2, 1, tzinfo=UTC))
    joined = with_waiting(renewal, outcome.waiting)

    assert (outcome.timing, outcome.invoice) == (InvoiceTiming.NEXT, None)
    assert [line.line_id for line in joined.lines] == ["sub-1-1-1", "sub-1-1-2", "sub-1-1-3"]
    assert rows(joined)[0] == ("Team, 2026-02-01 to 2026-03-01", "152.00", "renewal")
    assert str(joined.total) == "215.89 EUR"
    assert len(joined.tax_lines) == 1
    assert with_waiting(renewal, None) == renewal


def test_behaviour_none_changes_nothing_before_the_next_period() -> None:
    outcome = change_documents(
        change(terms(5), terms(8), behaviour=ProrationBehaviour.NONE), HEADER
    )

    assert (outcome.timing, outcome.invoice, outcome.waiting) == (InvoiceTiming.NEVER, None, None)
    assert outcome.terms.quantity == 8


def test_behaviour_none_charges_a_new_interval_without_credit() -> None:
    annual = terms(price="190.00", interval=YEAR)
    outcome = change_documents(change(terms(), annual, behaviour=ProrationBehaviour.NONE), HEADER)

    assert rows(outcome.invoice) == [("Team, 2026-01-16 to 2027-01-16", "950.00", "new period")]


def test_a_change_in_a_trial_costs_nothing_and_keeps_the_trial() -> None:
    trying = terms(trial=Trial(days=30))
    outcome = change_documents(change(trying, terms(8)), HEADER)

    assert (outcome.timing, outcome.invoice, outcome.credit_notes) == (
        InvoiceTiming.NEVER,
        None,
        (),
    )
    assert outcome.terms.trial == Trial(days=30)
    assert outcome.period.end == START + timedelta(days=30)
    assert end_credit_notes(change(trying, trying), credit_note_id="c") == ()


def test_a_change_in_a_calendar_stub_prorates_against_the_whole_interval() -> None:
    start = datetime(2026, 1, 11, tzinfo=UTC)
    old = terms(5, alignment=Alignment.CALENDAR)
    period = billed_period(old, start=start, zone="UTC", n=0)
    paid = draft_for_period(old, HEADER, billed=period, start=start, zone="UTC")
    asked = change(old, terms(8, alignment=Alignment.CALENDAR), start=start, invoices=(paid,))
    outcome = change_documents(asked, HEADER)

    # 21/31 of 95.00 were billed; 16/21 of that is unused; 16/31 of 152.00 are charged.
    assert str(paid.total) == "64.35 EUR"
    assert [row[1] for row in rows(outcome.invoice)] == ["-49.03", "78.45"]
    assert outcome.period == period.period


def test_terms_after_a_change_bill_no_one_off_charge_and_no_trial_again() -> None:
    extras: dict[str, Any] = {"one_off": terms().charges, "trial": Trial(days=10)}
    old = terms(trial=Trial(days=10), alignment=Alignment.CALENDAR)
    same = change_documents(change(old, terms(8, **extras)), HEADER).terms
    reset = change_documents(
        change(old, terms(8, **extras), behaviour=ProrationBehaviour.RESET_ANCHOR), HEADER
    ).terms

    # Period numbers go on, so the trial that was still counts among them.
    assert (same.one_off, same.trial, same.alignment) == ((), old.trial, Alignment.CALENDAR)
    assert (reset.one_off, reset.trial, reset.alignment) == ((), None, Alignment.ANNIVERSARY)


def test_a_discount_until_a_date_counts_the_local_date_of_the_change() -> None:
    ends = Discount(discount_id="ends", percent=Decimal(50), until=date(2026, 1, 17))
    late = datetime(2026, 1, 16, 20, tzinfo=UTC)
    new = terms(8, discounts=(ends,))
    totals = [
        change_documents(change(terms(5), new, late, zone=zone, invoices=()), HEADER).invoice
        for zone in ("UTC", "Asia/Tokyo")
    ]

    assert [invoice and invoice.lines[0].discounts != () for invoice in totals] == [True, False]


@pytest.mark.parametrize(
    ("new_interval", "behaviour", "left"),
    [
        (MONTH, ProrationBehaviour.INVOICE_NOW, 3),
        (MONTH, ProrationBehaviour.RESET_ANCHOR, 2),
        (YEAR, ProrationBehaviour.INVOICE_NOW, None),
    ],
)
def test_discounts_for_periods_go_on_counting(
    new_interval: Interval, behaviour: ProrationBehaviour, left: int | None
) -> None:
    discounts = (
        Discount(discount_id="launch", percent=Decimal(10), periods=3),
        Discount(discount_id="ever", percent=Decimal(5)),
        Discount(discount_id="once", percent=Decimal(50), periods=1),
    )
    old, new = terms(discounts=discounts), terms(discounts=discounts, interval=new_interval)
    after = change_documents(change(old, new, behaviour=behaviour), HEADER).terms
    periods = {discount.discount_id: discount.periods for discount in after.discounts}

    assert periods.get("launch") == left
    assert periods["ever"] is None
    assert ("once" in periods) == (behaviour is not ProrationBehaviour.RESET_ANCHOR and left == 3)


def test_a_charge_is_discounted_as_its_period_is() -> None:
    first = Discount(discount_id="first", percent=Decimal(50), periods=1)
    new = terms(8, discounts=(first,))
    now = change_documents(change(terms(5), new), HEADER)
    later = change_documents(change(terms(5), new, datetime(2026, 2, 15, tzinfo=UTC)), HEADER)

    assert rows(now.invoice)[-1][1] == "39.23"
    assert rows(later.invoice)[-1][1] == "76.00"


def test_a_change_at_the_start_of_a_period_swaps_whole_periods() -> None:
    outcome = change_documents(change(terms(5), terms(8), START), HEADER)

    assert rows(outcome.invoice) == [
        ("Team, 2026-01-01 to 2026-02-01", "-95.00", "unused time"),
        ("Team, 2026-01-01 to 2026-02-01", "152.00", "new period"),
    ]


def test_a_subscription_keeps_its_currency() -> None:
    with pytest.raises(ValueError, match="keeps its currency: EUR, not USD"):
        change(terms(), terms(currency="USD"))
