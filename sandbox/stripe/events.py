"""Stripe's event log: a snapshot of the object for each event."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sandbox.journal import Journal
from sandbox.store import Document
from sandbox.stripe.books import API_VERSION, SYSTEM, Books

KEPT_EVENTS = 20_000
"""Delivered events beyond this number are deleted, oldest first (Stripe: after 30 days)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RequestMark:
    """The API request that causes an event: its id and idempotency key."""

    id: str | None = None
    idempotency_key: str | None = None


class EventLog:
    """Writes events, and stores the state of each event's delivery.

    Attributes:
        cause: The request that is running.
        on_emit: Called with the id of every event to which a webhook endpoint subscribes.
    """

    def __init__(self, books: Books, journal: Journal, wanted: frozenset[str]) -> None:
        """Create the log of an account.

        Args:
            books: Stores the events.
            journal: Receives every event with the instant of its commit, in milliseconds.
            wanted: The event types to which the webhook endpoint subscribes; `*` is all, empty is none.
        """
        self._books = books
        self._journal = journal
        self._wanted = wanted
        self.cause = RequestMark()
        self.on_emit: Callable[[str], None] = lambda _: None

    def emit(
        self,
        kind: str,
        subject: Document,
        *,
        previous: Document | None = None,
        api_version: str = API_VERSION,
    ) -> Document:
        """Record an event about an object as it is now, and pass it to the webhook delivery."""
        now = self._books.now()
        data: Document = {"object": subject}
        if previous is not None:
            data["previous_attributes"] = previous
        event: Document = {
            "id": self._books.new_id("evt"),
            "object": "event",
            "api_version": api_version,
            "created": int(now.timestamp()),
            "data": data,
            "livemode": False,
            "pending_webhooks": 0,
            "request": {"id": self.cause.id, "idempotency_key": self.cause.idempotency_key},
            "type": kind,
        }
        self._books.save("event", event)
        is_wanted = self._note(event, subject, now)
        if is_wanted:
            self.on_emit(event["id"])
        return event

    def _note(self, event: Document, subject: Document, now: datetime) -> bool:
        kind = event["type"]
        is_wanted = "*" in self._wanted or kind in self._wanted
        self._books.save_as(
            "_delivery",
            event["id"],
            {
                "event": event["id"],
                "type": kind,
                "subject": subject.get("id"),
                "state": "pending" if is_wanted else "unsubscribed",
                "attempts": 0,
                "committed_at": now.isoformat(timespec="milliseconds"),
                "delivered_at": None,
                "last_status": None,
            },
        )
        key = str(subject.get("number") or subject.get("id") or subject.get("customer") or "")
        self._journal.write(SYSTEM, kind, key, _summary(subject), now)
        self._forget_oldest()
        return is_wanted

    def delivery(self, event_id: str) -> Document:
        """Return the state of an event's delivery: state, attempts, committed_at, delivered_at."""
        return self._books.find("_delivery", event_id) or {"state": "unsubscribed"}

    def is_pending(self, event_id: str) -> bool:
        """Return whether the webhook endpoint subscribes to the event and has not accepted it."""
        return self.delivery(event_id)["state"] in {"pending", "dropped"}

    def pending(self) -> list[str]:
        """Return the ids of all events that are not delivered yet, oldest first."""
        return [
            record["event"]
            for record in reversed(self._books.newest("_delivery"))
            if record["state"] == "pending"
        ]

    def record(self, event_id: str, **changes: str | int | None) -> None:
        """Store the result of an attempt to deliver an event."""
        self._books.save_as("_delivery", event_id, self.delivery(event_id) | changes)

    def shown(self, event: Document) -> Document:
        """Return an event with its current number of pending webhooks."""
        return event | {"pending_webhooks": int(self.is_pending(event["id"]))}

    def _forget_oldest(self) -> None:
        oldest = self._books.oldest_key("event") if self._books.count("event") > KEPT_EVENTS else ""
        if oldest and not self.is_pending(oldest):
            self._books.drop("event", oldest)
            self._books.drop("_delivery", oldest)


def _summary(subject: Document) -> str:
    amount = next(
        (subject[name] for name in ("amount_due", "net_amount", "amount") if name in subject), None
    )
    parts = [str(subject.get("id", ""))]
    if amount is not None:
        parts.append(f"{amount} {subject.get('currency', '')} (minor units)")
    if subject.get("status"):
        parts.append(str(subject["status"]))
    return ", ".join(part for part in parts if part)
