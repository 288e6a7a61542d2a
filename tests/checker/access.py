"""Access: what is paid is unlocked, what is unlocked was paid before, and what has ended is locked."""

from datetime import datetime
from typing import Final

from tests.checker.facts import Facts, Row, by, our_invoice
from tests.checker.violations import Violation, Violations

_FINAL: Final = frozenset({"ended", "abandoned"})
_UNLOCKED: Final = frozenset({"active", "past_due"})


def paid_is_unlocked(facts: Facts) -> Violations:
    """P2: every paid invoice has its grant."""
    grants = {grant["grant_id"] for grant in facts.grants}
    for provider_invoice in facts.provider_invoices:
        invoice_id = our_invoice(provider_invoice)
        if provider_invoice["status"] == "paid" and invoice_id not in grants:
            yield Violation("P2", invoice_id, "is paid and not unlocked")


def unlocked_was_paid_before(facts: Facts) -> Violations:
    """P3: the first put of a grant comes after the payment of its invoice."""
    numbers = {our_invoice(each): each["number"] for each in facts.provider_invoices}
    paid_at: dict[str, float] = {}
    for entry in facts.done("stripe", "invoice.paid"):
        paid_at.setdefault(entry.key, entry.order)
    seen: set[str] = set()
    for entry in facts.done("entitlements", "grant.put"):
        if entry.key in seen:
            continue
        seen.add(entry.key)
        paid = paid_at.get(numbers.get(entry.key, ""))
        if paid is None:
            yield Violation("P3", entry.key, "is unlocked and not paid")
        elif paid > entry.order:
            yield Violation("P3", entry.key, "was unlocked before it was paid")


def access_follows_the_state(facts: Facts) -> Violations:
    """P2, P4: an active subscription gives what its newest grant says; one that has ended gives nothing."""
    grants, holds = by(facts.grants, "subscription_id"), by(facts.holds, "subscription_id")
    for row in facts.table("subscriptions"):
        subscription, state = row["subscription_id"], row["state"]
        held = any(hold["active"] for hold in holds[subscription])
        standing = [each for each in grants[subscription] if _stands(each, facts.now)]
        if state in _UNLOCKED and (held or not standing):
            yield Violation("P2", subscription, f"is {state} and has no access")
        if state in _FINAL and standing and not held:
            yield Violation("P4", subscription, f"is {state} and has access")
        if state == "pending" and standing:
            yield Violation("P3", subscription, "is pending and has access")


def _stands(grant: Row, now: datetime) -> bool:
    start, until = datetime.fromisoformat(grant["from"]), datetime.fromisoformat(grant["until"])
    return start <= now < until


def access_is_the_union(facts: Facts) -> Violations:
    """P2: an account may use what the standing grants of its subscriptions without a hold add up to."""
    held = {hold["subscription_id"] for hold in facts.holds if hold["active"]}
    for account, features in facts.access.items():
        due: dict[str, dict[str, int]] = {}
        for grant in facts.grants:
            if grant["account_id"] != account or grant["subscription_id"] in held:
                continue
            if _stands(grant, facts.now):
                most = due.setdefault(grant["subscription_id"], {})
                for key, quantity in grant["features"].items():
                    most[key] = max(most.get(key, 0), quantity)
        keys = {key for most in due.values() for key in most}
        expected = {key: sum(most.get(key, 0) for most in due.values()) for key in keys}
        if expected != features:
            yield Violation("P2", account, f"may use {features}, should {expected}")


def our_tables_know_grants_and_holds(facts: Facts) -> Violations:
    """P6: our tables hold the versions of grants and holds that stand."""
    for name, key, theirs in (
        ("grants", "grant_id", facts.grants),
        ("holds", "hold_id", facts.holds),
    ):
        ours = {row[key]: row["version"] for row in facts.table(name)}
        standing = {row[key]: row["version"] for row in theirs}
        for each in sorted(ours.keys() | standing.keys()):
            if ours.get(each) != standing.get(each):
                text = f"version {ours.get(each)} in our tables, {standing.get(each)} stands"
                yield Violation("P6", each, text)
