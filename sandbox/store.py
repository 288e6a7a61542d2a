"""The data of the simulated systems: JSON documents, in memory and written through to SQLite."""

import json
import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias, cast

Document: TypeAlias = dict[str, Any]
"""One JSON object: string keys, JSON values."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    system TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL,
    UNIQUE (system, kind, key)
);
CREATE TABLE IF NOT EXISTS numbers (
    system TEXT NOT NULL, name TEXT NOT NULL, value INTEGER NOT NULL, PRIMARY KEY (system, name)
);
"""
_PUT = (
    "INSERT INTO documents (system, kind, key, body) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (system, kind, key) DO UPDATE SET body = excluded.body"
)
_DELETE = "DELETE FROM documents WHERE system = ? AND kind = ? AND key = ?"
_COUNT_UP = (
    "INSERT INTO numbers (system, name, value) VALUES (?, ?, ?)"
    " ON CONFLICT (system, name) DO UPDATE SET value = excluded.value"
)


class Store:
    """JSON documents by (system, kind, key), in insertion order, surviving a restart.

    Reads come from memory. Writes reach SQLite before they return, so a killed process loses
    nothing. A power failure may lose data, because writes do not wait for the disk. Use it from one
    thread at a time.
    """

    def __init__(self, path: Path | None) -> None:
        """Open the file; if `path` is None, keep everything in memory only."""
        self._texts: dict[tuple[str, str], dict[str, str]] = {}
        self._numbers: dict[tuple[str, str], int] = {}
        self._connection: sqlite3.Connection | None = None
        if path is not None:
            self._connection = _opened(path)
            self._load(self._connection)

    def _load(self, connection: sqlite3.Connection) -> None:
        rows = connection.execute("SELECT system, kind, key, body FROM documents ORDER BY position")
        for system, kind, key, body in rows:
            self._texts.setdefault((system, kind), {})[key] = body
        for system, name, value in connection.execute("SELECT system, name, value FROM numbers"):
            self._numbers[system, name] = value

    def _write(self, statement: str, values: tuple[str | int, ...]) -> None:
        if self._connection is not None:
            self._connection.execute(statement, values)

    def put(self, system: str, kind: str, key: str, document: Document) -> None:
        """Insert or replace; a replaced document keeps its place in the order."""
        text = json.dumps(document, separators=(",", ":"))
        self._write(_PUT, (system, kind, key, text))
        self._texts.setdefault((system, kind), {})[key] = text

    def get(self, system: str, kind: str, key: str) -> Document | None:
        """Return a copy that the caller may change freely, or None."""
        text = self._texts.get((system, kind), {}).get(key)
        return None if text is None else cast("Document", json.loads(text))

    def all(self, system: str, kind: str) -> list[Document]:
        """Return copies of all documents of a kind, oldest first."""
        return [json.loads(text) for text in self._texts.get((system, kind), {}).values()]

    def newest(self, system: str, kind: str, limit: int) -> list[Document]:
        """Return copies of at most `limit` documents of a kind, newest first."""
        texts = self._texts.get((system, kind), {})
        return [json.loads(text) for text in islice(reversed(texts.values()), limit)]

    def keys(self, system: str, kind: str) -> list[str]:
        """Return the keys of a kind, oldest first."""
        return list(self._texts.get((system, kind), {}))

    def oldest_key(self, system: str, kind: str) -> str | None:
        """Return the key of the oldest document of a kind."""
        return next(iter(self._texts.get((system, kind), {})), None)

    def count(self, system: str, kind: str) -> int:
        """Return how many documents of a kind there are."""
        return len(self._texts.get((system, kind), {}))

    def counts(self, system: str) -> dict[str, int]:
        """Return the number of documents per kind of one system."""
        return {kind: len(texts) for (owner, kind), texts in self._texts.items() if owner == system}

    def delete(self, system: str, kind: str, key: str) -> None:
        """Delete a document; a missing document is not an error."""
        self._write(_DELETE, (system, kind, key))
        self._texts.get((system, kind), {}).pop(key, None)

    def next_number(self, system: str, name: str) -> int:
        """Return 1, 2, 3 ... per (system, name), never the same twice."""
        value = self._numbers.get((system, name), 0) + 1
        self._write(_COUNT_UP, (system, name, value))
        self._numbers[system, name] = value
        return value

    @contextmanager
    def batch(self) -> Generator[None]:
        """Write everything inside as one SQLite transaction: after a kill, all of it or nothing.

        Memory is not rolled back, so check before the first write. Never await inside.
        """
        connection = self._connection
        if connection is None or connection.in_transaction:
            yield
            return
        connection.execute("BEGIN")
        try:
            yield
        finally:
            connection.execute("COMMIT")

    def close(self) -> None:
        """Close the file; the store must not be written afterwards."""
        if self._connection is not None:
            self._connection.close()


def _opened(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    # A test may create the store in one thread and use it in another, but never in two at once.
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = OFF")
    connection.executescript(_SCHEMA)
    return connection
