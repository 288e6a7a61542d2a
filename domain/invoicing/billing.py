"""The periods of a subscription, the draft that bills each, and the grant that it releases.

Period 0 of a subscription with a trial is the trial: an invoice over 0, whose grant is released
like any other. One-off charges come with the first period that is paid for.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from domain.entitlements.grants import Grant
from domain.invoicing.invoice_lines import (
    BilledLines,
    LinePlan,
    ProratePart,
    bill_lines,
    free_line,
    plan_lines,
)
from domain.invoicing.invoices import InvoiceDocument, InvoiceHeader, InvoicePurpose
from domain.money.money import Money, sum_money
from domain.periods.alignment import (
    Alignment,
    BilledPeriod,
    aligned_period,
    aligned_period_containing,
)
from domain.periods.periods import Interval, IntervalUnit, Period, nth_period, zone_info
from domain.periods.proration import Prorated, ProrationReason, prorate
from domain.pricing.pricing import price_quantity
from domain.pricing.terms import PlanTerms


def billed_period(terms: PlanTerms, *, start: datetime, zone: str, n: int) -> BilledPeriod:
    """Return the nth period of a subscription that starts at `start`; 0 is the trial if there is one.

    Raises:
        ValueError: `n` is negative, or the start is not in UTC.
        UnknownZoneError: There is no such zone.
    """
    trial = _trial_period(terms, start, zone)
    if trial is None:
        return aligned_period(
            alignment=terms.alignment, start=start, zone=zone, interval=terms.interval, n=n
        )
    if n == 0:
        return BilledPeriod(n=0, period=trial, whole=trial)
    paid = aligned_period(
        alignment=terms.alignment, start=trial.end, zone=zone, interval=terms.interval, n=n - 1
    )
    return replace(paid, n=n)


def billed_period_at(
    terms: PlanTerms, *, start: datetime, zone: str, instant: datetime
) -> BilledPeriod:
    """Return the period of a subscription that contains the instant.

    Raises:
        ValueError: The instant lies before the start, or the start is not in UTC.
        UnknownZoneError: There is no such zone.
    """
    trial = _trial_period(terms, start, zone)
    if trial is not None and trial.contains(instant):
        return BilledPeriod(n=0, period=trial, whole=trial)
    found = aligned_period_containing(
        alignment=terms.alignment,
        start=start if trial is None else trial.end,
        zone=zone,
        interval=terms.interval,
        instant=instant,
    )
    return found if trial is None else replace(found, n=found.n + 1)


def draft_for_period(
    terms: PlanTerms, header: InvoiceHeader, *, billed: BilledPeriod, start: datetime, zone: str
) -> InvoiceDocument:
    """Return the draft that bills one period in advance; its first line always has the period.

    Args:
        terms: What was bought.
        header: Ids and references of the document.
        billed: The period, from `billed_period` with the same start and zone.
        start: Start of the subscription, or of the terms in force, in UTC.
        zone: IANA time zone of the account.
    """
    taxed = _lines(terms, header.invoice_id, billed, start, zone)
    return InvoiceDocument(
        invoice_id=header.invoice_id,
        subscription_id=header.subscription_id,
        account_id=header.account_id,
        legal_entity=header.legal_entity,
        purpose=InvoicePurpose.FIRST if billed.n == 0 else InvoicePurpose.RENEWAL,
        currency=terms.currency,
        purchase_order=header.purchase_order,
        lines=taxed.lines,
        tax_lines=taxed.tax_lines,
        tax_mode=terms.tax_mode,
        tax_scope=terms.tax_scope,
    )


def period_price(terms: PlanTerms) -> Money:
    """Return the list price of one whole period: all recurring charges, before discounts.

    It contains tax only if prices do.
    """
    return sum_money(
        (price_quantity(charge.price, Decimal(charge.quantity)).amount for charge in terms.charges),
        terms.currency,
    )


def grant_for_period(
    terms: PlanTerms,
    *,
    invoice_id: str,
    subscription_id: str,
    account_id: str,
    period: Period,
    longest_dunning: timedelta,
) -> Grant:
    """Return the grant in escrow of a period's invoice.

    It outlasts the period by the longest dunning window, so that a renewal that is being collected
    keeps its access until a policy takes it away.
    """
    return Grant(
        grant_id=invoice_id,
        version=1,
        account_id=account_id,
        subscription_id=subscription_id,
        features=terms.features,
        starts_at=period.start,
        until=period.end + longest_dunning,
    )


def discount_period(terms: PlanTerms, *, start: datetime, zone: str, n: int) -> int:
    """Return the number of a period as discounts count them, 0 for the first one.

    A trial does not count, and a first stub counts together with the whole period after it, so that a
    stub of two days does not use up one of three discounted months.
    """
    number = n - (terms.trial is not None)
    if number < 1:
        return 0
    if terms.alignment is Alignment.ANNIVERSARY:
        return number
    first = billed_period(terms, start=start, zone=zone, n=n - number)
    return number - first.is_stub


def whole_seconds(instant: datetime) -> datetime:
    """Return the instant cut to whole seconds, for systems that cannot hold or print fractions."""
    return instant.replace(microsecond=0)


def _trial_period(terms: PlanTerms, start: datetime, zone: str) -> Period | None:
    if terms.trial is None:
        return None
    days = Interval(unit=IntervalUnit.DAY, count=terms.trial.days)
    return nth_period(anchor=start, zone=zone, interval=days, n=0)


def _lines(
    terms: PlanTerms, invoice_id: str, billed: BilledPeriod, start: datetime, zone: str
) -> BilledLines:
    return bill_lines(
        _line_plans(terms, billed, zone),
        terms,
        invoice_id=invoice_id,
        discount_period=discount_period(terms, start=start, zone=zone, n=billed.n),
        on=billed.period.start.astimezone(zone_info(zone)).date(),
    )


def _line_plans(terms: PlanTerms, billed: BilledPeriod, zone: str) -> tuple[LinePlan, ...]:
    period = billed.period
    if terms.trial is not None and billed.n == 0:
        return tuple(
            free_line(charge, period=period, zone=zone, reason="trial") for charge in terms.charges
        )
    is_first_paid = billed.n == (terms.trial is not None)
    part, reason = None, "first period" if is_first_paid else "renewal"
    if billed.is_stub:
        part, reason = _stub(terms, billed, zone), "first stub"
    lines = plan_lines(terms.charges, period=period, zone=zone, reason=reason, part=part)
    if is_first_paid:
        lines += plan_lines(terms.one_off, period=None, zone=zone, reason="one-off charge")
    return lines


def _stub(terms: PlanTerms, billed: BilledPeriod, zone: str) -> ProratePart:
    def part(amount: Money) -> Prorated:
        return prorate(
            rule=terms.proration,
            rate=amount,
            span=billed.period,
            whole=billed.whole,
            zone=zone,
            interval=terms.interval,
            reason=ProrationReason.FIRST_STUB,
        )

    return part
