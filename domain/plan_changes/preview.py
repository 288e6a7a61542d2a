"""What a sale, a change or an end will lead to, from the same functions that bill.

Nothing here is recorded and no number is taken: the documents are the drafts that would be issued.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime

from domain.credits.credit_documents import CreditNoteDocument
from domain.credits.negative_totals import without_negative_total
from domain.invoicing.billing import billed_period, billed_period_at, draft_for_period
from domain.invoicing.invoices import InvoiceDocument, InvoiceHeader
from domain.money.money import Money
from domain.periods.alignment import BilledPeriod
from domain.periods.periods import Period, zone_info
from domain.plan_changes.changes import (
    ChangeDocuments,
    TermsChange,
    change_documents,
    end_credit_notes,
    with_waiting,
)
from domain.pricing.on_change import ProrationBehaviour
from domain.pricing.terms import PlanTerms


@dataclass(frozen=True, kw_only=True, slots=True)
class Renewal:
    """The next renewal: when, the invoice it brings, and what is given back in addition."""

    at: datetime
    invoice: InvoiceDocument
    credit_notes: tuple[CreditNoteDocument, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Preview:
    """What would happen.

    Attributes:
        terms: In force afterwards.
        period: The period that the subscription is in afterwards; None after an end.
        invoice: Issued at once; None if nothing is.
        credit_notes: Issued at once.
        renewal: The next renewal; None after an end.
        ends_at: When the subscription ends; None if it goes on.
    """

    terms: PlanTerms
    period: Period | None
    invoice: InvoiceDocument | None = None
    credit_notes: tuple[CreditNoteDocument, ...] = ()
    renewal: Renewal | None = None
    ends_at: datetime | None = None

    @property
    def balance(self) -> Money:
        """What the account owes at once, with tax; negative if it gets money back."""
        total = Money.zero(self.terms.currency)
        if self.invoice is not None:
            total += self.invoice.total
        for note in self.credit_notes:
            total -= note.total
        return total


TermsOn = Callable[[PlanTerms, date], PlanTerms]
"""Returns the terms in the period that begins on a local date, after price changes and new tax rates."""


def _unchanged(terms: PlanTerms, on: date) -> PlanTerms:  # noqa: ARG001 - the shape of `TermsOn`
    return terms


@dataclass(frozen=True, kw_only=True, slots=True)
class Subscribed:
    """A subscription as far as a preview needs it.

    Attributes:
        terms: What it buys.
        start: Start of its first period, in UTC.
        zone: IANA time zone of the account.
        header: Ids and references of its invoices; each draft gets an invoice id of its own.
        terms_on: How the catalog changes the terms at a renewal.
    """

    terms: PlanTerms
    start: datetime
    zone: str
    header: InvoiceHeader
    terms_on: TermsOn = _unchanged


def subscribed_at(sold: Subscribed, at: datetime) -> Subscribed:
    """Return the subscription with the terms of the period that contains an instant.

    Raises:
        ValueError: The instant lies before the start.
    """
    current = billed_period_at(sold.terms, start=sold.start, zone=sold.zone, instant=at)
    if current.n == 0:
        return sold
    return replace(sold, terms=sold.terms_on(sold.terms, _local_date(current, sold.zone)))


def preview_sale(sold: Subscribed) -> Preview:
    """Return the first invoice and the renewal after it."""
    first = billed_period(sold.terms, start=sold.start, zone=sold.zone, n=0)
    return Preview(
        terms=sold.terms,
        period=first.period,
        invoice=_draft(sold, first, "first"),
        renewal=_renewal(sold, first.n + 1),
    )


def preview_change(
    sold: Subscribed,
    new: PlanTerms,
    *,
    at: datetime,
    behaviour: ProrationBehaviour | None = None,
) -> Preview:
    """Return what a change to new terms invoices at once, and the next renewal.

    Args:
        sold: The subscription, whose current period is taken as paid and not credited yet.
        new: Terms from the change on.
        at: When it happens, in UTC.
        behaviour: Replaces the behaviour of the terms; None to use it.

    Raises:
        ValueError: The change comes before the start, or in another currency.
    """
    change = _change(sold, new, at, behaviour)
    changed = change_documents(change, replace(sold.header, invoice_id="change"))
    return Preview(
        terms=changed.terms,
        period=changed.period,
        invoice=changed.invoice,
        credit_notes=changed.credit_notes,
        renewal=_renewal_after(sold, changed, change.invoices),
    )


def preview_end(sold: Subscribed, *, at: datetime, is_now: bool, gives_credit: bool) -> Preview:
    """Return what an end at once, or at the end of the current period, gives back.

    Raises:
        ValueError: The request comes before the start.
    """
    change = _change(sold, sold.terms, at, None)
    current = change.current
    notes: tuple[CreditNoteDocument, ...] = ()
    if is_now and gives_credit:
        notes = end_credit_notes(change, credit_note_id="credit")
    return Preview(
        terms=sold.terms,
        period=None if is_now else current.period,
        credit_notes=notes,
        ends_at=at if is_now else current.period.end,
    )


def _change(
    sold: Subscribed, new: PlanTerms, at: datetime, behaviour: ProrationBehaviour | None
) -> TermsChange:
    current = billed_period_at(sold.terms, start=sold.start, zone=sold.zone, instant=at)
    return TermsChange(
        old=sold.terms,
        new=new,
        start=sold.start,
        changed_at=at,
        zone=sold.zone,
        behaviour=behaviour or sold.terms.on_change,
        invoices=(_draft(sold, current, "current"),),
    )


def _draft(sold: Subscribed, billed: BilledPeriod, invoice_id: str) -> InvoiceDocument:
    return draft_for_period(
        sold.terms,
        replace(sold.header, invoice_id=invoice_id),
        billed=billed,
        start=sold.start,
        zone=sold.zone,
    )


def _renewal(sold: Subscribed, number: int) -> Renewal:
    billed = billed_period(sold.terms, start=sold.start, zone=sold.zone, n=number)
    renewed = sold.terms_on(sold.terms, _local_date(billed, sold.zone))
    return Renewal(
        at=billed.period.start, invoice=_draft(replace(sold, terms=renewed), billed, "renewal")
    )


def _local_date(billed: BilledPeriod, zone: str) -> date:
    return billed.period.start.astimezone(zone_info(zone)).date()


def _renewal_after(
    sold: Subscribed, changed: ChangeDocuments, issued: tuple[InvoiceDocument, ...]
) -> Renewal:
    after = replace(sold, terms=changed.terms, start=changed.start)
    current = billed_period_at(
        after.terms, start=after.start, zone=after.zone, instant=changed.period.start
    )
    renewal = _renewal(after, current.n + 1)
    result = without_negative_total(
        with_waiting(renewal.invoice, changed.waiting), issued, credit_note_id="renewal-credit"
    )
    return replace(renewal, invoice=result.invoice, credit_notes=result.credit_notes)
