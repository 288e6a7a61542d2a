"""A small part of SOQL: SELECT fields FROM object [WHERE ... AND ...] [ORDER BY field] [LIMIT n]."""

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.objects import EXTERNAL_ID, OBJECTS, ObjectType
from sandbox.salesforce.org import Change
from sandbox.store import Document

Value = str | float | bool | None

_QUERY = re.compile(
    r"\s*SELECT\s+(?P<fields>[\w\s,]+?)\s+FROM\s+(?P<object>\w+)"
    r"(?:\s+WHERE\s+(?P<where>.+?))?"
    r"(?:\s+ORDER\s+BY\s+(?P<order>\w+)(?:\s+(?P<direction>ASC|DESC))?)?"
    r"(?:\s+LIMIT\s+(?P<limit>\d+))?\s*",
    re.IGNORECASE | re.DOTALL,
)
_LITERAL = r"'(?:[^'\\]|\\.)*'|[\w.:+-]+"
_CONDITION = re.compile(
    rf"\s*(?P<field>\w+)\s*(?:(?P<operator>=|!=|<=|>=|<|>)\s*(?P<value>{_LITERAL})"
    rf"|\s+IN\s*\((?P<values>(?:\s*(?:{_LITERAL})\s*,?)+)\))\s*(?P<next>AND\b|$)",
    re.IGNORECASE,
)
_ORDERINGS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """One comparison; `IN` is written as `=` with several values."""

    field: str
    operator: str
    values: tuple[Value, ...]

    def holds(self, record: Document) -> bool:
        """Return whether a record satisfies the condition; as in Salesforce, case of text is ignored."""
        actual = _folded(record.get(self.field))
        wanted = [_folded(value) for value in self.values]
        if self.operator == "=":
            return actual in wanted
        if self.operator == "!=":
            return actual not in wanted
        if type(actual) is not type(wanted[0]) or actual is None:
            return False
        return _ORDERINGS[self.operator](actual, wanted[0])


@dataclass(frozen=True, kw_only=True, slots=True)
class Query:
    """A parsed query."""

    kind: ObjectType
    fields: tuple[str, ...]
    conditions: tuple[Condition, ...]
    order: str | None
    is_descending: bool
    limit: int | None


def parse(text: str) -> Query:
    """Return the parts of a query.

    Raises:
        ApiError: The query is not supported, or names an object or field that the org does not have.
    """
    match = _QUERY.fullmatch(text)
    if match is None:
        raise ApiError("MALFORMED_QUERY", f"unexpected token in query: {text}")
    kind = next((k for n, k in OBJECTS.items() if n.lower() == match["object"].lower()), None)
    if kind is None:
        message = f"sObject type '{match['object']}' is not supported."
        raise ApiError("INVALID_TYPE", message)
    fields = tuple(_field(kind, name.strip()) for name in match["fields"].split(","))
    return Query(
        kind=kind,
        fields=fields,
        conditions=_conditions(kind, match["where"]),
        order=_field(kind, match["order"]) if match["order"] else None,
        is_descending=(match["direction"] or "").upper() == "DESC",
        limit=int(match["limit"]) if match["limit"] else None,
    )


def run(query: Query, change: Change) -> list[Document]:
    """Return the records that match; oldest first if the query has no order."""
    found = [
        record
        for record in _candidates(query, change)
        if all(condition.holds(record) for condition in query.conditions)
    ]
    if query.order is not None:
        order = query.order
        found.sort(
            key=lambda record: (record.get(order) is not None, record.get(order)),
            reverse=query.is_descending,
        )
    return found[: query.limit]


def _candidates(query: Query, change: Change) -> list[Document]:
    for condition in query.conditions:
        if condition.field == EXTERNAL_ID and condition.operator == "=":
            return [
                record
                for value in condition.values
                for record in change.matching(query.kind, str(value))
            ]
    return change.records(query.kind)


def _conditions(kind: ObjectType, where: str | None) -> tuple[Condition, ...]:
    if where is None:
        return ()
    conditions: list[Condition] = []
    position = 0
    while position < len(where):
        match = _CONDITION.match(where, position)
        if match is None:
            raise ApiError("MALFORMED_QUERY", f"unexpected token: {where[position:]}")
        conditions.append(_condition(kind, match))
        position = match.end()
        if match["next"] and position == len(where):
            raise ApiError("MALFORMED_QUERY", "unexpected end of query after AND")
    return tuple(conditions)


def _condition(kind: ObjectType, match: re.Match[str]) -> Condition:
    literals = [match["value"]] if match["value"] else re.findall(_LITERAL, match["values"])
    return Condition(
        field=_field(kind, match["field"]),
        operator=match["operator"] or "=",
        values=tuple(_value(literal) for literal in literals),
    )


def _field(kind: ObjectType, name: str) -> str:
    found = next((field for field in kind.readable if field.lower() == name.lower()), None)
    if found is None:
        message = f"No such column '{name}' on entity '{kind.name}'."
        raise ApiError("INVALID_FIELD", message)
    return found


def _value(literal: str) -> Value:
    if literal.startswith("'"):
        return re.sub(r"\\(.)", r"\1", literal[1:-1])
    words: dict[str, bool | None] = {"true": True, "false": False, "null": None}
    if literal.lower() in words:
        return words[literal.lower()]
    try:
        return float(literal)
    except ValueError:
        return literal


def _folded(value: Value) -> Value:
    if isinstance(value, str):
        return value.lower()
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value
