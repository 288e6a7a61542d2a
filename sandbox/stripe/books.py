"""Stripe's objects and their indexes, over the store of the sandbox."""

import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from sandbox.store import Document, Store
from sandbox.stripe.errors import no_such

SYSTEM = "stripe"
API_VERSION = "2026-10-28.endive"

_INDEXED: Mapping[str, tuple[str, ...]] = {
    "customer": ("email", "metadata"),
    "payment_method": ("customer", "type"),
    "invoice": ("customer", "number", "status", "collection_method", "metadata"),
    "invoiceitem": ("invoice", "customer"),
    "invoice_payment": ("invoice", "status", "payment.payment_intent"),
    "payment_intent": ("customer", "metadata"),
    "charge": ("customer", "payment_intent"),
    "refund": ("charge", "payment_intent"),
    "setup_intent": ("customer", "payment_method"),
    "event": ("type",),
    "customer_cash_balance_transaction": ("customer",),
}
_LABELS = {"payment_method": "PaymentMethod", "setup_intent": "setupintent"}


def at_path(document: Document, path: str) -> object:
    """Return the member at a dotted path, or None."""
    *parents, last = path.split(".")
    node = document
    for name in parents:
        child: Document = node.get(name) or {}
        node = child
    return node.get(last)


def _terms(kind: str, document: Document) -> Iterator[tuple[str, str]]:
    for field in _INDEXED.get(kind, ()):
        value = at_path(document, field)
        if field == "metadata" and isinstance(value, dict):
            for name, text in document["metadata"].items():
                yield f"metadata.{name}", text
        elif isinstance(value, str):
            yield field, value


class Books:
    """All objects of one Stripe account.

    Attributes:
        base_url: Address of the sandbox, for links inside objects.
    """

    def __init__(self, store: Store, now: Callable[[], datetime], base_url: str) -> None:
        """Read the store and build the indexes."""
        self._store = store
        self._now = now
        self.base_url = base_url
        self._ordinals: dict[str, int] = {}
        self._newest = 0
        self._by_term: dict[tuple[str, str, str], set[str]] = {}
        self._terms_of: dict[str, frozenset[tuple[str, str]]] = {}
        for kind in _INDEXED:
            for document in store.all(SYSTEM, kind):
                self._index(kind, document["id"], document)

    def now(self) -> datetime:
        """Return the current instant of the sandbox."""
        return self._now()

    def stamp(self) -> int:
        """Return the current instant in whole seconds, like Stripe's timestamps."""
        return int(self._now().timestamp())

    def new_id(self, prefix: str) -> str:
        """Return a new object id, such as `in_...`."""
        return f"{prefix}_{uuid.uuid4().hex[:24]}"

    def number(self, name: str) -> int:
        """Return 1, 2, 3 ... for a name, never the same twice."""
        return self._store.next_number(SYSTEM, name)

    def save(self, kind: str, document: Document) -> Document:
        """Insert or replace an object and return it."""
        self._store.put(SYSTEM, kind, document["id"], document)
        if kind in _INDEXED:
            self._index(kind, document["id"], document)
        return document

    def save_as(self, kind: str, key: str, document: Document) -> Document:
        """Insert or replace a document that has no id of its own and return it."""
        self._store.put(SYSTEM, kind, key, document)
        return document

    def drop(self, kind: str, key: str) -> None:
        """Delete an object."""
        self._store.delete(SYSTEM, kind, key)
        for field, value in self._terms_of.pop(key, frozenset()):
            self._by_term[kind, field, value].discard(key)
        self._ordinals.pop(key, None)

    def _index(self, kind: str, key: str, document: Document) -> None:
        if key not in self._ordinals:
            self._newest += 1
            self._ordinals[key] = self._newest
        terms = frozenset(_terms(kind, document))
        before = self._terms_of.get(key, frozenset())
        if terms == before:
            return
        self._terms_of[key] = terms
        for field, value in before - terms:
            self._by_term[kind, field, value].discard(key)
        for field, value in terms - before:
            self._by_term.setdefault((kind, field, value), set()).add(key)

    def find(self, kind: str, key: str) -> Document | None:
        """Return a copy of an object, or None."""
        return self._store.get(SYSTEM, kind, key)

    def need(self, kind: str, key: str, *, param: str | None = None) -> Document:
        """Return a copy of an object that must exist.

        Args:
            kind: Its kind.
            key: Its id.
            param: The parameter that names it; None if the URL names it.

        Raises:
            StripeError: It does not exist: 404 if the URL names it, 400 if a parameter names it.
        """
        found = self.find(kind, key)
        if found is None:
            label = _LABELS.get(kind, kind)
            no_such(label, key, param=param or "id", status=400 if param else 404)
        return found

    def newest_keys(self, kind: str, terms: Mapping[str, str]) -> list[str]:
        """Return the ids of the objects that have all these indexed values, newest first."""
        if not terms:
            return self._store.keys(SYSTEM, kind)[::-1]
        empty: set[str] = set()
        sets = [self._by_term.get((kind, name, value), empty) for name, value in terms.items()]
        keys = sets[0] if len(sets) == 1 else set[str].intersection(*sets)
        return sorted(keys, key=self._ordinals.__getitem__, reverse=True)

    def newest(self, kind: str, **terms: str) -> list[Document]:
        """Return copies of the objects that have all these indexed values, newest first."""
        return [self.need(kind, key) for key in self.newest_keys(kind, terms)]

    def latest(self, kind: str, limit: int) -> list[Document]:
        """Return copies of at most `limit` objects of a kind, newest first."""
        return self._store.newest(SYSTEM, kind, limit)

    def oldest_key(self, kind: str) -> str:
        """Return the id of the oldest object of a kind, or an empty text."""
        return self._store.oldest_key(SYSTEM, kind) or ""

    def count(self, kind: str) -> int:
        """Return how many objects of a kind there are."""
        return self._store.count(SYSTEM, kind)
