"""The records of the org, with changes that are stored only if the whole request succeeds."""

from dataclasses import dataclass, field
from datetime import datetime
from string import ascii_uppercase
from typing import cast

from sandbox.journal import Journal
from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.objects import (
    EXTERNAL_ID,
    ObjectType,
    check_fields,
    check_required,
    derive,
    object_type,
)
from sandbox.store import Document, Store

SYSTEM = "salesforce"
_EXTERNAL = "_external"
_SUFFIX = f"{ascii_uppercase}012345"


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One request's view of the org: the stored records with the request's own changes on top.

    An inner change sees the writes of its outer change, and passes its own to it on `commit`.
    """

    store: Store
    journal: Journal
    at: datetime
    outer: "Change | None" = None
    staged: dict[tuple[str, str], Document] = field(default_factory=dict[tuple[str, str], Document])
    notes: list[tuple[str, str, str]] = field(default_factory=list[tuple[str, str, str]])

    def within(self) -> "Change":
        """Return an inner change that can be discarded without discarding this one."""
        return Change(store=self.store, journal=self.journal, at=self.at, outer=self)

    def commit(self) -> None:
        """Store everything that was staged, or pass it to the outer change."""
        if self.outer is not None:
            self.outer.staged.update(self.staged)
            self.outer.notes.extend(self.notes)
            return
        with self.store.batch():
            for (kind, key), document in self.staged.items():
                self.store.put(SYSTEM, kind, key, document)
            for action, key, summary in self.notes:
                self.journal.write(SYSTEM, action, key, summary, self.at)

    def record(self, kind: ObjectType, record_id: str) -> Document | None:
        """Return the record with that id of 15 or 18 characters, or None."""
        return self.find(kind.name, full_id(record_id))

    def matching(self, kind: ObjectType, value: str) -> list[Document]:
        """Return the records with that external id; case is ignored."""
        index = self.find(_EXTERNAL, f"{kind.name}/{value.lower()}")
        ids: list[str] = [] if index is None else index["ids"]
        found = (self.find(kind.name, record_id) for record_id in ids)
        return [record for record in found if record is not None]

    def records(self, kind: ObjectType) -> list[Document]:
        """Return all records of an object, oldest first."""
        stored = {record["Id"]: record for record in self.store.all(SYSTEM, kind.name)}
        layers: list[Change] = [self]
        while (outer := layers[0].outer) is not None:
            layers.insert(0, outer)
        for layer in layers:
            for (name, key), document in layer.staged.items():
                if name == kind.name:
                    stored[key] = document
        return list(stored.values())

    def create(self, kind: ObjectType, fields: Document) -> Document:
        """Return a new record.

        Raises:
            ApiError: A field is not valid or missing, or the external id is taken.
        """
        record = dict(kind.defaults) | self._resolved(kind, fields)
        check_required(kind, record)
        external = record.get(EXTERNAL_ID)
        if external and self.matching(kind, external):
            message = f"duplicate value found: {EXTERNAL_ID} duplicates value on another record"
            raise ApiError("DUPLICATE_VALUE", message, fields=(EXTERNAL_ID,))
        stamp = _stamp(self.at)
        record |= {"Id": self._new_id(kind), "CreatedDate": stamp} | derive(kind, record)
        self._stage(kind, record, stamp)
        if external:
            self.index(kind, external, record["Id"])
        self._note(kind, record, "created")
        return record

    def update(self, kind: ObjectType, record: Document, fields: Document) -> Document:
        """Return the record with these fields changed.

        Raises:
            ApiError: A field is not valid or would be missing.
        """
        changed = record | self._resolved(kind, fields)
        check_required(kind, changed)
        changed |= derive(kind, changed)
        if changed == record:
            return record
        self._stage(kind, changed, _stamp(self.at))
        self._note(kind, changed, "updated")
        return changed

    def index(self, kind: ObjectType, external: str, record_id: str) -> None:
        """Add a record to the index of an external id."""
        key = f"{kind.name}/{external.lower()}"
        known = self.find(_EXTERNAL, key) or {"ids": []}
        self.staged[_EXTERNAL, key] = {"ids": [*known["ids"], record_id]}

    def clone(self, kind: ObjectType, record: Document) -> Document:
        """Create and return a second record with the same external id, as a faulty import would."""
        twin = record | {"Id": self._new_id(kind)}
        self.staged[kind.name, twin["Id"]] = twin
        self.index(kind, str(record[EXTERNAL_ID]), twin["Id"])
        return twin

    def find(self, kind: str, key: str) -> Document | None:
        """Return a document of this request's view, or None."""
        if (kind, key) in self.staged:
            return dict(self.staged[kind, key])
        if self.outer is not None:
            return self.outer.find(kind, key)
        return self.store.get(SYSTEM, kind, key)

    def _stage(self, kind: ObjectType, record: Document, stamp: str) -> None:
        record |= {"LastModifiedDate": stamp, "SystemModstamp": stamp}
        self.staged[kind.name, record["Id"]] = record

    def _note(self, kind: ObjectType, record: Document, what: str) -> None:
        key = str(record.get(EXTERNAL_ID) or record["Id"])
        summary = str(record.get("StageName") or record.get("Subject") or record.get("Name") or "")
        self.notes.append((f"{kind.name.lower()}.{what}", key, summary))

    def _new_id(self, kind: ObjectType) -> str:
        number = self.store.next_number(SYSTEM, kind.name)
        return full_id(f"{kind.prefix}Pe{number:010}")

    def _resolved(self, kind: ObjectType, fields: Document) -> Document:
        plain = dict(fields)
        for lookup, targets in kind.lookups.items():
            relation = lookup.removesuffix("Id")
            if relation in plain:
                plain[lookup] = self._by_relation(targets, plain.pop(relation))
        check_fields(kind, plain)
        for lookup, targets in kind.lookups.items():
            if plain.get(lookup):
                plain[lookup] = self._pointed_at(lookup, targets, plain[lookup])
        return plain

    def _by_relation(self, targets: tuple[str, ...], relation: object) -> str:
        if not isinstance(relation, dict):
            raise ApiError("JSON_PARSER_ERROR", "a relation must be an object with an external id")
        relation = cast("Document", relation)
        attributes = relation.get("attributes")
        given = cast("Document", attributes).get("type") if isinstance(attributes, dict) else None
        named = str(relation.get("type") or given or targets[0])
        value = str(relation.get(EXTERNAL_ID, ""))
        found = self.matching(object_type(named), value) if named in targets else []
        if not found:
            message = (
                f"Foreign key external ID: {value} not found for field {EXTERNAL_ID}"
                f" in entity {named}"
            )
            raise ApiError("INVALID_FIELD", message)
        return str(found[0]["Id"])

    def _pointed_at(self, lookup: str, targets: tuple[str, ...], record_id: str) -> str:
        for target in targets:
            kind = object_type(target)
            if record_id.startswith(kind.prefix) and self.record(kind, record_id) is not None:
                return full_id(record_id)
        message = f"{lookup}: id value of incorrect type or unknown: {record_id}"
        raise ApiError("INVALID_CROSS_REFERENCE_KEY", message, fields=(lookup,))


def full_id(record_id: str) -> str:
    """Return a record id in its case-safe form of 18 characters.

    The last three characters encode which of the first fifteen are capitals, five bits each.
    """
    base = record_id[:15]
    suffix = ""
    for start in (0, 5, 10):
        bits = sum(1 << at for at, char in enumerate(base[start : start + 5]) if char.isupper())
        suffix += _SUFFIX[bits]
    return base + suffix


def _stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}+0000"
