"""Stripe's event log: a snapshot of an object for everything that happened to it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sandbox.journal import Journal
from sandbox.store import Document
from sandbox.stripe.books import API_VERSION, SYSTEM, Books

KEPT_EVENTS = 20_000
"""Delivered events beyond this many are forgotten, oldest first (Stripe: after 30 days)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RequestMark:
    """The API request that causes events: its id and idempotency key."""

    id: str | None = None
    idempotency_key: str | None = None


class EventLog:
    """Writes events, and remembers how each one's delivery went.

    Attributes:
        cause: The request now running.
        on_emit: Told the id of every event that a webhook endpoint wants.
    """

    def __init__(self, books: Books, journal: Journal, wanted: frozenset[str]) -> None:
        """Start on the account's books.

        Args:
            books: Where events are kept.
            journal: Told every event with the instant of its commit, in milliseconds.
            wanted: The event types the webhook endpoint subscribes to; `*` is all, empty none.
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
        """Record an event about an object as it is now, and hand it to the webhook."""
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
        """Return how an event's delivery went: state, attempts, committed_at, delivered_at."""
        return self._books.find("_delivery", event_id) or {"state": "unsubscribed"}

    def is_pending(self, event_id: str) -> bool:
        """Return whether the webhook endpoint wants the event and has not accepted it."""
        return self.delivery(event_id)["state"] in {"pending", "dropped"}

    def pending(self) -> list[str]:
        """Return the ids of all events still to be delivered, oldest first."""
        return [
            record["event"]
            for record in reversed(self._books.newest("_delivery"))
            if record["state"] == "pending"
        ]

    def record(self, event_id: str, **changes: str | int | None) -> None:
        """Note how an attempt to deliver an event went."""
        self._books.save_as("_delivery", event_id, self.delivery(event_id) | changes)

    def shown(self, event: Document) -> Document:
        """Return an event with its present number of pending webhooks."""
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
