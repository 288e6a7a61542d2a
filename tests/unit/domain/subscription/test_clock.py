"""What a subscription's clock does next."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.periods.periods import Period
from domain.subscription.clock import (
    PATIENCE,
    ClockFacts,
    End,
    Finished,
    InvoicePeriod,
    Rest,
    has_time_for,
    next_clock_step,
    time_for,
)
from domain.subscription.states import SubscriptionState

START = datetime(2026, 1, 31, tzinfo=UTC)
END = datetime(2026, 2, 28, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def facts(
    state: SubscriptionState = SubscriptionState.ACTIVE,
    *,
    cancel_at: datetime | None = None,
    is_new: bool = False,
) -> ClockFacts:
    return ClockFacts(
        state=state,
        period=None if is_new else Period(start=START, end=END),
        period_number=-1 if is_new else 0,
        cancel_at=cancel_at,
    )


def test_a_new_subscription_invoices_its_first_period():
    step = next_clock_step(facts(SubscriptionState.PENDING, is_new=True), START)
    assert step == InvoicePeriod(number=0)


def test_a_pending_subscription_never_renews():
    step = next_clock_step(facts(SubscriptionState.PENDING), END + timedelta(days=400))
    assert step == Rest(until=None, reason="first payment")


@pytest.mark.parametrize("state", [SubscriptionState.ACTIVE, SubscriptionState.PAST_DUE])
def test_the_next_period_is_invoiced_at_the_end_of_this_one(state: SubscriptionState):
    assert next_clock_step(facts(state), END - SECOND) == Rest(until=END, reason="renewal")
    assert next_clock_step(facts(state), END) == InvoicePeriod(number=1)


def test_a_cancellation_in_the_same_instant_goes_before_the_renewal():
    assert next_clock_step(facts(cancel_at=END), END) == End()


def test_a_cancellation_that_is_still_ahead_keeps_the_renewal_away():
    step = next_clock_step(facts(cancel_at=END), END - SECOND)
    assert step == Rest(until=END, reason="cancellation")


def test_a_cancellation_far_ahead_lets_periods_renew():
    later = END + timedelta(days=100)
    assert next_clock_step(facts(cancel_at=later), END) == InvoicePeriod(number=1)


def test_a_pending_subscription_can_be_cancelled():
    step = next_clock_step(facts(SubscriptionState.PENDING, cancel_at=START), START)
    assert step == End()


@pytest.mark.parametrize("state", [SubscriptionState.ENDED, SubscriptionState.ABANDONED])
def test_nothing_happens_after_the_end(state: SubscriptionState):
    assert next_clock_step(facts(state, cancel_at=START), END) == Finished()


def test_the_first_request_goes_before_a_period_that_is_due():
    assert has_time_for(InvoicePeriod(number=1), None, END + timedelta(days=1))


def test_requests_together_delay_a_period_by_no_more_than_the_patience():
    step, held_since = InvoicePeriod(number=1), END
    assert time_for(step, held_since) == END + PATIENCE
    assert has_time_for(step, held_since, END + PATIENCE - SECOND)
    assert not has_time_for(step, held_since, END + PATIENCE)


def test_a_request_has_until_the_end_of_the_rest():
    assert time_for(Rest(until=END, reason="renewal"), None) == END
    assert has_time_for(Rest(until=None, reason="open invoices"), None, END)
