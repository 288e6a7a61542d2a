"""What a change of plan, quantity or interval in the middle of a period credits and charges.

A credit is a part of what was really billed: the net amount of the invoice line, over the span that
the line paid for, less the credits already given for the same time. So it can never exceed what
the customer paid for that span, after discount and before tax.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from domain.money.money import Money, sum_money
from domain.periods.periods import Interval, Period, nth_period
from domain.periods.proration import Prorated, ProrationReason, ProrationRule, prorate
from domain.pricing.on_change import ProrationBehaviour


class InvoiceTiming(StrEnum):
    """Which invoice the lines of a change go to."""

    NOW = "now"
    NEXT = "next"
    NEVER = "never"


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """What a subscription item costs: the price of one whole interval, before tax."""

    rate: Money
    interval: Interval


@dataclass(frozen=True, kw_only=True, slots=True)
class SpanCredit:
    """A credit given earlier: `amount` (0 or more, before tax) for the time of `period`."""

    period: Period
    amount: Money


@dataclass(frozen=True, kw_only=True, slots=True)
class BilledSpan:
    """An invoice line and the time it paid for.

    Attributes:
        line_id: Id of the line, repeated in the credit.
        amount: Net of discounts, before tax, 0 or more.
        period: The time that the amount paid for.
        credits: What was given back of it so far.
    """

    line_id: str
    amount: Money
    period: Period
    credits: tuple[SpanCredit, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class LineCredit:
    """What is given back of one line; the amount is 0 or more and is subtracted.

    Attributes:
        line_id: The line that was billed.
        period: The unused time.
        prorated: The amount and how it was computed.
        is_capped: Whether the amount is less than the convention alone would give.
    """

    line_id: str
    period: Period
    prorated: Prorated
    is_capped: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class MidPeriodChange:
    """A change of plan, quantity or interval within the current period.

    Attributes:
        rule: The convention.
        behaviour: What the catalog asks for.
        old_interval: Interval of the current period.
        new: Terms from the change on.
        whole: The current period.
        changed_at: An instant within it, in UTC.
        zone: IANA time zone.

    Raises:
        ValueError: The change lies outside the current period.
    """

    rule: ProrationRule
    behaviour: ProrationBehaviour
    old_interval: Interval
    new: Terms
    whole: Period
    changed_at: datetime
    zone: str

    def __post_init__(self) -> None:
        if not self.whole.contains(self.changed_at):
            raise ValueError(
                f"{self.changed_at} lies outside the period {self.whole.start} to {self.whole.end}"
            )

    @property
    def is_anchor_reset(self) -> bool:
        """Whether a new period starts at the change: asked for, or the interval changes."""
        is_wanted = self.behaviour is ProrationBehaviour.RESET_ANCHOR
        return is_wanted or self.old_interval != self.new.interval

    @property
    def period(self) -> Period:
        """The period that the subscription is in after the change."""
        if not self.is_anchor_reset:
            return self.whole
        return nth_period(anchor=self.changed_at, zone=self.zone, interval=self.new.interval, n=0)

    @property
    def timing(self) -> InvoiceTiming:
        """Which invoice takes the lines."""
        if self.is_anchor_reset or self.behaviour is ProrationBehaviour.INVOICE_NOW:
            return InvoiceTiming.NOW
        is_next = self.behaviour is ProrationBehaviour.NEXT_INVOICE
        return InvoiceTiming.NEXT if is_next else InvoiceTiming.NEVER


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeProration:
    """The outcome of a change.

    Attributes:
        behaviour: The behaviour that was asked for.
        timing: Which invoice takes the lines.
        credits: For unused time, one per line that paid for it.
        charge: For the time from the change on; None if nothing is charged.
        net: Charge less credits, before tax; negative if the customer gets money back.
        period: The period that the subscription is in after the change.
        is_anchor_reset: Whether that period starts at the change and later ones count from it.
    """

    behaviour: ProrationBehaviour
    timing: InvoiceTiming
    credits: tuple[LineCredit, ...]
    charge: Prorated | None
    net: Money
    period: Period
    is_anchor_reset: bool


def credit_unused(change: MidPeriodChange, billed: BilledSpan) -> LineCredit:
    """Return the credit for time that the line paid for and that will not be used.

    The billed time must end after the change.
    """
    start = max(change.changed_at, billed.period.start)
    unused = Period(start=start, end=billed.period.end)
    is_part_of_a_whole = billed.period == change.whole and unused != change.whole
    part = prorate(
        rule=change.rule,
        rate=billed.amount,
        span=unused,
        whole=billed.period,
        zone=change.zone,
        interval=change.old_interval,
        reason=ProrationReason.UNUSED_TIME,
        is_share=not is_part_of_a_whole,
    )
    amount = _left_to_credit(change, billed, unused, part.amount)
    return LineCredit(
        line_id=billed.line_id,
        period=unused,
        prorated=replace(part, amount=amount),
        is_capped=amount != part.amount,
    )


def charge_remaining(change: MidPeriodChange) -> Prorated:
    """Return the charge for the rest of the period under the new terms.

    If the whole period lies ahead, because the anchor is reset or the change comes at its start,
    it costs the whole rate under every convention.
    """
    period = change.period
    span = Period(start=change.changed_at, end=period.end)
    is_whole = span == period
    return prorate(
        rule=change.rule,
        rate=change.new.rate,
        span=span,
        whole=period,
        zone=change.zone,
        interval=change.new.interval,
        reason=ProrationReason.WHOLE_PERIOD if is_whole else ProrationReason.REMAINING_TIME,
        is_share=is_whole,
    )


def capped_credit(computed: Money, *, billed: Money, credited: Money) -> Money:
    """Return the computed credit, but no more than was billed less what was already credited.

    Args:
        computed: 0 or more.
        billed: For the same span, net of discounts, before tax.
        credited: For the same span so far, before tax.
    """
    return min(computed, max(billed - credited, Money.zero(billed.currency)))


def prorate_change(change: MidPeriodChange, billed: tuple[BilledSpan, ...]) -> ChangeProration:
    """Return what the change credits and charges.

    A change of interval always invoices now and resets the anchor; with behaviour `none` it gives
    no credit, with all others it does.

    Args:
        change: What changes, when, and by which rules.
        billed: The lines that paid for the current period; empty if nothing was billed.
    """
    gives_credit = change.behaviour is not ProrationBehaviour.NONE
    credit_lines: tuple[LineCredit, ...] = ()
    if gives_credit:
        credit_lines = tuple(
            credit_unused(change, line) for line in billed if line.period.end > change.changed_at
        )
    has_charge = gives_credit or change.is_anchor_reset
    charge = charge_remaining(change) if has_charge else None
    return ChangeProration(
        behaviour=change.behaviour,
        timing=change.timing,
        credits=credit_lines,
        charge=charge,
        net=_net(change.new.rate.currency, charge, credit_lines),
        period=change.period,
        is_anchor_reset=change.is_anchor_reset,
    )


def _net(currency: str, charge: Prorated | None, credit_lines: tuple[LineCredit, ...]) -> Money:
    given_back = sum_money((line.prorated.amount for line in credit_lines), currency)
    charged = Money.zero(currency) if charge is None else charge.amount
    return charged - given_back


def _left_to_credit(
    change: MidPeriodChange, billed: BilledSpan, unused: Period, computed: Money
) -> Money:
    """Return what may still be credited: for the unused time, and for the line as a whole."""
    zero = Money.zero(billed.amount.currency)
    in_span = zero
    in_all = zero
    for credit in billed.credits:
        in_all += credit.amount
        in_span += _credited_within(change, credit, unused)
    for_span = capped_credit(computed, billed=computed, credited=in_span)
    return capped_credit(for_span, billed=billed.amount, credited=in_all)


def _credited_within(change: MidPeriodChange, credit: SpanCredit, unused: Period) -> Money:
    start = max(credit.period.start, unused.start)
    end = min(credit.period.end, unused.end)
    if start >= end:
        return Money.zero(credit.amount.currency)
    return prorate(
        rule=change.rule,
        rate=credit.amount,
        span=Period(start=start, end=end),
        whole=credit.period,
        zone=change.zone,
        interval=change.old_interval,
        reason=ProrationReason.UNUSED_TIME,
        is_share=True,
    ).amount
