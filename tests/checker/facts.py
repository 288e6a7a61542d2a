"""What the outside systems and our own tables hold, read once: all that the checker looks at."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeAlias

Row: TypeAlias = Mapping[str, Any]
"""A document of an outside system, or a row of one of our tables."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One thing that an outside system did.

    Attributes:
        order: Its place among the entries of all systems.
    """

    order: float
    at: datetime
    system: str
    action: str
    key: str
    summary: str


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkflowFact:
    """A workflow's latest run.

    Attributes:
        is_open: Whether it runs.
        is_completed: Whether it closed in order; a failed, terminated or timed-out one did not.
        is_stuck: Whether its workflow task fails, or an activity of it is tried again and again.
        needs_attention: Whether it asks for an operator.
    """

    workflow_id: str
    is_open: bool
    is_completed: bool
    is_stuck: bool = False
    needs_attention: bool = False


class Verdict(StrEnum):
    """What a client took an answer for."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    """Final: the same request will never be done."""
    UNAVAILABLE = "unavailable"
    """The client may send the same again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ClientAnswer:
    """What a client was told about one request.

    Attributes:
        asked_at: When it was sent first.
        answered_at: When the answer came.
        request: `sell`, `cancel_now`, `cancel_period_end` or `change_payment_method`.
        about: The order's id for a sale, else the subscription's.
        text: The answer's words.
    """

    asked_at: datetime
    answered_at: datetime
    request: str
    about: str
    verdict: Verdict
    request_id: str = ""
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """The state of everything at one instant.

    Attributes:
        now: That instant.
        under_way: How long something may arrive after it was decided: no time where time is virtual.
        entries: What the outside systems did, in order.
        provider_invoices: Stripe's invoices; `charges`, `intents` (by invoice) and `customers` likewise.
        grants: Of the entitlement service; `holds` likewise.
        access: What each account may use now.
        emails: Of the mailbox.
        tables: Our tables by name.
        workflows: Every workflow that was ever started.
        answers: What clients were told.
    """

    now: datetime
    under_way: timedelta = timedelta()
    entries: Sequence[Entry] = ()
    customers: Sequence[Row] = ()
    provider_invoices: Sequence[Row] = ()
    provider_payments: Sequence[Row] = ()
    charges: Sequence[Row] = ()
    grants: Sequence[Row] = ()
    holds: Sequence[Row] = ()
    access: Mapping[str, Mapping[str, int]] = field(default_factory=dict[str, Mapping[str, int]])
    emails: Sequence[Row] = ()
    tables: Mapping[str, Sequence[Row]] = field(default_factory=dict[str, Sequence[Row]])
    workflows: Sequence[WorkflowFact] = ()
    answers: Sequence[ClientAnswer] = ()

    def table(self, name: str) -> Sequence[Row]:
        """Return the rows of one of our tables."""
        return self.tables.get(name, ())

    def done(self, system: str, action: str) -> list[Entry]:
        """Return what a system did of one kind, in order."""
        return [each for each in self.entries if (each.system, each.action) == (system, action)]

    def events_of(self, entity: str) -> list[Row]:
        """Return our business events of an entity in their order."""
        found = (event for event in self.table("events") if event["entity"] == entity)
        return sorted(found, key=lambda event: (event["generation"], event["sequence"]))


def ends(facts: Facts) -> dict[str, datetime]:
    """Return the instant at which each subscription ended.

    From then on its access is held and requests are refused; the event follows once the hold stands.
    """
    return {
        row["subscription_id"]: row["starts_at"]
        for row in facts.table("holds")
        if row["reason"] == "ended"
    }


def our_invoice(provider_invoice: Row) -> str:
    """Return our id of a provider invoice; empty for one that is not ours."""
    return str(provider_invoice["metadata"].get("perennial_invoice_id", ""))


def by(rows: Iterable[Row], column: str) -> dict[Any, list[Row]]:
    """Return the rows by the value of a column."""
    found: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        found[row[column]].append(row)
    return found
