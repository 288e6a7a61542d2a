"""Request parameters: Stripe's nested form encoding, turned into typed values by a schema."""

import json
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TypeAlias
from urllib.parse import parse_qsl

from sandbox.store import Document
from sandbox.stripe.errors import refuse

Raw: TypeAlias = "str | dict[str, Raw]"
"""A form-encoded value before a schema is applied: text, or members by name or index."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of parameter: how its text becomes a JSON value, and its members."""

    read: Callable[[Raw, str], object]
    members: "Fields | None" = None


Fields: TypeAlias = Mapping[str, Kind]


def parse(encoded: str) -> dict[str, Raw]:
    """Return the nested members of `a=1&b[c]=2&d[0]=3`; `d[]` counts up by itself."""
    tree: dict[str, Raw] = {}
    for name, value in parse_qsl(encoded, keep_blank_values=True):
        head, *rest = name.replace("]", "").split("[")
        node: dict[str, Raw] = tree
        for part in rest:
            child = node.setdefault(head or str(len(node)), {})
            if isinstance(child, str):
                refuse("Invalid hash", param=name)
            node, head = child, part
        node[head or str(len(node))] = value
    return tree


def canonical(tree: Mapping[str, Raw]) -> str:
    """Return the same text for the same parameters in any order."""
    return json.dumps(tree, sort_keys=True)


def coerce(tree: Mapping[str, Raw], fields: Fields, prefix: str = "") -> Document:
    """Return the parameters as JSON values.

    Raises:
        StripeError: A parameter is unknown, not supported by the sandbox, or of the wrong type.
    """
    values: Document = {}
    for name, raw in tree.items():
        param = f"{prefix}[{name}]" if prefix else name
        if name not in fields:
            message = f"Received unknown parameter: {param} (or the sandbox does not support it)"
            refuse(message, param=param, code="parameter_unknown")
        values[name] = fields[name].read(raw, param)
    return values


def _text(raw: Raw, param: str) -> str | None:
    if not isinstance(raw, str):
        refuse(f"Invalid string: {param}", param=param)
    # In the form encoding an empty text means null: it unsets the field.
    return raw or None


def _integer(raw: Raw, param: str) -> int | None:
    if raw == "":
        return None
    if not isinstance(raw, str) or not raw.removeprefix("-").isascii():
        refuse(f"Invalid integer: {raw}", param=param, code="parameter_invalid_integer")
    if not raw.removeprefix("-").isdigit():
        refuse(f"Invalid integer: {raw}", param=param, code="parameter_invalid_integer")
    return int(raw)


def _flag(raw: Raw, param: str) -> bool:
    if raw not in {"true", "false"}:
        refuse(f"Invalid boolean: {raw}", param=param)
    return raw == "true"


def _decimal(raw: Raw, param: str) -> str:
    try:
        number = Decimal(raw if isinstance(raw, str) else "")
    except InvalidOperation:
        refuse(f"Invalid decimal: {raw}", param=param, code="parameter_invalid_decimal")
    if not number.is_finite():
        refuse(f"Invalid decimal: {raw}", param=param, code="parameter_invalid_decimal")
    return str(raw)


_METADATA_KEYS, _METADATA_NAME, _METADATA_VALUE = 50, 40, 500


def _metadata(raw: Raw, param: str) -> dict[str, str]:
    if raw == "":
        return {}
    if not isinstance(raw, dict):
        refuse("Metadata must be a hash.", param=param)
    if len(raw) > _METADATA_KEYS:
        refuse("Metadata can have up to 50 keys.", param=param)
    values: dict[str, str] = {}
    for name, value in raw.items():
        if len(name) > _METADATA_NAME or not isinstance(value, str) or len(value) > _METADATA_VALUE:
            refuse(
                "Metadata keys can have up to 40 characters, values up to 500.",
                param=f"{param}[{name}]",
            )
        values[name] = value
    return values


TEXT = Kind(_text)
INTEGER = Kind(_integer)
FLAG = Kind(_flag)
DECIMAL = Kind(_decimal)
METADATA = Kind(_metadata)


def choice(*allowed: str) -> Kind:
    """Return the kind of a text that must be one of the allowed ones."""

    def read(raw: Raw, param: str) -> str:
        if raw not in allowed:
            refuse(f"Invalid {param}: must be one of {', '.join(allowed)}", param=param)
        return str(raw)

    return Kind(read)


def nested(fields: Fields) -> Kind:
    """Return the kind of a hash with these members; an empty text unsets it."""

    def read(raw: Raw, param: str) -> Document | None:
        if raw == "":
            return None
        if isinstance(raw, str):
            refuse(f"Invalid object: {param}", param=param)
        return coerce(raw, fields, param)

    return Kind(read, fields)


def listed(kind: Kind) -> Kind:
    """Return the kind of an array; an empty text is the empty array."""

    def read(raw: Raw, param: str) -> list[object]:
        if raw == "":
            return []
        if isinstance(raw, str):
            refuse(f"Invalid array: {param}", param=param)
        return [kind.read(item, f"{param}[{index}]") for index, item in raw.items()]

    return Kind(read, kind.members)


def either(number: Kind, fields: Fields) -> Kind:
    """Return the kind of a parameter that is a plain value or a hash, such as `created`."""
    hashed = nested(fields)

    def read(raw: Raw, param: str) -> object:
        return number.read(raw, param) if isinstance(raw, str) else hashed.read(raw, param)

    return Kind(read)


RANGE = either(INTEGER, {"gt": INTEGER, "gte": INTEGER, "lt": INTEGER, "lte": INTEGER})
ADDRESS = nested(dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"), TEXT))
EXPAND: Fields = {"expand": listed(TEXT)}
PAGING: Fields = {
    **EXPAND,
    "limit": INTEGER,
    "starting_after": TEXT,
    "ending_before": TEXT,
}


_COMPARISONS: Mapping[str, Callable[[int, int], bool]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}


def in_range(value: int, wanted: int | Mapping[str, int] | None) -> bool:
    """Return whether a timestamp matches a `RANGE` parameter."""
    if wanted is None or isinstance(wanted, int):
        return wanted is None or value == wanted
    return all(_COMPARISONS[name](value, bound) for name, bound in wanted.items())


def only(document: Document, names: Sequence[str]) -> Document:
    """Return the named members of a document, null where absent."""
    return {name: document.get(name) for name in names}
