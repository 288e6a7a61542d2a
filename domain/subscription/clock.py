"""What a subscription's clock does next: a pure function from facts to a step and its reason."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from domain.periods.periods import Period
from domain.subscription.states import FINAL_STATES, SubscriptionState


@dataclass(frozen=True, kw_only=True, slots=True)
class ClockFacts:
    """The facts of a subscription that its clock needs.

    Attributes:
        period: The period that was invoiced last, or None before the first.
        period_number: Its number, counted from 0; -1 before the first.
        cancel_at: When a requested cancellation takes effect, or None.
    """

    state: SubscriptionState
    period: Period | None
    period_number: int
    cancel_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class InvoicePeriod:
    """Invoice this period now, in advance; period 0 is the first."""

    number: int
    step: Literal["invoice_period"] = "invoice_period"


@dataclass(frozen=True, kw_only=True, slots=True)
class End:
    """The requested cancellation takes effect now."""

    step: Literal["end"] = "end"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finished:
    """Nothing will happen any more."""

    step: Literal["finished"] = "finished"


@dataclass(frozen=True, kw_only=True, slots=True)
class Rest:
    """Nothing to do before `until` (None: only a message ends the rest)."""

    until: datetime | None
    reason: str
    step: Literal["rest"] = "rest"


PATIENCE: Final = timedelta(minutes=1)
"""How long requests, however many, may delay a period that is due."""

ClockStep = InvoicePeriod | End | Finished | Rest


def time_for(step: InvoicePeriod | Rest, held_since: datetime | None) -> datetime | None:
    """Return until when requests may go before what is due; None: without limit.

    A new card that arrives just before a renewal should pay it. But neither a provider that is down nor
    requests that follow one another may stop it.

    Args:
        step: What the clock would do next.
        held_since: Since when requests have gone before this period; None if none has.
    """
    if isinstance(step, Rest):
        return step.until
    return None if held_since is None else held_since + PATIENCE


def has_time_for(step: InvoicePeriod | Rest, held_since: datetime | None, now: datetime) -> bool:
    """Return whether a request may be tried now."""
    until = time_for(step, held_since)
    return until is None or now < until


def next_clock_step(facts: ClockFacts, now: datetime) -> ClockStep:
    """Return what the subscription does now, and until when it rests.

    A cancellation that is due goes before a renewal that is due in the same instant, so that nothing
    is charged after the end. A pending subscription never renews: its first invoice decides.
    """
    if facts.state in FINAL_STATES:
        return Finished()
    if facts.cancel_at is not None and facts.cancel_at <= now:
        return End()
    if facts.period is None:
        return InvoicePeriod(number=0)
    if facts.state is SubscriptionState.PENDING:
        return Rest(until=facts.cancel_at, reason="first payment")
    return _renew_or_rest(facts, facts.period, now)


def _renew_or_rest(facts: ClockFacts, period: Period, now: datetime) -> ClockStep:
    if facts.cancel_at is not None and facts.cancel_at <= period.end:
        return Rest(until=facts.cancel_at, reason="cancellation")
    if period.end <= now:
        return InvoicePeriod(number=facts.period_number + 1)
    return Rest(until=period.end, reason="renewal")
