"""The documents of a change of plan, quantity, add-ons or interval within a period, and of an early end.

What was billed for unused time is given back line by line, with the same part of its tax. The functions
that bill a whole period charge the new terms. One invoice carries both, credits as negative
lines. If more is given back than is charged, there are two documents: a credit note for the unused
time and an invoice for the new one.

After a change that resets the anchor, periods count from the change, also in a catalog that is
aligned to the calendar. Discounts for a number of periods go on counting; a change of interval ends
them, because three discounted months are not three discounted years.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from domain.credits.credit_documents import CreditNoteDocument
from domain.credits.mid_period import InvoiceTiming, MidPeriodChange, Terms, charge_remaining
from domain.credits.negative_totals import without_negative_total
from domain.credits.unused_time import as_credit_notes, as_negative_lines, credits_for_unused_time
from domain.invoicing.billing import billed_period_at, discount_period
from domain.invoicing.invoice_lines import (
    BilledLines,
    bill_lines,
    join_tax_lines,
    numbered_lines,
    plan_lines,
)
from domain.invoicing.invoices import InvoiceDocument, InvoiceHeader, InvoicePurpose
from domain.money.money import Money
from domain.periods.alignment import Alignment, BilledPeriod
from domain.periods.periods import Period, zone_info
from domain.periods.proration import Prorated
from domain.pricing.discounts import Discount
from domain.pricing.on_change import ProrationBehaviour
from domain.pricing.terms import PlanTerms


@dataclass(frozen=True, kw_only=True, slots=True)
class TermsChange:
    """A change of what a subscription buys, or its early end.

    Attributes:
        old: Terms so far.
        new: Terms from the change on; the same as `old` for an end.
        start: Start of the subscription, or of the terms so far, in UTC.
        changed_at: When it happens, in UTC.
        zone: IANA time zone of the account.
        behaviour: What is invoiced, and when.
        invoices: Issued invoices whose lines paid for the current period.
        credit_notes: What was given back of them so far.
        waiting: Lines of earlier changes in this period that no invoice has taken yet.

    Raises:
        ValueError: The currency changes.
    """

    old: PlanTerms
    new: PlanTerms
    start: datetime
    changed_at: datetime
    zone: str
    behaviour: ProrationBehaviour
    invoices: tuple[InvoiceDocument, ...]
    credit_notes: tuple[CreditNoteDocument, ...] = ()
    waiting: BilledLines | None = None

    def __post_init__(self) -> None:
        if self.old.currency != self.new.currency:
            raise ValueError(
                f"a subscription keeps its currency: {self.old.currency}, not {self.new.currency}"
            )

    @property
    def current(self) -> BilledPeriod:
        """The period in which the change happens."""
        return billed_period_at(self.old, start=self.start, zone=self.zone, instant=self.changed_at)


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeDocuments:
    """The result of a change.

    Attributes:
        timing: Which invoice takes the lines.
        terms: In force from the change on; later periods count from `start`.
        start: Start of the terms in force, in UTC.
        period: The period that the subscription is in after the change.
        invoice: The invoice of the change; None if nothing is invoiced now.
        credit_notes: Instead of credit lines, when more is given back than charged.
        waiting: Lines that the next renewal takes, including those of earlier changes.
    """

    timing: InvoiceTiming
    terms: PlanTerms
    start: datetime
    period: Period
    invoice: InvoiceDocument | None = None
    credit_notes: tuple[CreditNoteDocument, ...] = ()
    waiting: BilledLines | None = None


def change_documents(change: TermsChange, header: InvoiceHeader) -> ChangeDocuments:
    """Return the documents of a change; a change within a trial costs nothing.

    Raises:
        ValueError: The change comes before the start.
    """
    current = change.current
    if _is_trial(change, current):
        return ChangeDocuments(
            timing=InvoiceTiming.NEVER,
            terms=replace(change.new, trial=change.old.trial),
            start=change.start,
            period=current.period,
            waiting=change.waiting,
        )
    mid = _mid_period(change, current)
    outcome = ChangeDocuments(
        timing=mid.timing,
        terms=_terms_after(change, mid, current),
        start=change.changed_at if mid.is_anchor_reset else change.start,
        period=mid.period if mid.is_anchor_reset else current.period,
    )
    if mid.timing is InvoiceTiming.NEVER:
        return replace(outcome, waiting=change.waiting)
    gives_credit = change.behaviour is not ProrationBehaviour.NONE
    credited = credits_for_unused_time(
        mid, _paid_for(change, header) if gives_credit else (), change.credit_notes
    )
    charged = _charges(change, mid, outcome, header.invoice_id)
    together = _joined(as_negative_lines(credited), charged)
    if change.waiting is not None:
        together = _joined(change.waiting, together)
    if mid.timing is InvoiceTiming.NEXT:
        return replace(outcome, waiting=together)
    result = without_negative_total(
        _document(change.new, header, together),
        change.invoices,
        credit_note_id=f"{header.invoice_id}-credit",
    )
    return replace(outcome, invoice=result.invoice, credit_notes=result.credit_notes)


def end_credit_notes(change: TermsChange, *, credit_note_id: str) -> tuple[CreditNoteDocument, ...]:
    """Return the credit notes for unused time when a subscription ends at the change; none in a trial.

    Raises:
        ValueError: Lines still wait; issue them first, so that their invoice is among the invoices.
    """
    if change.waiting is not None:
        raise ValueError("lines of an earlier change still wait: issue them before the end")
    current = change.current
    if _is_trial(change, current):
        return ()
    mid = _mid_period(change, current)
    credited = credits_for_unused_time(mid, change.invoices, change.credit_notes)
    return as_credit_notes(credited, credit_note_id)


def with_waiting(renewal: InvoiceDocument, waiting: BilledLines | None) -> InvoiceDocument:
    """Return a renewal with the lines of a change that waited for it, numbered after its own.

    The total is negative if the waiting lines give back more than the renewal asks for: see
    `domain.credits.negative_totals.without_negative_total`.
    """
    if waiting is None:
        return renewal
    own = BilledLines(lines=renewal.lines, tax_lines=renewal.tax_lines)
    joined = numbered_lines(_joined(own, waiting), renewal.invoice_id)
    return replace(renewal, lines=joined.lines, tax_lines=joined.tax_lines)


def _paid_for(change: TermsChange, header: InvoiceHeader) -> tuple[InvoiceDocument, ...]:
    """Return all documents whose lines pay for the period; the waiting lines count as one more document."""
    if change.waiting is None:
        return change.invoices
    waiting_for = replace(header, invoice_id=f"{header.invoice_id}-waiting")
    lines = change.waiting
    document = _document(change.old, waiting_for, lines)
    # Its lines keep their ids, which later credits refer to.
    return (*change.invoices, replace(document, lines=lines.lines))


def _is_trial(change: TermsChange, current: BilledPeriod) -> bool:
    return change.old.trial is not None and current.n == 0


def _mid_period(change: TermsChange, current: BilledPeriod) -> MidPeriodChange:
    # Every line has a rate of its own.
    rate = Money.zero(change.new.currency)
    return MidPeriodChange(
        rule=change.old.proration,
        behaviour=change.behaviour,
        old_interval=change.old.interval,
        new=Terms(rate=rate, interval=change.new.interval),
        whole=current.whole,
        changed_at=change.changed_at,
        zone=change.zone,
    )


def _terms_after(change: TermsChange, mid: MidPeriodChange, current: BilledPeriod) -> PlanTerms:
    if not mid.is_anchor_reset:
        # Period numbers go on, and they count the trial.
        return replace(
            change.new, trial=change.old.trial, alignment=change.old.alignment, one_off=()
        )
    used = 1 + discount_period(change.old, start=change.start, zone=change.zone, n=current.n)
    return replace(
        change.new,
        trial=None,
        alignment=Alignment.ANNIVERSARY,
        one_off=(),
        discounts=tuple(_discounts_left(change, used)),
    )


def _discounts_left(change: TermsChange, used: int) -> Iterator[Discount]:
    for discount in change.new.discounts:
        if discount.periods is None:
            yield discount
        elif change.old.interval == change.new.interval and discount.periods > used:
            yield replace(discount, periods=discount.periods - used)


def _charges(
    change: TermsChange, mid: MidPeriodChange, outcome: ChangeDocuments, invoice_id: str
) -> BilledLines:
    def part(amount: Money) -> Prorated:
        new = Terms(rate=amount, interval=change.new.interval)
        return charge_remaining(replace(mid, new=new))

    number = 0
    if not mid.is_anchor_reset:
        number = discount_period(
            change.old, start=change.start, zone=change.zone, n=change.current.n
        )
    span = Period(start=change.changed_at, end=mid.period.end)
    is_whole = span == mid.period
    return bill_lines(
        plan_lines(
            outcome.terms.charges,
            period=span,
            zone=change.zone,
            reason="new period" if is_whole else "remaining time",
            part=None if is_whole else part,
        ),
        outcome.terms,
        invoice_id=invoice_id,
        discount_period=number,
        on=change.changed_at.astimezone(zone_info(change.zone)).date(),
    )


def _joined(first: BilledLines, second: BilledLines) -> BilledLines:
    return BilledLines(
        lines=first.lines + second.lines,
        tax_lines=join_tax_lines([first.tax_lines, second.tax_lines]),
    )


def _document(terms: PlanTerms, header: InvoiceHeader, billed: BilledLines) -> InvoiceDocument:
    numbered = numbered_lines(billed, header.invoice_id)
    return InvoiceDocument(
        invoice_id=header.invoice_id,
        subscription_id=header.subscription_id,
        account_id=header.account_id,
        legal_entity=header.legal_entity,
        purpose=InvoicePurpose.CHANGE,
        currency=terms.currency,
        purchase_order=header.purchase_order,
        lines=numbered.lines,
        tax_lines=numbered.tax_lines,
        tax_mode=terms.tax_mode,
        tax_scope=terms.tax_scope,
    )
