"""The REST resources as functions of method, path and body, so that a composite request can call them too."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from sandbox.salesforce import soql
from sandbox.salesforce.errors import ApiError, NotFoundError
from sandbox.salesforce.objects import EXTERNAL_ID, ObjectType, object_type
from sandbox.salesforce.org import Change
from sandbox.store import Document

VERSION = "v67.0"
ROOT = f"/services/data/{VERSION}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One call of a resource: the path is relative to the API root and still percent-encoded."""

    method: str
    url: str
    body: Document

    @property
    def segments(self) -> list[str]:
        """Return the decoded parts of the path below `/services/data/vXX.X/`."""
        return [unquote(part) for part in urlsplit(self.url).path.strip("/").split("/")]

    def parameter(self, name: str) -> str:
        """Return a query parameter, empty when absent."""
        return parse_qs(urlsplit(self.url).query).get(name, [""])[0]


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """Status and JSON body of an answer; None means no body."""

    status: int
    body: object = None


def perform(call: Call, change: Change) -> Result:
    """Return the answer of one call and stage its changes.

    Raises:
        NotFoundError: There is no such resource.
    """
    segments = call.segments
    if segments == ["query"] and call.method == "GET":
        return _query(call, change)
    handler = _HANDLERS.get((call.method, len(segments))) if segments[0] == "sobjects" else None
    if handler is None:
        raise NotFoundError
    return handler(call, object_type(segments[1]), change)


def _upsert(call: Call, kind: ObjectType, change: Change) -> Result:
    _, _, name, value = call.segments
    if name.lower() == "id":
        return _update(call, kind, change)
    _check_external_field(kind, name)
    if EXTERNAL_ID in call.body:
        message = f"The {EXTERNAL_ID} field should not be specified in the sobject data."
        raise ApiError("INVALID_FIELD", message, fields=(EXTERNAL_ID,))
    found = change.matching(kind, value)
    if len(found) > 1:
        return Result(status=300, body=[_url(kind, record) for record in found])
    if found:
        record = change.update(kind, found[0], call.body)
    elif call.parameter("updateOnly").lower() == "true":
        raise NotFoundError
    else:
        record = change.create(kind, call.body | {EXTERNAL_ID: value})
    created = not found
    body: Document = {"id": record["Id"], "success": True, "errors": [], "created": created}
    return Result(status=201 if created else 200, body=body)


def _create(call: Call, kind: ObjectType, change: Change) -> Result:
    record = change.create(kind, call.body)
    return Result(status=201, body={"id": record["Id"], "success": True, "errors": []})


def _update(call: Call, kind: ObjectType, change: Change) -> Result:
    record = change.record(kind, call.segments[-1])
    if record is None:
        raise NotFoundError
    change.update(kind, record, call.body)
    return Result(status=204)


def _read(call: Call, kind: ObjectType, change: Change) -> Result:
    record = change.record(kind, call.segments[2])
    if record is None:
        raise NotFoundError
    return Result(status=200, body=_shown(kind, record, _asked_fields(call, kind)))


def _read_by_external_id(call: Call, kind: ObjectType, change: Change) -> Result:
    _, _, name, value = call.segments
    _check_external_field(kind, name)
    found = change.matching(kind, value)
    if not found:
        raise NotFoundError
    if len(found) > 1:
        return Result(status=300, body=[_url(kind, record) for record in found])
    return Result(status=200, body=_shown(kind, found[0], _asked_fields(call, kind)))


def _query(call: Call, change: Change) -> Result:
    query = soql.parse(call.parameter("q"))
    records = [_shown(query.kind, record, query.fields) for record in soql.run(query, change)]
    body: Document = {"totalSize": len(records), "done": True, "records": records}
    return Result(status=200, body=body)


def _asked_fields(call: Call, kind: ObjectType) -> tuple[str, ...]:
    asked = call.parameter("fields")
    if not asked:
        return kind.readable
    names = tuple(name.strip() for name in asked.split(","))
    unknown = [name for name in names if name not in kind.readable]
    if unknown:
        raise ApiError("INVALID_FIELD", f"No such column '{unknown[0]}' on entity '{kind.name}'.")
    return names


def _shown(kind: ObjectType, record: Document, fields: tuple[str, ...]) -> Document:
    attributes = {"type": kind.name, "url": _url(kind, record)}
    return {"attributes": attributes} | {name: record.get(name) for name in fields}


def _url(kind: ObjectType, record: Document) -> str:
    return f"{ROOT}/sobjects/{kind.name}/{record['Id']}"


def _check_external_field(kind: ObjectType, name: str) -> None:
    if name.lower() != EXTERNAL_ID.lower():
        message = (
            f"Provided external ID field does not exist or is not accessible: {name} on {kind.name}"
        )
        raise ApiError("NOT_FOUND", message, status=404)


_HANDLERS: dict[tuple[str, int], Callable[[Call, ObjectType, Change], Result]] = {
    ("POST", 2): _create,
    ("GET", 3): _read,
    ("PATCH", 3): _update,
    ("GET", 4): _read_by_external_id,
    ("PATCH", 4): _upsert,
}
