"""Previews are the drafts that would be issued, and nothing else."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from domain.invoicing.billing import billed_period, draft_for_period
from domain.invoicing.invoices import InvoiceHeader
from domain.periods.periods import Interval, IntervalUnit
from domain.plan_changes.preview import Subscribed, preview_change, preview_end, preview_sale
from domain.pricing.on_change import ProrationBehaviour
from domain.pricing.pricing import Price, PriceModel
from domain.pricing.terms import Charge, PlanTerms, Trial

START, MIDDLE = datetime(2026, 1, 31, tzinfo=UTC), datetime(2026, 2, 14, tzinfo=UTC)
HEADER = InvoiceHeader(
    invoice_id="i", subscription_id="s", account_id="a", legal_entity="e", purchase_order="PO"
)


def terms(seats: int = 5, **more: Any) -> PlanTerms:
    price = Price(model=PriceModel.PER_SEAT, currency="USD", unit_price=Decimal("19.00"))
    plain = PlanTerms(
        plan="team",
        version=1,
        name="Team",
        interval=Interval(unit=IntervalUnit.MONTH),
        currency="USD",
        quantity=seats,
        charges=(Charge(price_of="team", name="Team", price=price, quantity=seats),),
        features=(),
    )
    return replace(plain, **more)


def sold(**more: Any) -> Subscribed:
    return Subscribed(terms=terms(**more), start=START, zone="UTC", header=HEADER)


def test_a_sale_shows_the_drafts_of_its_first_two_periods():
    preview = preview_sale(sold())

    for n, (shown, name) in enumerate(
        [(preview.invoice, "first"), (preview.renewal and preview.renewal.invoice, "renewal")]
    ):
        billed = billed_period(terms(), start=START, zone="UTC", n=n)
        header = replace(HEADER, invoice_id=name)
        assert shown == draft_for_period(terms(), header, billed=billed, start=START, zone="UTC")
    assert preview.renewal is not None
    assert preview.renewal.at == datetime(2026, 2, 28, tzinfo=UTC)
    assert str(preview.balance) == "95.00 USD"
    assert (preview.ends_at, preview.credit_notes) == (None, ())
    assert preview.invoice is not None
    assert preview.period == preview.invoice.lines[0].period


def test_a_sale_with_a_trial_shows_the_trial_and_when_it_is_paid_for():
    preview = preview_sale(sold(trial=Trial(days=14)))

    assert str(preview.balance) == "0.00 USD"
    assert preview.renewal is not None
    assert preview.renewal.at == datetime(2026, 2, 14, tzinfo=UTC)
    assert str(preview.renewal.invoice.total) == "95.00 USD"


def test_a_change_shows_what_is_due_now_and_the_renewal_at_the_new_price():
    preview = preview_change(sold(), terms(8), at=MIDDLE)

    # 14/28 of 95.00 is given back, of 152.00 charged.
    assert preview.invoice is not None
    assert [str(line.amount) for line in preview.invoice.lines] == ["-47.50 USD", "76.00 USD"]
    assert str(preview.balance) == "28.50 USD"
    assert preview.renewal is not None
    assert (preview.renewal.at, str(preview.renewal.invoice.total)) == (
        datetime(2026, 2, 28, tzinfo=UTC),
        "152.00 USD",
    )


def test_a_reset_moves_the_renewal():
    preview = preview_change(sold(), terms(8), at=MIDDLE, behaviour=ProrationBehaviour.RESET_ANCHOR)

    assert preview.renewal is not None
    assert preview.renewal.at == datetime(2026, 3, 14, tzinfo=UTC)
    assert preview.period is not None
    assert preview.period.start == MIDDLE


def test_lines_that_wait_are_shown_with_the_renewal():
    preview = preview_change(sold(), terms(8), at=MIDDLE, behaviour=ProrationBehaviour.NEXT_INVOICE)

    assert preview.invoice is None
    assert str(preview.balance) == "0.00 USD"
    assert preview.renewal is not None
    assert str(preview.renewal.invoice.total) == "180.50 USD"


def test_the_behaviour_of_the_catalog_counts_if_none_is_named():
    preview = preview_change(sold(on_change=ProrationBehaviour.NONE), terms(8), at=MIDDLE)

    assert preview.invoice is None
    assert preview.renewal is not None
    assert str(preview.renewal.invoice.total) == "152.00 USD"


def test_a_smaller_plan_shows_a_negative_balance():
    preview = preview_change(sold(), terms(1), at=MIDDLE)

    assert str(preview.balance) == "-38.00 USD"
    assert [note.credit_note_id for note in preview.credit_notes] == ["change-credit-1"]


@pytest.mark.parametrize(
    ("is_now", "gives_credit", "ends", "balance"),
    [
        (True, True, MIDDLE, "-47.50 USD"),
        (True, False, MIDDLE, "0.00 USD"),
        (False, True, datetime(2026, 2, 28, tzinfo=UTC), "0.00 USD"),
    ],
)
def test_an_end_shows_when_and_what_is_given_back(
    is_now: bool, gives_credit: bool, ends: datetime, balance: str
):
    preview = preview_end(sold(), at=MIDDLE, is_now=is_now, gives_credit=gives_credit)

    assert (preview.ends_at, str(preview.balance), preview.renewal) == (ends, balance, None)
    assert (preview.period is None) == is_now
    names = [(note.credit_note_id, note.invoice_id) for note in preview.credit_notes]
    assert names == ([("credit-1", "current")] if is_now and gives_credit else [])


def test_a_change_before_the_start_is_refused():
    with pytest.raises(ValueError, match="lies before"):
        preview_change(sold(), terms(8), at=datetime(2026, 1, 30, tzinfo=UTC))


def test_a_renewal_never_asks_for_less_than_nothing():
    preview = preview_change(
        sold(seats=50), terms(1), at=MIDDLE, behaviour=ProrationBehaviour.NEXT_INVOICE
    )

    assert preview.renewal is not None
    (note,) = preview.renewal.credit_notes
    assert (preview.invoice, preview.credit_notes) == (None, ())
    assert str(preview.renewal.invoice.total) == "28.50 USD"
    assert str(note.total) == "475.00 USD"
    assert note.credit_note_id == "renewal-credit-1"
