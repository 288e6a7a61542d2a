"""Rest: nothing goes on that should have ended, nothing failed, no one waits for an operator, no answer was wrong."""

from collections.abc import Sequence
from typing import Final

from tests.checker.facts import ClientAnswer, Facts, Row, Verdict, by, ends
from tests.checker.violations import Violation, Violations

_FINAL: Final = frozenset({"ended", "abandoned"})


def nothing_failed(facts: Facts) -> Violations:
    """Rest: no workflow failed, was terminated, or tries the same thing again and again."""
    for each in facts.workflows:
        if not each.is_open and not each.is_completed:
            yield Violation("rest", each.workflow_id, "did not end in order")
        if each.is_open and each.is_stuck:
            yield Violation("rest", each.workflow_id, "is stuck")


def nothing_runs_without_a_reason(facts: Facts) -> Violations:
    """Rest: a workflow runs exactly as long as its entity has something before it."""
    alive = {
        **{f"sale/{row['order_id']}": row["state"] == "open" for row in facts.table("sales")},
        **{
            f"subscription/{row['subscription_id']}": row["state"] not in _FINAL
            for row in facts.table("subscriptions")
        },
        **{
            f"invoice/{row['invoice_id']}": row["state"] in {"draft", "open"}
            for row in facts.table("invoices")
        },
    }
    running = {each.workflow_id: each.is_open for each in facts.workflows}
    for workflow_id in sorted(alive.keys() | running.keys()):
        if alive.get(workflow_id) != running.get(workflow_id):
            text = f"alive: {alive.get(workflow_id)}, running: {running.get(workflow_id)}"
            yield Violation("rest", workflow_id, text)


def no_one_waits_for_an_operator(facts: Facts) -> Violations:
    """Rest: the attention list is empty."""
    for each in facts.workflows:
        if each.is_open and each.needs_attention:
            yield Violation("attention", each.workflow_id, "asks for an operator")


def what_was_accepted_was_done(facts: Facts) -> Violations:
    """Answers: an accepted request has had its effect."""
    sales = {row["order_id"] for row in facts.table("sales")}
    subscriptions = {row["subscription_id"]: row for row in facts.table("subscriptions")}
    events, ended = by(facts.table("events"), "subscription_id"), ends(facts)
    for answer in facts.answers:
        if answer.verdict is not Verdict.ACCEPTED:
            continue
        if answer.request == "sell":
            if answer.about not in sales:
                yield Violation("answers", answer.about, "was accepted, and there is no sale")
        elif not _is_done(answer, subscriptions.get(answer.about), events[answer.about]):
            yield Violation("answers", answer.about, f"{answer.request} was accepted and not done")
        elif answer.request == "cancel_now":
            end = ended.get(answer.about)
            if end is None or end > answer.answered_at + facts.under_way:
                text = f"was to end at {answer.answered_at}; it ended at {end}"
                yield Violation("answers", answer.about, text)


def _is_done(answer: ClientAnswer, row: Row | None, events: Sequence[Row]) -> bool:
    if row is None:
        return False
    types = [event["event_type"] for event in events]
    match answer.request:
        case "cancel_now":
            return row["state"] in _FINAL
        case "cancel_period_end":
            return row["state"] in _FINAL or row["cancel_at"] is not None
        case _:
            return "payment_method_changed" in types or "payment_method_refused" in types


def final_refusals_were_right(facts: Facts) -> Violations:
    """Answers: what a client must take for final was true at that moment."""
    ended = ends(facts)
    for answer in facts.answers:
        if answer.verdict is not Verdict.REFUSED:
            continue
        end = ended.get(answer.about)
        is_right = (
            answer.request != "sell"
            and end is not None
            and end <= answer.answered_at + facts.under_way
        )
        if not is_right:
            text = f"{answer.request} was refused at {answer.answered_at}: {answer.text}"
            yield Violation("answers", answer.about, f"{text}; it ended at {end}")
