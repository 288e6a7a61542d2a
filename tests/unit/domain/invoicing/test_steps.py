"""What an invoice does next before it is open, and after it is closed; between, its collection decides."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from domain.collection.next_step import Charge, CollectionFacts, Unlock
from domain.collection.policy import DEFAULT_SUBSCRIPTION_POLICY
from domain.collection.provider_invoice import ProviderInvoiceStatus
from domain.invoicing.steps import (
    CloseUnopened,
    Finish,
    InvoiceFacts,
    NextRun,
    OpenProviderInvoice,
    TakeNumber,
    next_step,
)
from domain.invoicing.transitions import CLOSED_STATES, InvoiceState
from domain.parties.orders import PaymentKind

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
POLICY = DEFAULT_SUBSCRIPTION_POLICY.first
DRAFT = InvoiceFacts(
    state=InvoiceState.DRAFT,
    is_numbered=False,
    is_opening=False,
    stop_reason=None,
    collection=None,
    is_history_long=False,
)
NUMBERED = replace(DRAFT, is_numbered=True)
COLLECTION = CollectionFacts(
    kind=PaymentKind.CARD,
    status=ProviderInvoiceStatus.OPEN,
    payment_method="pm_good",
    method_given_after=0,
    attempts=(),
    issued_at=NOON,
    due_at=NOON,
    read_at=NOON,
    is_reread_wanted=False,
    is_processing=False,
    is_behind_reported=False,
    stop_reason=None,
)
OPEN = replace(NUMBERED, state=InvoiceState.OPEN, collection=COLLECTION)


def test_a_draft_takes_its_number_and_is_opened():
    assert next_step(DRAFT, POLICY, NOON) == TakeNumber()
    assert next_step(NUMBERED, POLICY, NOON) == OpenProviderInvoice()
    assert isinstance(next_step(OPEN, POLICY, NOON), Charge)


@pytest.mark.parametrize("facts", [DRAFT, NUMBERED])
def test_a_stop_closes_what_nobody_can_pay(facts: InvoiceFacts):
    assert next_step(replace(facts, stop_reason="cancelled"), POLICY, NOON) == CloseUnopened()


def test_a_stop_waits_for_the_outcome_of_an_opening_that_was_tried():
    facts = replace(NUMBERED, is_opening=True, stop_reason="cancelled")
    assert next_step(facts, POLICY, NOON) == OpenProviderInvoice()


def test_a_payment_counts_although_it_is_stopped():
    paid = replace(
        COLLECTION,
        status=ProviderInvoiceStatus.PAID,
        is_paid_in_full=True,
        stop_reason="cancelled",
    )
    step = next_step(replace(OPEN, collection=paid, stop_reason="cancelled"), POLICY, NOON)
    assert isinstance(step, Unlock)


@pytest.mark.parametrize("facts", [DRAFT, NUMBERED, OPEN])
def test_a_long_history_goes_on_in_a_new_run(facts: InvoiceFacts):
    assert next_step(replace(facts, is_history_long=True), POLICY, NOON) == NextRun()


@pytest.mark.parametrize("state", sorted(CLOSED_STATES))
def test_a_closed_invoice_only_finishes_its_effects(state: InvoiceState):
    facts = replace(OPEN, state=state, is_history_long=True)
    assert next_step(facts, POLICY, NOON) == Finish()
