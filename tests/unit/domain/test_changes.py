"""Changes and ends in mid-period as documents: credits with their tax, charges, and what waits."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.alignment import Alignment
from domain.billing import billed_period, billed_period_at, draft_for_period
from domain.catalog import Charge, PlanTerms, Trial
from domain.change_proration import InvoiceTiming, ProrationBehaviour
from domain.changes import (
    ChangeDocuments,
    TermsChange,
    change_documents,
    end_credit_notes,
    with_waiting,
)
from domain.credit_documents import CreditNoteDocument, issue_credit_note
from domain.discounts import Discount
from domain.invoices import InvoiceDocument, InvoiceHeader, InvoiceNumber, InvoicePurpose, issue
from domain.money import Money, sum_money
from domain.periods import Interval, IntervalUnit
from domain.pricing import Price, PriceModel
from domain.proration import Convention, ProrationRule
from domain.taxes import TaxMode, TaxRate, TaxScope

START = datetime(2026, 1, 1, tzinfo=UTC)
MIDDLE = datetime(2026, 1, 16, tzinfo=UTC)
MONTH, YEAR = Interval(unit=IntervalUnit.MONTH), Interval(unit=IntervalUnit.YEAR)
VAT = TaxRate(code="de-standard", name="VAT 19 %", rate=Decimal("0.19"))
HEADER = InvoiceHeader(
    invoice_id="change-1", subscription_id="sub-1", account_id="acme", legal_entity="ACME_DE"
)
NUMBER = InvoiceNumber(
    number="RE-1", issued_on=date(2026, 1, 1), due_on=date(2026, 1, 1), taken_at=START
)


def terms(seats: int = 5, price: str = "19.00", *rates: TaxRate, **more: Any) -> PlanTerms:
    per_seat = Price(model=PriceModel.PER_SEAT, currency="EUR", unit_price=Decimal(price))
    plain = PlanTerms(
        plan="team",
        version=1,
        name="Team",
        interval=MONTH,
        currency="EUR",
        quantity=seats,
        charges=(
            Charge(price_of="team", name="Team", price=per_seat, quantity=seats, tax_rates=rates),
        ),
        features=(),
    )
    return replace(plain, **more)


def billed_at(bought: PlanTerms, at: datetime) -> InvoiceDocument:
    period = billed_period_at(bought, start=START, zone="UTC", instant=at)
    header = replace(HEADER, invoice_id=f"sub-1-{period.n}")
    draft = draft_for_period(bought, header, billed=period, start=START, zone="UTC")
    return issue(draft, NUMBER)


def change(old: PlanTerms, new: PlanTerms, at: datetime = MIDDLE, **more: Any) -> TermsChange:
    plain = TermsChange(
        old=old,
        new=new,
        start=START,
        changed_at=at,
        zone="UTC",
        behaviour=ProrationBehaviour.INVOICE_NOW,
        invoices=(billed_at(old, at),),
    )
    return replace(plain, **more)


def rows(document: InvoiceDocument | CreditNoteDocument | None) -> list[tuple[str, str, str]]:
    assert document is not None
    return [
        (line.description, f"{line.amount.to_decimal()}", line.reason) for line in document.lines
    ]


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
