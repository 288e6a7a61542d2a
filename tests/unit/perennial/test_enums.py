"""The words of the wire contract are those of the rulebook: neither imports the other, so a test compares them."""

import inspect
from collections.abc import Mapping
from enum import StrEnum

import pytest

from domain.collection import provider_invoice
from domain.effects import events
from domain.invoicing import invoices, transitions
from domain.periods import periods, proration
from domain.pricing import on_change, taxes
from domain.sales import states as sale_states
from domain.subscription import states
from perennial import enums
from workflows.contract import requests

TWINS: Mapping[type[StrEnum], type[StrEnum]] = {
    enums.SaleState: sale_states.SaleState,
    enums.SubscriptionState: states.SubscriptionState,
    enums.InvoicePurpose: invoices.InvoicePurpose,
    enums.InvoiceState: transitions.InvoiceState,
    enums.DeclineClass: provider_invoice.DeclineClass,
    enums.EventType: events.EventType,
    enums.CancelAt: requests.CancelAt,
    enums.IntervalUnit: periods.IntervalUnit,
    enums.Convention: proration.Convention,
    enums.ProrationBehaviour: on_change.ProrationBehaviour,
    enums.TaxMode: taxes.TaxMode,
}
# Made by the API itself; the rulebook does not know it.
ONLY_ON_THE_WIRE = {enums.SaleStatus}


@pytest.mark.parametrize("wire", TWINS, ids=lambda wire: wire.__name__)
def test_a_word_of_the_rulebook_is_a_word_of_the_wire(wire: type[StrEnum]) -> None:
    assert {each.name: each.value for each in wire} == {
        each.name: each.value for each in TWINS[wire]
    }


def test_every_enumeration_of_the_wire_is_compared() -> None:
    ours = {
        found
        for _, found in inspect.getmembers(enums, inspect.isclass)
        if found.__module__ == enums.__name__
    }
    assert ours == {*TWINS, *ONLY_ON_THE_WIRE}


def test_the_same_states_are_final() -> None:
    assert {state.value for state in enums.FINAL_STATES} == {
        state.value for state in states.FINAL_STATES
    }
