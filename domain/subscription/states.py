"""The states of a subscription and the table of transitions between them."""

from enum import StrEnum
from types import MappingProxyType
from typing import Final

from domain.transitions import Transitions


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
    """What can happen to the state of a subscription."""

    FIRST_INVOICE_PAID = "first_invoice_paid"
    INVOICE_FELL_BEHIND = "invoice_fell_behind"
    ALL_INVOICES_PAID = "all_invoices_paid"
    CANCELLATION_DUE = "cancellation_due"
    COLLECTION_GIVEN_UP = "collection_given_up"


_State, _Event = SubscriptionState, SubscriptionEvent

TRANSITIONS: Final = Transitions(
    "subscription",
    SubscriptionState.PENDING,
    MappingProxyType(
        {
            (_State.PENDING, _Event.FIRST_INVOICE_PAID): _State.ACTIVE,
            (_State.PENDING, _Event.CANCELLATION_DUE): _State.ABANDONED,
            (_State.PENDING, _Event.COLLECTION_GIVEN_UP): _State.ABANDONED,
            (_State.ACTIVE, _Event.INVOICE_FELL_BEHIND): _State.PAST_DUE,
            (_State.ACTIVE, _Event.CANCELLATION_DUE): _State.ENDED,
            (_State.ACTIVE, _Event.COLLECTION_GIVEN_UP): _State.ENDED,
            (_State.PAST_DUE, _Event.ALL_INVOICES_PAID): _State.ACTIVE,
            (_State.PAST_DUE, _Event.CANCELLATION_DUE): _State.ENDED,
            (_State.PAST_DUE, _Event.COLLECTION_GIVEN_UP): _State.ENDED,
        }
    ),
)

FINAL_STATES: Final = TRANSITIONS.final
