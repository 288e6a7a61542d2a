"""The contract check: validates every request body against the hand-written XML schema, compiled once."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Protocol, cast

from lxml import etree

from sandbox.workday.soap import WD, Element, ValidationFaultError, local_name

_FILE = Path(__file__).parent / "revenue_management.xsd"


class _Offence(Protocol):
    message: str
    path: str | None


@cache
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(_FILE))


def check_contract(payload: Element) -> None:
    """Check that a request element is valid by the schema.

    Raises:
        ValidationFaultError: It is not valid; the fault names the first error and its place.
    """
    if _schema().validate(payload):
        return
    # Validate once more as a separate document, so that the path starts at the request element.
    alone = etree.fromstring(etree.tostring(payload, with_tail=False))
    schema = _schema()
    schema.validate(alone)
    offence = cast("Sequence[_Offence]", schema.error_log)[0]
    message = offence.message.replace(f"{{{WD}}}", "wd:")
    raise ValidationFaultError(f"Invalid request: {message}", _named_path(alone, offence.path))


def path_of(node: Element) -> str:
    """Return the path of a node, such as `/wd:Submit_Customer_Request/wd:Customer_Data[1]`."""
    steps: list[str] = []
    current: Element | None = node
    while current is not None and etree.QName(current).namespace == WD:
        steps.append(_step(current))
        current = current.getparent()
    return "/" + "/".join(reversed(steps))


def _step(node: Element) -> str:
    parent = node.getparent()
    name = f"wd:{local_name(node)}"
    if parent is None or etree.QName(parent).namespace != WD:
        return name
    return f"{name}[{parent.findall(node.tag).index(node) + 1}]"


def _named_path(document: Element, path: str | None) -> str:
    # libxml2 writes the prefix that the client chose, or `/*/*[2]`, which is not readable.
    prefixes = {
        prefix: uri for node in document.iter() for prefix, uri in node.nsmap.items() if prefix
    }
    found = cast("list[Element]", document.xpath(path, namespaces=prefixes)) if path else []
    return path_of(found[0]) if found else f"/wd:{local_name(document)}"
