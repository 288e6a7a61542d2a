"""What a sale does next, from its order to its end."""

import itertools
from dataclasses import replace

import pytest

from domain.sales.states import SaleState
from domain.sales.steps import (
    AttachPaymentMethod,
    AwaitFirstInvoice,
    CreateCustomer,
    EndSubscription,
    Finish,
    NextRun,
    ReadOrder,
    SaleFacts,
    SaleStep,
    StartSubscription,
    Undo,
    Win,
    next_step,
)

NEW = SaleFacts(
    state=SaleState.OPEN,
    has_terms=False,
    has_customer=False,
    is_method_decided=False,
    is_started=False,
    is_paid=None,
    is_stopped=False,
    is_stop_reported=False,
    is_history_long=False,
)
READ = replace(NEW, has_terms=True)
KNOWN = replace(READ, has_customer=True)
DECIDED = replace(KNOWN, is_method_decided=True)
STARTED = replace(DECIDED, is_started=True)


@pytest.mark.parametrize(
    ("facts", "step"),
    [
        (NEW, ReadOrder()),
        (READ, CreateCustomer()),
        (KNOWN, AttachPaymentMethod()),
        (DECIDED, StartSubscription()),
        (STARTED, AwaitFirstInvoice()),
        (replace(STARTED, is_paid=True), Win()),
        (replace(STARTED, is_paid=False), Undo()),
        (replace(STARTED, state=SaleState.WON), Finish()),
        (replace(STARTED, is_history_long=True), NextRun()),
    ],
)
def test_a_sale_goes_step_by_step(facts: SaleFacts, step: SaleStep):
    assert next_step(facts) == step


@pytest.mark.parametrize("facts", [NEW, READ, KNOWN, DECIDED, STARTED])
def test_a_cancelled_sale_sets_up_nothing_more(facts: SaleFacts):
    stopped = replace(facts, is_stopped=True)
    assert next_step(stopped) == EndSubscription()
    assert next_step(replace(stopped, is_stop_reported=True)) == AwaitFirstInvoice()


@pytest.mark.parametrize("is_stop_reported", [False, True])
def test_a_long_history_begins_a_new_run_although_the_sale_is_cancelled(*, is_stop_reported: bool):
    # A wait ends when the history is long, so a sale that waited on here would turn without a pause.
    facts = replace(
        STARTED, is_stopped=True, is_stop_reported=is_stop_reported, is_history_long=True
    )
    assert next_step(facts) == NextRun()


@pytest.mark.parametrize("is_paid", [True, False])
def test_a_known_outcome_decides_whatever_else_happens(*, is_paid: bool):
    for stopped, reported, is_long in itertools.product([False, True], repeat=3):
        facts = replace(
            STARTED,
            is_paid=is_paid,
            is_stopped=stopped,
            is_stop_reported=reported,
            is_history_long=is_long,
        )
        assert next_step(facts) == (Win() if is_paid else Undo())
