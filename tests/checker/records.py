"""Our own record: events without gaps, legal numbers without gaps, rows that agree with the last event."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from tests.checker.facts import Facts, Row, by
from tests.checker.violations import Violation, Violations

_ONCE: Final = frozenset(
    {
        "sale_accepted",
        "sale_won",
        "sale_failed",
        "subscription_started",
        "subscription_activated",
        "subscription_ended",
        "invoice_issued",
        "invoice_paid",
        "invoice_voided",
    }
)


def events_leave_no_gap(facts: Facts) -> Violations:
    """P6: the events of an entity are numbered 1, 2, 3 ... in each generation, each once."""
    for entity, events in by(facts.table("events"), "entity").items():
        for generation, of_one in by(events, "generation").items():
            places = sorted(event["sequence"] for event in of_one)
            if places != list(range(places[0], places[0] + len(places))):
                yield Violation("P6", entity, f"generation {generation} has the events {places}")
            if generation == 0 and places[0] != 1:
                yield Violation("P6", entity, f"its first event is number {places[0]}")


def beginnings_and_ends_come_once(facts: Facts) -> Violations:
    """P6: nothing begins, is issued, is paid or ends twice."""
    counts = Counter(
        (event["entity"], event["event_type"])
        for event in facts.table("events")
        if event["event_type"] in _ONCE
    )
    for (entity, event_type), count in counts.items():
        if count > 1:
            yield Violation("P6", entity, f"{count} times {event_type}")


def rows_stand_at_the_last_event(facts: Facts) -> Violations:
    """P6: the row and the carried state of an entity are those of its last event."""
    last = {
        entity: max((event["generation"], event["sequence"]) for event in events)
        for entity, events in by(facts.table("events"), "entity").items()
    }
    for row in facts.table("entity_states"):
        yield from _stands_at(row["entity"], row, last)
    for table, key, word in (
        ("sales", "order_id", "sale"),
        ("subscriptions", "subscription_id", "subscription"),
        ("invoices", "invoice_id", "invoice"),
    ):
        for row in facts.table(table):
            yield from _stands_at(f"{word}/{row[key]}", row, last)
    missing = last.keys() - {row["entity"] for row in facts.table("entity_states")}
    for entity in sorted(missing):
        yield Violation("P6", entity, "has events and no carried state")


def _stands_at(entity: str, row: Row, last: dict[str, tuple[int, int]]) -> Violations:
    place = (row["generation"], row["sequence"])
    if last.get(entity) != place:
        yield Violation(
            "P6", entity, f"its row is at {place}, its last event at {last.get(entity)}"
        )


def events_tell_of_every_payment(facts: Facts) -> Violations:
    """P6: what is paid or void at the provider is recorded as such, once, and nothing else is."""
    counts = by(
        (e for e in facts.table("events") if e["event_type"] in {"invoice_paid", "invoice_voided"}),
        "entity",
    )
    for row in facts.table("invoices"):
        found = [event["event_type"] for event in counts[f"invoice/{row['invoice_id']}"]]
        due = {"paid": ["invoice_paid"], "void": ["invoice_voided"]}.get(row["state"], [])
        if found != due:
            yield Violation("P6", row["invoice_id"], f"is {row['state']}, recorded: {found}")


def numbers_leave_no_gap(facts: Facts) -> Violations:
    """P9: the numbers of a series are 1, 2, 3 ..., their dates never run backwards, each has its document."""
    for series, rows in by(facts.table("invoice_numbers"), "series").items():
        ordered = sorted(rows, key=lambda row: row["position"])
        positions = [row["position"] for row in ordered]
        if positions != list(range(1, len(positions) + 1)):
            yield Violation("P9", series, f"has the positions {positions}")
        dates = [row["issued_on"] for row in ordered]
        if dates != sorted(dates):
            yield Violation("P9", series, "its dates run backwards")
        [counter] = [row for row in facts.table("number_series") if row["series"] == series]
        if counter["last_position"] != len(positions):
            yield Violation("P9", series, f"its counter says {counter['last_position']}")
    numbered = {row["invoice_id"] for row in facts.table("invoice_numbers")}
    for table in ("invoice_documents", "invoice_parties"):
        with_it = {row["invoice_id"] for row in facts.table(table)}
        for invoice_id in sorted(numbered ^ with_it):
            yield Violation("P9", invoice_id, f"number and {table} do not belong together")


def numbers_are_the_same_everywhere(facts: Facts) -> Violations:
    """P9: an invoice's row and its provider invoice have the number of the register."""
    register = {row["invoice_id"]: row["number"] for row in facts.table("invoice_numbers")}
    for row in facts.table("invoices"):
        if row["number"] != register.get(row["invoice_id"]):
            text = f"is {row['number']}, registered as {register.get(row['invoice_id'])}"
            yield Violation("P9", row["invoice_id"], text)
    used = {str(each["number"]) for each in facts.provider_invoices}
    for number in sorted(used - set(register.values()) - {"None"}):
        yield Violation("P9", number, "is not in the register")


def states_agree(facts: Facts) -> Violations:
    """Books: sale, subscription and first invoice tell the same story."""
    invoices = by(facts.table("invoices"), "subscription_id")
    subscriptions = {row["subscription_id"]: row for row in facts.table("subscriptions")}
    for sale in facts.table("sales"):
        subscription = subscriptions.get(sale["subscription_id"])
        if subscription is None:
            yield Violation("books", sale["order_id"], "has no subscription")
            continue
        yield from _one_story(sale, subscription, invoices[sale["subscription_id"]])


def _one_story(sale: Row, subscription: Row, invoices: Sequence[Row]) -> Violations:
    states = {
        "open": {"pending"},
        "won": {"active", "past_due", "ended"},
        "failed": {"abandoned"},
    }[sale["state"]]
    if subscription["state"] not in states:
        text = f"the sale is {sale['state']}, the subscription {subscription['state']}"
        yield Violation("books", sale["order_id"], text)
    if sale["state"] == "won" and not any(row["state"] == "paid" for row in invoices):
        yield Violation("books", sale["order_id"], "is won, and no invoice is paid")
