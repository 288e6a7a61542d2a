"""Each invariant bites: what it forbids is planted into the facts of a clean life, and found."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.checker import access, followers, money, records, rest
from tests.checker.check import INVARIANTS, Invariant, violations
from tests.checker.facts import ClientAnswer, Entry, Facts, Row, Verdict

Plant = Callable[[Facts], Facts]


def _rows(facts: Facts, name: str) -> list[Row]:
    return list(facts.table(name) if name in facts.tables else getattr(facts, name))


def _with(facts: Facts, name: str, rows: Sequence[Row]) -> Facts:
    if name in facts.tables and name not in {"grants", "holds"}:
        return replace(facts, tables={**facts.tables, name: rows})
    return replace(facts, **{name: rows})


def changed(name: str, where: int = 0, **columns: Any) -> Plant:
    """One row with other values."""

    def plant(facts: Facts) -> Facts:
        rows = _rows(facts, name) if name not in {"grants", "holds"} else list(getattr(facts, name))
        rows[where] = {**rows[where], **columns}
        return _with(facts, name, rows)

    return plant


def again(name: str, where: int = 0, **columns: Any) -> Plant:
    """One row twice."""

    def plant(facts: Facts) -> Facts:
        rows = list(getattr(facts, name)) if hasattr(facts, name) else _rows(facts, name)
        return _with(facts, name, [*rows, {**rows[where], **columns}])

    return plant


def without(name: str, where: int = 0) -> Plant:
    """One row less."""

    def plant(facts: Facts) -> Facts:
        rows = list(getattr(facts, name)) if hasattr(facts, name) else _rows(facts, name)
        del rows[where]
        return _with(facts, name, rows)

    return plant


def entry_again(system: str, action: str, **how: Any) -> Plant:
    """Something that an outside system did, once more at the end."""

    def plant(facts: Facts) -> Facts:
        found = facts.done(system, action)[-1]
        last = facts.entries[-1]
        return replace(facts, entries=[*facts.entries, replace(found, order=last.order + 1, **how)])

    return plant


def entries_swapped(first: tuple[str, str], second: tuple[str, str]) -> Plant:
    """Two things that outside systems did, in the other order."""

    def plant(facts: Facts) -> Facts:
        one, other = facts.done(*first)[0], facts.done(*second)[0]
        places = {
            id(one): replace(one, order=other.order),
            id(other): replace(other, order=one.order),
        }
        entries = [places.get(id(entry), entry) for entry in facts.entries]
        return replace(facts, entries=sorted(entries, key=lambda entry: entry.order))

    return plant


def entry_missing(system: str, action: str) -> Plant:
    """Something that an outside system did not do."""

    def plant(facts: Facts) -> Facts:
        gone: Entry = facts.done(system, action)[0]
        return replace(facts, entries=[entry for entry in facts.entries if entry is not gone])

    return plant


def workflow(where: int = 0, **how: Any) -> Plant:
    """A workflow in another state."""

    def plant(facts: Facts) -> Facts:
        workflows = list(facts.workflows)
        workflows[where] = replace(workflows[where], **how)
        return replace(facts, workflows=workflows)

    return plant


def answered(request: str, verdict: Verdict, about: str = "sub-a1") -> Plant:
    """An answer that a client got in the end."""

    def plant(facts: Facts) -> Facts:
        answer = ClientAnswer(
            asked_at=facts.now,
            answered_at=facts.now,
            request=request,
            about=about,
            verdict=verdict,
        )
        return replace(facts, answers=[*facts.answers, answer])

    return plant


def cancelled_now_and_ended_later(facts: Facts) -> Facts:
    """A subscription that ended with its period, although it was to end at once."""
    own = {row["subscription_id"]: dict(row) for row in facts.table("subscriptions")}
    rows = [{**own["sub-a1"], "state": "ended"}]
    end = facts.now + timedelta(days=1)
    held = {"subscription_id": "sub-a1", "reason": "ended", "starts_at": end}
    tables = {**facts.tables, "subscriptions": rows, "holds": [held]}
    return answered("cancel_now", Verdict.ACCEPTED)(replace(facts, tables=tables))


def charged_after_the_end(facts: Facts) -> Facts:
    end = facts.done("stripe", "charge.succeeded")[0].at - timedelta(minutes=1)
    held = {"subscription_id": "sub-a1", "reason": "ended", "starts_at": end}
    return replace(facts, tables={**facts.tables, "holds": [held]})


PLANTED: Sequence[tuple[Invariant, Plant]] = (
    (money.one_charge_per_invoice, again("charges")),
    (money.one_charge_per_invoice, changed("provider_invoices", status="void")),
    (money.one_charge_per_invoice, changed("charges", amount_refunded=5700)),
    (money.every_charge_has_its_invoice, again("charges", payment_intent="pi_other")),
    (money.one_provider_invoice_each, again("provider_invoices")),
    (money.one_provider_invoice_each, changed("provider_invoices", number="INV-000009")),
    (money.one_provider_invoice_each, without("invoices")),
    (money.nothing_is_charged_after_an_end, charged_after_the_end),
    (access.paid_is_unlocked, without("grants")),
    (
        access.unlocked_was_paid_before,
        entries_swapped(("stripe", "invoice.paid"), ("entitlements", "grant.put")),
    ),
    (access.unlocked_was_paid_before, entry_again("entitlements", "grant.put", key="sub-a1-0009")),
    (access.access_follows_the_state, changed("subscriptions", state="ended")),
    (access.access_follows_the_state, changed("subscriptions", state="pending")),
    (access.access_follows_the_state, lambda facts: replace(facts, grants=[])),
    (access.access_is_the_union, lambda facts: replace(facts, access={"acme": {"seats": 4}})),
    (access.our_tables_know_grants_and_holds, changed("grants", version=7)),
    (followers.erp_has_each_document_once, entry_again("workday", "invoice.submitted")),
    (followers.erp_has_each_document_once, entry_missing("workday", "customer.created")),
    (followers.erp_has_each_document_once, entry_missing("workday", "invoice.submitted")),
    (followers.erp_has_each_payment_once, entry_again("workday", "payment.put")),
    (followers.erp_has_each_payment_once, entry_missing("workday", "payment.put")),
    (
        followers.erp_has_each_payment_once,
        entries_swapped(("workday", "invoice.submitted"), ("workday", "payment.put")),
    ),
    (followers.erp_cancels_what_is_void, changed("provider_invoices", status="void")),
    (followers.crm_has_each_deal_once, entry_again("salesforce", "opportunity.created")),
    (followers.crm_has_each_deal_once, changed("sales", state="failed")),
    (followers.emails_come_once, again("emails")),
    (followers.one_receipt_for_each_payment, without("emails")),
    (
        followers.no_demand_after_a_payment,
        entry_again("mailbox", "message.received", summary="to x: Invoice INV-000001 is overdue"),
    ),
    (records.events_leave_no_gap, without("events")),
    (records.events_leave_no_gap, again("events")),
    (records.beginnings_and_ends_come_once, again("events", sequence=99)),
    (records.rows_stand_at_the_last_event, changed("entity_states", sequence=99)),
    (records.rows_stand_at_the_last_event, changed("invoices", sequence=1)),
    (records.rows_stand_at_the_last_event, without("entity_states")),
    (records.events_tell_of_every_payment, changed("invoices", state="void")),
    (records.numbers_leave_no_gap, without("invoice_numbers", 1)),
    (records.numbers_leave_no_gap, without("invoice_documents")),
    (records.numbers_are_the_same_everywhere, changed("invoices", number="INV-000009")),
    (records.states_agree, changed("sales", state="open")),
    (records.states_agree, without("subscriptions")),
    (rest.nothing_failed, workflow(is_completed=False)),
    (rest.nothing_failed, workflow(1, is_stuck=True)),
    (rest.nothing_runs_without_a_reason, workflow(1, is_open=False, is_completed=True)),
    (rest.nothing_runs_without_a_reason, workflow(is_open=True)),
    (rest.no_one_waits_for_an_operator, workflow(1, needs_attention=True)),
    (rest.what_was_accepted_was_done, answered("sell", Verdict.ACCEPTED, about="a2")),
    (rest.what_was_accepted_was_done, answered("cancel_now", Verdict.ACCEPTED)),
    (rest.what_was_accepted_was_done, cancelled_now_and_ended_later),
    (rest.final_refusals_were_right, answered("cancel_now", Verdict.REFUSED)),
    (rest.final_refusals_were_right, answered("sell", Verdict.REFUSED, about="a2")),
)


@pytest.mark.parametrize(
    ("invariant", "plant"), PLANTED, ids=lambda each: getattr(each, "__name__", "")
)
def test_what_an_invariant_forbids_is_found(paid: Facts, invariant: Invariant, plant: Plant):
    assert list(invariant(paid)) == []

    assert list(invariant(plant(paid))) != []


def test_a_task_that_is_there_twice_is_found(lost: Facts):
    plant = entry_again("salesforce", "task.created")

    assert list(followers.crm_has_each_task_once(plant(lost))) != []


def test_access_after_an_end_is_found(lost: Facts):
    plant = changed("holds", active=False)
    with_grant = replace(
        plant(lost),
        grants=[
            {
                "grant_id": "sub-a1-0001",
                "subscription_id": "sub-a1",
                "account_id": "acme",
                "version": 1,
                "features": {"seats": 3},
                "from": "2027-01-15T10:00:00Z",
                "until": "2028-01-15T10:00:00Z",
            }
        ],
    )

    assert "P4" in {each.promise for each in access.access_follows_the_state(with_grant)}


def test_every_invariant_has_something_planted():
    planted = {invariant for invariant, _ in PLANTED} | {followers.crm_has_each_task_once}

    assert set(INVARIANTS) == planted


def test_clean_lives_are_clean(paid: Facts, lost: Facts):
    assert violations(paid) == []
    assert violations(lost) == []
