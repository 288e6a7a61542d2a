"""The table of a subscription's moves, written out a second time."""

import itertools

import pytest

from domain.subscription.states import (
    FINAL_STATES,
    TRANSITIONS,
    IllegalTransitionError,
    SubscriptionEvent,
    SubscriptionState,
    next_state,
)

LEGAL = {
    ("pending", "first_invoice_paid"): "active",
    ("pending", "cancellation_due"): "abandoned",
    ("pending", "collection_given_up"): "abandoned",
    ("active", "invoice_fell_behind"): "past_due",
    ("active", "cancellation_due"): "ended",
    ("active", "collection_given_up"): "ended",
    ("past_due", "all_invoices_paid"): "active",
    ("past_due", "cancellation_due"): "ended",
    ("past_due", "collection_given_up"): "ended",
}


@pytest.mark.parametrize(
    ("state", "event"), list(itertools.product(SubscriptionState, SubscriptionEvent))
)
def test_every_pair_moves_as_written_or_is_refused(
    state: SubscriptionState, event: SubscriptionEvent
):
    expected = LEGAL.get((state.value, event.value))
    if expected is None:
        with pytest.raises(IllegalTransitionError, match=f"{event} cannot happen to a {state}"):
            next_state(state, event)
    else:
        assert next_state(state, event) == expected


def test_nothing_leaves_a_final_state():
    assert {state for state, _ in TRANSITIONS}.isdisjoint(FINAL_STATES)


def test_every_state_can_be_reached_from_pending():
    reached = {SubscriptionState.PENDING}
    for _ in SubscriptionState:
        reached |= {after for (before, _), after in TRANSITIONS.items() if before in reached}
    assert reached == set(SubscriptionState)
