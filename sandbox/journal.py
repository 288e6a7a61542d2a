"""The log of what happened in each simulated system, in order: for its page, the demo and tests."""

from datetime import UTC, datetime

from sandbox.store import Document, Store

_KIND = "journal"


class Journal:
    """One append-only list of entries per system, kept in the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def write(self, system: str, action: str, key: str, summary: str, at: datetime) -> None:
        """Append one entry.

        Args:
            system: Name of the system.
            action: What happened, such as `customer.created`.
            key: Business key of the object.
            summary: One readable line.
            at: Aware instant, stored with milliseconds.
        """
        seq = self._store.count(system, _KIND) + 1
        stamp = at.astimezone(UTC).isoformat(timespec="milliseconds")
        entry = {"seq": seq, "at": stamp, "action": action, "key": key, "summary": summary}
        self._store.put(system, _KIND, str(seq), entry)

    def entries(self, system: str) -> list[Document]:
        """Return all entries of a system, oldest first: seq, at, action, key, summary."""
        return self._store.all(system, _KIND)

    def newest(self, system: str, limit: int) -> list[Document]:
        """Return at most `limit` entries of a system, newest first."""
        return self._store.newest(system, _KIND, limit)
