"""What a subscription does next, from its first moment to its last."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.periods.periods import Period
from domain.subscription.states import FINAL_STATES, SubscriptionState
from domain.subscription.steps import (
    PATIENCE,
    DoRequest,
    End,
    Finish,
    FollowOutcome,
    InvoicePeriod,
    NextRun,
    PricePeriod,
    RefuseRequests,
    Rest,
    StartInvoice,
    SubscriptionFacts,
    next_due,
    next_step,
)

START = datetime(2026, 1, 31, tzinfo=UTC)
END = datetime(2026, 2, 28, tzinfo=UTC)
SECOND = timedelta(seconds=1)
ACTIVE = SubscriptionFacts(
    state=SubscriptionState.ACTIVE, period=Period(start=START, end=END), period_number=0
)
PENDING = replace(ACTIVE, state=SubscriptionState.PENDING)
ENDED = replace(ACTIVE, state=SubscriptionState.ENDED, cancel_at=START)
NEW = SubscriptionFacts(state=SubscriptionState.PENDING, period=None, period_number=-1)


def test_a_new_subscription_invoices_its_first_period():
    assert next_step(NEW, START) == InvoicePeriod(number=0)


def test_a_pending_subscription_never_renews():
    step = next_step(PENDING, END + timedelta(days=400))
    assert step == Rest(until=None, reason="first payment")


@pytest.mark.parametrize("state", [SubscriptionState.ACTIVE, SubscriptionState.PAST_DUE])
def test_the_next_period_is_priced_and_then_invoiced_at_the_end_of_this_one(
    state: SubscriptionState,
):
    facts = replace(ACTIVE, state=state)
    assert next_step(facts, END - SECOND) == Rest(until=END, reason="renewal")
    assert next_step(facts, END) == PricePeriod(number=1)
    assert next_step(replace(facts, priced_period=1), END) == InvoicePeriod(number=1)


def test_a_cancellation_in_the_same_instant_goes_before_the_renewal():
    assert next_step(replace(ACTIVE, cancel_at=END), END) == End()


def test_a_cancellation_that_is_still_ahead_keeps_the_renewal_away():
    step = next_step(replace(ACTIVE, cancel_at=END), END - SECOND)
    assert step == Rest(until=END, reason="cancellation")


def test_a_cancellation_far_ahead_lets_periods_renew():
    facts = replace(ACTIVE, cancel_at=END + timedelta(days=100), priced_period=1)
    assert next_step(facts, END) == InvoicePeriod(number=1)


def test_a_pending_subscription_can_be_cancelled():
    assert next_step(replace(PENDING, cancel_at=START), START) == End()
    step = next_step(replace(PENDING, cancel_at=END), START)
    assert step == Rest(until=END, reason="first payment")


def test_no_new_run_begins_after_a_cancellation_of_the_same_moment():
    # A new run would come too late to stop the charge that the period's invoice is about to make.
    facts = replace(ACTIVE, cancel_at=END, is_run_over=True, has_unstarted_invoice=True)
    assert next_step(facts, END) == End()
    assert next_step(replace(facts, cancel_at=None), END) == NextRun()


def test_an_outcome_goes_before_the_end_whose_meaning_it_decides():
    facts = replace(PENDING, cancel_at=START, has_outcome=True, has_request=True, is_run_over=True)
    assert next_step(facts, START) == FollowOutcome()


def test_an_invoice_is_started_before_requests():
    facts = replace(ACTIVE, has_unstarted_invoice=True, has_request=True)
    assert next_step(facts, START) == StartInvoice()


def test_a_request_has_until_the_end_of_the_rest():
    facts = replace(ACTIVE, has_request=True)
    assert next_step(facts, START) == DoRequest(until=END, is_before_due=False)
    facts = replace(PENDING, has_request=True)
    assert next_step(facts, START) == DoRequest(until=None, is_before_due=False)


def test_requests_together_delay_a_period_by_no_more_than_the_patience():
    late = END + timedelta(days=1)
    facts = replace(ACTIVE, has_request=True)
    assert next_step(facts, late) == DoRequest(until=late + PATIENCE, is_before_due=True)
    held = replace(facts, held_since=late)
    assert next_step(held, late + PATIENCE - SECOND) == DoRequest(
        until=late + PATIENCE, is_before_due=True
    )
    assert next_step(held, late + PATIENCE) == PricePeriod(number=1)
    assert next_step(replace(held, priced_period=1), late + PATIENCE) == InvoicePeriod(number=1)


def test_a_stream_of_slow_requests_does_not_postpone_a_renewal():
    # Each request takes 25 s, and another one waits whenever one is done.
    now, held_since = END, None
    while isinstance(
        step := next_step(replace(ACTIVE, has_request=True, held_since=held_since), now), DoRequest
    ):
        held_since = held_since or now
        now = min(now + timedelta(seconds=25), step.until or now)
    assert (step, now) == (PricePeriod(number=1), END + PATIENCE)


@pytest.mark.parametrize("state", sorted(FINAL_STATES))
def test_after_the_end_only_what_is_open_is_waited_for(state: SubscriptionState):
    facts = replace(ENDED, state=state, has_request=True, has_open_invoice=True)
    assert next_step(facts, END) == RefuseRequests()
    facts = replace(facts, has_request=False)
    assert next_step(facts, END) == Rest(until=None, reason="open invoices to close")
    assert next_step(replace(facts, has_open_invoice=False), END) == Finish()


@pytest.mark.parametrize("state", sorted(FINAL_STATES))
def test_a_long_history_begins_a_new_run_although_the_subscription_has_ended(
    state: SubscriptionState,
):
    # A wait ends when the history is long, so one that waited on here would turn without a pause.
    facts = replace(ENDED, state=state, has_open_invoice=True, is_run_over=True)
    assert next_step(facts, END) == NextRun()


BOOLEANS = [False, True]


@pytest.mark.parametrize("state", list(SubscriptionState))
def test_no_facts_bring_a_charge_after_the_end(state: SubscriptionState):
    """Whatever else is known: once an end is due, no step may cause a charge."""
    for has_outcome, has_request, unstarted, is_open, is_over in itertools.product(
        BOOLEANS, repeat=5
    ):
        facts = replace(
            ACTIVE,
            state=state,
            cancel_at=END,
            has_outcome=has_outcome,
            has_request=has_request,
            has_unstarted_invoice=unstarted,
            has_open_invoice=is_open,
            is_run_over=is_over,
        )
        assert not isinstance(
            next_step(facts, END), PricePeriod | InvoicePeriod | StartInvoice | DoRequest
        )


def test_operators_read_when_it_acts_by_itself():
    assert next_due(ACTIVE, START) == END
    assert next_due(replace(ACTIVE, cancel_at=END - SECOND), START) == END - SECOND
    assert next_due(ACTIVE, END) is None
    assert next_due(replace(ACTIVE, cancel_at=START), START) is None
    assert next_due(PENDING, START) is None
    assert next_due(ENDED, START) is None
    # One whose collection was given up has ended without a cancellation.
    assert next_due(replace(ENDED, cancel_at=None), START) is None
