"""The checker: every invariant over the facts, once nothing is under way any more."""

from collections.abc import Callable, Sequence
from typing import Final

from tests.checker import access, followers, money, records, rest
from tests.checker.facts import Facts
from tests.checker.violations import Violation, Violations

Invariant = Callable[[Facts], Violations]

INVARIANTS: Final[Sequence[Invariant]] = (
    money.one_charge_per_invoice,
    money.every_charge_has_its_invoice,
    money.one_provider_invoice_each,
    money.nothing_is_charged_after_an_end,
    access.paid_is_unlocked,
    access.unlocked_was_paid_before,
    access.access_follows_the_state,
    access.access_is_the_union,
    access.our_tables_know_grants_and_holds,
    followers.erp_has_each_document_once,
    followers.erp_has_each_payment_once,
    followers.erp_cancels_what_is_void,
    followers.crm_has_each_deal_once,
    followers.crm_has_each_task_once,
    followers.emails_come_once,
    followers.one_receipt_for_each_payment,
    followers.no_demand_after_a_payment,
    records.events_leave_no_gap,
    records.beginnings_and_ends_come_once,
    records.rows_stand_at_the_last_event,
    records.events_tell_of_every_payment,
    records.numbers_leave_no_gap,
    records.numbers_are_the_same_everywhere,
    records.states_agree,
    rest.nothing_failed,
    rest.nothing_runs_without_a_reason,
    rest.no_one_waits_for_an_operator,
    rest.what_was_accepted_was_done,
    rest.final_refusals_were_right,
)


def violations(facts: Facts) -> list[Violation]:
    """Return everything that must never be."""
    return [found for invariant in INVARIANTS for found in invariant(facts)]
