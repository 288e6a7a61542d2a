"""The subscription's states and the table of transitions between them."""

from enum import StrEnum
from types import MappingProxyType
from typing import Final

from domain.failures import RejectedError


class SubscriptionState(StrEnum):
    """State of a subscription."""

    PENDING = "pending"
    """The first invoice is open; nothing is unlocked yet."""
    ACTIVE = "active"
    """The first invoice was paid; no invoice is behind."""
    PAST_DUE = "past_due"
    """A later invoice was declined or ran past its due date; access goes on until a policy says otherwise."""
    ENDED = "ended"
    """Cancelled or given up after it had been active."""
    ABANDONED = "abandoned"
    """The first invoice was never paid; the sale was undone."""


class SubscriptionEvent(StrEnum):
    """What can happen to a subscription's state."""

    FIRST_INVOICE_PAID = "first_invoice_paid"
    INVOICE_FELL_BEHIND = "invoice_fell_behind"
    ALL_INVOICES_PAID = "all_invoices_paid"
    CANCELLATION_DUE = "cancellation_due"
    COLLECTION_GIVEN_UP = "collection_given_up"


TRANSITIONS: Final = MappingProxyType(
    {
        (SubscriptionState.PENDING, SubscriptionEvent.FIRST_INVOICE_PAID): SubscriptionState.ACTIVE,
        (
            SubscriptionState.PENDING,
            SubscriptionEvent.CANCELLATION_DUE,
        ): SubscriptionState.ABANDONED,
        (
            SubscriptionState.PENDING,
            SubscriptionEvent.COLLECTION_GIVEN_UP,
        ): SubscriptionState.ABANDONED,
        (
            SubscriptionState.ACTIVE,
            SubscriptionEvent.INVOICE_FELL_BEHIND,
        ): SubscriptionState.PAST_DUE,
        (SubscriptionState.ACTIVE, SubscriptionEvent.CANCELLATION_DUE): SubscriptionState.ENDED,
        (SubscriptionState.ACTIVE, SubscriptionEvent.COLLECTION_GIVEN_UP): SubscriptionState.ENDED,
        (SubscriptionState.PAST_DUE, SubscriptionEvent.ALL_INVOICES_PAID): SubscriptionState.ACTIVE,
        (SubscriptionState.PAST_DUE, SubscriptionEvent.CANCELLATION_DUE): SubscriptionState.ENDED,
        (
            SubscriptionState.PAST_DUE,
            SubscriptionEvent.COLLECTION_GIVEN_UP,
        ): SubscriptionState.ENDED,
    }
)
"""(state, event) -> state; a pair that is not here is an illegal transition."""

FINAL_STATES: Final = frozenset({SubscriptionState.ENDED, SubscriptionState.ABANDONED})


class IllegalTransitionError(RejectedError):
    """The event cannot happen in this state."""


def next_state(state: SubscriptionState, event: SubscriptionEvent) -> SubscriptionState:
    """Return the state after the event; the only writer of subscription states.

    Raises:
        IllegalTransitionError: If the table has no such transition.
    """
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise IllegalTransitionError(f"{event} cannot happen to a {state} subscription") from None
