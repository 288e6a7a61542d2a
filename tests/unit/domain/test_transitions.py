"""The tables of transitions, written out a second time."""

import itertools
from enum import StrEnum
from typing import Any

import pytest

from domain.invoicing import transitions as invoicing
from domain.sales import states as sales
from domain.subscription import states as subscription
from domain.transitions import IllegalTransitionError, Transitions

SALE = {
    ("open", "first_invoice_paid"): "won",
    ("open", "first_invoice_unpaid"): "failed",
}
INVOICE = {
    ("draft", "opened"): "open",
    ("draft", "closed_unpaid"): "void",
    ("open", "paid_in_full"): "paid",
    ("open", "closed_unpaid"): "void",
}
SUBSCRIPTION = {
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
TABLES: list[tuple[Transitions[Any, Any], type[StrEnum], type[StrEnum], dict[Any, str]]] = [
    (sales.TRANSITIONS, sales.SaleState, sales.SaleEvent, SALE),
    (invoicing.TRANSITIONS, invoicing.InvoiceState, invoicing.InvoiceEvent, INVOICE),
    (
        subscription.TRANSITIONS,
        subscription.SubscriptionState,
        subscription.SubscriptionEvent,
        SUBSCRIPTION,
    ),
]
MOVES = [
    (table, state, event, legal.get((state.value, event.value)))
    for table, states, events, legal in TABLES
    for state, event in itertools.product(states, events)
]


@pytest.mark.parametrize(
    ("table", "state", "event", "after"),
    MOVES,
    ids=lambda value: str(getattr(value, "entity", value)),
)
def test_every_pair_moves_as_written_or_is_refused(
    table: Transitions[Any, Any], state: StrEnum, event: StrEnum, after: str | None
):
    if after is None:
        refusal = f"{event} cannot happen to a {table.entity} that is {state}"
        with pytest.raises(IllegalTransitionError, match=refusal):
            table.after(state, event)
    else:
        assert table.after(state, event) == after


@pytest.mark.parametrize(("table", "states"), [(table, states) for table, states, _, _ in TABLES])
def test_every_state_can_be_reached(table: Transitions[Any, Any], states: type[StrEnum]):
    reached = {table.initial}
    for _ in states:
        reached |= {after for (before, _), after in table.table.items() if before in reached}
    assert reached == set(states)


def test_the_ends_are_those_of_the_field():
    assert sales.TRANSITIONS.final == {"won", "failed"}
    assert {"paid", "void"} == invoicing.CLOSED_STATES
    assert {"ended", "abandoned"} == subscription.FINAL_STATES
