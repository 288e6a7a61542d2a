"""What a subscription does next, from its first invoice to its end: a pure function from facts to a step."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from domain.periods.periods import Period
from domain.subscription.states import FINAL_STATES, SubscriptionState

PATIENCE: Final = timedelta(minutes=1)
"""How long requests, however many, may delay a period that is due."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SubscriptionFacts:
    """The facts of a subscription that decide what it does next.

    Attributes:
        period: The period that was invoiced last, or None before the first.
        period_number: Its number, counted from 0; -1 before the first.
        priced_period: Number of the last period whose terms are known.
        cancel_at: When a requested cancellation takes effect, or None.
        has_outcome: An invoice has reported an outcome.
        has_request: A request waits.
        held_since: Since when requests have gone before the period that is due; None if none has.
        has_unstarted_invoice: The workflow of an open invoice is not known to have started.
        has_open_invoice: The final outcome of an invoice is not known yet.
        is_run_over: The run has done its period, or its history is long.
    """

    state: SubscriptionState
    period: Period | None
    period_number: int
    priced_period: int = 0
    cancel_at: datetime | None = None
    has_outcome: bool = False
    has_request: bool = False
    held_since: datetime | None = None
    has_unstarted_invoice: bool = False
    has_open_invoice: bool = False
    is_run_over: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class FollowOutcome:
    """Follow the outcome that an invoice has reported."""

    step: Literal["follow_outcome"] = "follow_outcome"


@dataclass(frozen=True, kw_only=True, slots=True)
class End:
    """The requested cancellation takes effect now."""

    step: Literal["end"] = "end"


@dataclass(frozen=True, kw_only=True, slots=True)
class NextRun:
    """Go on in a new run with a short history."""

    step: Literal["next_run"] = "next_run"


@dataclass(frozen=True, kw_only=True, slots=True)
class StartInvoice:
    """Start the workflow of the invoice that is not known to have started."""

    step: Literal["start_invoice"] = "start_invoice"


@dataclass(frozen=True, kw_only=True, slots=True)
class DoRequest:
    """Do the oldest request; what is due goes first after `until` (None: at no time)."""

    until: datetime | None
    is_before_due: bool
    step: Literal["do_request"] = "do_request"


@dataclass(frozen=True, kw_only=True, slots=True)
class PricePeriod:
    """Read the terms of this period."""

    number: int
    step: Literal["price_period"] = "price_period"


@dataclass(frozen=True, kw_only=True, slots=True)
class InvoicePeriod:
    """Invoice this period now, in advance; period 0 is the first."""

    number: int
    step: Literal["invoice_period"] = "invoice_period"


@dataclass(frozen=True, kw_only=True, slots=True)
class Rest:
    """Nothing to do before `until` (None: only a message ends the rest)."""

    until: datetime | None
    reason: str
    step: Literal["rest"] = "rest"


@dataclass(frozen=True, kw_only=True, slots=True)
class RefuseRequests:
    """Refuse the requests that wait: the subscription has ended."""

    step: Literal["refuse_requests"] = "refuse_requests"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finish:
    """Only effects are left."""

    step: Literal["finish"] = "finish"


SubscriptionStep = (
    FollowOutcome
    | End
    | NextRun
    | StartInvoice
    | DoRequest
    | PricePeriod
    | InvoicePeriod
    | Rest
    | RefuseRequests
    | Finish
)


def next_step(facts: SubscriptionFacts, now: datetime) -> SubscriptionStep:  # noqa: C901, PLR0911 - one decision, read from top to bottom
    """Return what the subscription does now.

    Outcomes of invoices go first: they take no time, and they decide what an end means. An end that is due
    goes before a new run, which would come too late to stop a charge, and before every request and renewal,
    which may cause one.
    """
    if facts.has_outcome:
        return FollowOutcome()
    if facts.state not in FINAL_STATES and is_end_due(facts, now):
        return End()
    if facts.is_run_over:
        return NextRun()
    if facts.state in FINAL_STATES:
        return _step_after_end(facts)
    if facts.has_unstarted_invoice:
        return StartInvoice()
    due = _due_step(facts, now)
    if facts.has_request:
        until = _time_for_requests(facts, due, now)
        if until is None or now < until:
            return DoRequest(until=until, is_before_due=isinstance(due, InvoicePeriod))
    if isinstance(due, InvoicePeriod) and due.number > facts.priced_period:
        return PricePeriod(number=due.number)
    return due


def next_due(facts: SubscriptionFacts, now: datetime) -> datetime | None:
    """Return when the subscription acts next by itself; None if it acts now or waits for a message."""
    if facts.state in FINAL_STATES or is_end_due(facts, now):
        return None
    due = _due_step(facts, now)
    return due.until if isinstance(due, Rest) else None


def is_end_due(facts: SubscriptionFacts, now: datetime) -> bool:
    """Return whether a requested cancellation takes effect now or has taken effect."""
    return facts.cancel_at is not None and facts.cancel_at <= now


def _step_after_end(facts: SubscriptionFacts) -> RefuseRequests | Rest | Finish:
    if facts.has_request:
        return RefuseRequests()
    if facts.has_open_invoice:
        # Open ones may still be paid.
        return Rest(until=None, reason="open invoices to close")
    return Finish()


def _due_step(facts: SubscriptionFacts, now: datetime) -> InvoicePeriod | Rest:
    """Return what the clock asks for. A pending subscription never renews: its first invoice decides."""
    period = facts.period
    if period is None:
        return InvoicePeriod(number=0)
    if facts.state is SubscriptionState.PENDING:
        return Rest(until=facts.cancel_at, reason="first payment")
    if facts.cancel_at is not None and facts.cancel_at <= period.end:
        return Rest(until=facts.cancel_at, reason="cancellation")
    if period.end <= now:
        return InvoicePeriod(number=facts.period_number + 1)
    return Rest(until=period.end, reason="renewal")


def _time_for_requests(
    facts: SubscriptionFacts, due: InvoicePeriod | Rest, now: datetime
) -> datetime | None:
    """Return until when requests may go before what is due; None: without limit.

    A new card that arrives just before a renewal should pay it. But neither a provider that is down nor
    requests that follow one another may stop it.
    """
    return due.until if isinstance(due, Rest) else (facts.held_since or now) + PATIENCE
