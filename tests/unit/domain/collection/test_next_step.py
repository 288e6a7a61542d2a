"""How an open provider invoice is collected: what is done next, and why."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.collection.next_step import (
    Attempt,
    Charge,
    Closed,
    CollectionFacts,
    FallBehind,
    Question,
    Reread,
    Stop,
    Unlock,
    Wait,
    next_step,
)
from domain.collection.policy import CollectionPolicy
from domain.collection.provider_invoice import DeclineClass, ProviderInvoiceStatus
from domain.parties.orders import PaymentKind

ISSUED = datetime(2026, 1, 1, 9, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
POLICY = CollectionPolicy(
    version="test", retry_after=(DAY, 3 * DAY), collect_for=14 * DAY, reread_every=6 * HOUR
)


def card(**changes: object) -> CollectionFacts:
    facts = CollectionFacts(
        kind=PaymentKind.CARD,
        status=ProviderInvoiceStatus.OPEN,
        payment_method="pm_1",
        attempts=(),
        issued_at=ISSUED,
        due_at=ISSUED,
        read_at=ISSUED,
    )
    return replace(facts, **changes)


def transfer(**changes: object) -> CollectionFacts:
    return card(kind=PaymentKind.TRANSFER, payment_method=None, due_at=ISSUED + 30 * DAY, **changes)


def declined(
    number: int,
    *,
    at: datetime = ISSUED,
    method: str = "pm_1",
    how: DeclineClass = DeclineClass.SOFT,
) -> Attempt:
    return Attempt(
        number=number,
        payment_method=method,
        at=at,
        decline_class=how,
        decline_code="insufficient_funds",
    )


def test_a_card_is_charged_at_once():
    assert next_step(card(), POLICY, ISSUED) == Charge(
        number=1, payment_method="pm_1", reason="first attempt"
    )


def test_a_paid_provider_invoice_is_settled_even_when_it_should_stop():
    facts = card(
        status=ProviderInvoiceStatus.PAID,
        is_paid_in_full=True,
        stop_reason="cancelled",
        is_reread_wanted=True,
    )
    assert next_step(facts, POLICY, ISSUED + 100 * DAY) == Unlock()


def test_what_is_called_paid_but_is_not_what_was_asked_for_is_read_again_and_then_questioned():
    facts = card(status=ProviderInvoiceStatus.PAID, is_reread_wanted=True)
    assert isinstance(next_step(facts, POLICY, ISSUED), Reread)
    facts = card(status=ProviderInvoiceStatus.PAID, stop_reason="cancelled")
    assert next_step(facts, POLICY, ISSUED + 100 * DAY) == Question()


def test_a_void_provider_invoice_is_closed():
    assert next_step(card(status=ProviderInvoiceStatus.VOID), POLICY, ISSUED) == Closed()


def test_what_a_person_marked_uncollectible_is_charged_no_more_but_can_still_be_paid():
    facts = card(status=ProviderInvoiceStatus.UNCOLLECTIBLE)
    assert isinstance(next_step(facts, POLICY, ISSUED), Wait)
    late = replace(facts, read_at=ISSUED + 14 * DAY)
    assert next_step(late, POLICY, ISSUED + 14 * DAY) == Stop(reason="collection_window_over")


def test_a_withdrawn_attempt_spends_its_number_but_not_its_method():
    withdrawn = Attempt(number=1, payment_method="pm_1", at=ISSUED, is_withdrawn=True)
    assert next_step(card(attempts=(withdrawn,)), POLICY, ISSUED) == Charge(
        number=2, payment_method="pm_1", reason="the payment method now in force"
    )


def test_the_same_method_given_again_is_charged_again():
    facts = card(attempts=(declined(1, how=DeclineClass.HARD),), method_given_after=1)
    assert next_step(facts, POLICY, ISSUED) == Charge(
        number=2, payment_method="pm_1", reason="the payment method now in force"
    )


def test_a_report_of_a_change_is_looked_at_before_anything_else():
    step = next_step(card(is_reread_wanted=True), POLICY, ISSUED)
    assert isinstance(step, Reread)


def test_a_cancelled_invoice_is_not_charged():
    assert next_step(card(stop_reason="cancelled"), POLICY, ISSUED) == Stop(reason="cancelled")


def test_a_soft_decline_waits_for_the_first_rung_of_the_ladder():
    facts = card(attempts=(declined(1),))
    step = next_step(facts, POLICY, ISSUED + HOUR)
    assert step == Wait(until=ISSUED + 6 * HOUR, due=ISSUED + DAY, reason="next charge")


@pytest.mark.parametrize(
    ("attempts", "due"),
    [((declined(1),), DAY), ((declined(1), declined(2, at=ISSUED + DAY)), 4 * DAY)],
)
def test_the_ladder_counts_from_the_last_attempt(attempts: tuple[Attempt, ...], due: timedelta):
    facts = card(attempts=attempts, read_at=ISSUED + due)
    assert isinstance(next_step(facts, POLICY, ISSUED + due - timedelta(seconds=1)), Wait)
    step = next_step(facts, POLICY, ISSUED + due)
    assert isinstance(step, Charge)
    assert step.number == len(attempts) + 1


def test_a_spent_ladder_waits_for_a_new_payment_method():
    tried = tuple(declined(n, at=ISSUED + n * DAY) for n in (1, 2, 3))
    facts = card(attempts=tried, read_at=ISSUED + 10 * DAY)
    step = next_step(facts, POLICY, ISSUED + 10 * DAY)
    assert isinstance(step, Wait)
    assert step.reason == "new payment method"


@pytest.mark.parametrize("how", [DeclineClass.HARD, DeclineClass.AUTHENTICATE])
def test_what_is_not_soft_is_never_tried_again_with_the_same_method(how: DeclineClass):
    facts = card(attempts=(declined(1, how=how),), read_at=ISSUED + 5 * DAY)
    assert isinstance(next_step(facts, POLICY, ISSUED + 5 * DAY), Wait)


def test_a_new_payment_method_is_charged_at_once_as_the_next_attempt():
    facts = card(payment_method="pm_2", attempts=(declined(1, how=DeclineClass.HARD),))
    assert next_step(facts, POLICY, ISSUED + HOUR) == Charge(
        number=2, payment_method="pm_2", reason="the payment method now in force"
    )


def test_a_card_without_a_method_waits():
    assert isinstance(next_step(card(payment_method=None), POLICY, ISSUED), Wait)


def test_the_last_look_comes_before_giving_up():
    facts = card(attempts=(declined(1, how=DeclineClass.HARD),), read_at=ISSUED + 13 * DAY)
    end = ISSUED + 14 * DAY
    assert isinstance(next_step(facts, POLICY, end), Reread)
    looked = replace(facts, read_at=end)
    assert next_step(looked, POLICY, end) == Stop(reason="collection_window_over")


def test_a_payment_under_way_is_neither_charged_again_nor_voided():
    facts = card(is_processing=True, stop_reason="cancelled", read_at=ISSUED + 20 * DAY)
    step = next_step(facts, POLICY, ISSUED + 20 * DAY)
    assert isinstance(step, Wait)
    assert step.reason == "the provider is processing a payment"


def test_a_transfer_is_never_charged_and_falls_behind_at_its_due_date():
    facts = transfer(read_at=ISSUED + 30 * DAY)
    before = next_step(replace(facts, read_at=ISSUED + 29 * DAY), POLICY, ISSUED + 29 * DAY)
    assert before == Wait(until=ISSUED + 30 * DAY, due=ISSUED + 30 * DAY, reason="bank transfer")
    assert next_step(facts, POLICY, ISSUED + 30 * DAY) == FallBehind()
    told = replace(facts, is_behind_reported=True)
    step = next_step(told, POLICY, ISSUED + 30 * DAY)
    assert isinstance(step, Wait)
    assert step.due == ISSUED + 44 * DAY


def test_a_transfer_is_given_up_after_its_term_and_the_window():
    facts = transfer(read_at=ISSUED + 44 * DAY, is_behind_reported=True)
    assert next_step(facts, POLICY, ISSUED + 44 * DAY) == Stop(reason="collection_window_over")


@pytest.mark.parametrize(
    ("age_at_last_look", "wait"),
    [(0 * HOUR, 6 * HOUR), (6 * HOUR, 6 * HOUR), (12 * HOUR, 12 * HOUR), (20 * DAY, 4 * DAY)],
)
def test_the_beat_slows_down_with_age(age_at_last_look: timedelta, wait: timedelta):
    looked = ISSUED + age_at_last_look
    step = next_step(transfer(read_at=looked), POLICY, looked)
    assert isinstance(step, Wait)
    assert step.until == min(looked + wait, ISSUED + 30 * DAY)


@given(
    kind=st.sampled_from(PaymentKind),
    method=st.sampled_from(["pm_1", "pm_2", None]),
    hows=st.lists(st.sampled_from(DeclineClass), max_size=5),
    look=st.integers(0, 60 * 24),
    ahead=st.integers(0, 60 * 24),
    is_behind_reported=st.booleans(),
)
def test_the_decision_always_moves_on(
    kind: PaymentKind,
    method: str | None,
    hows: list[DeclineClass],
    look: int,
    ahead: int,
    is_behind_reported: bool,
):
    """A wait ends in the future, so that the loop around the decision cannot spin."""
    read_at = ISSUED + look * HOUR
    now = read_at + ahead * HOUR
    attempts = tuple(declined(n + 1, how=how) for n, how in enumerate(hows))
    facts = replace(
        transfer(read_at=read_at, is_behind_reported=is_behind_reported)
        if kind is PaymentKind.TRANSFER
        else card(read_at=read_at),
        payment_method=method,
        attempts=attempts,
    )
    step = next_step(facts, POLICY, now)
    if isinstance(step, Wait):
        assert step.until > now
        assert step.until <= step.due
    if isinstance(step, Charge):
        assert kind is PaymentKind.CARD
        assert step.number == len(attempts) + 1


def test_each_look_says_why():
    wanted = card(is_reread_wanted=True)
    assert next_step(wanted, POLICY, ISSUED) == Reread(reason="the provider reported a change")
    waiting = card(attempts=(declined(1, how=DeclineClass.HARD),))
    assert next_step(waiting, POLICY, ISSUED + 6 * HOUR) == Reread(reason="regular poll")
    late = replace(waiting, read_at=ISSUED + 13 * DAY)
    assert next_step(late, POLICY, ISSUED + 14 * DAY) == Reread(reason="last look before giving up")


def test_a_retry_says_which_it_is_and_why():
    facts = card(attempts=(declined(1),), read_at=ISSUED + DAY)
    assert next_step(facts, POLICY, ISSUED + DAY) == Charge(
        number=2, payment_method="pm_1", reason="retry 1 after insufficient_funds"
    )


def test_each_wait_says_what_for_and_until_when():
    hard = card(attempts=(declined(1, how=DeclineClass.HARD),))
    assert next_step(hard, POLICY, ISSUED) == Wait(
        until=ISSUED + 6 * HOUR, due=ISSUED + 14 * DAY, reason="new payment method"
    )
    processing = card(is_processing=True)
    assert next_step(processing, POLICY, ISSUED) == Wait(
        until=ISSUED + 6 * HOUR,
        due=ISSUED + 6 * HOUR,
        reason="the provider is processing a payment",
    )


def test_a_charge_that_would_come_after_the_end_is_not_waited_for():
    short = replace(POLICY, collect_for=DAY)
    step = next_step(card(attempts=(declined(1),)), short, ISSUED)
    assert step == Wait(until=ISSUED + 6 * HOUR, due=ISSUED + DAY, reason="new payment method")
