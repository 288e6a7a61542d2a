"""The contract check: every request body against the hand-written XML schema, compiled once."""

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
    """Accept a request element that follows the schema.

    Raises:
        ValidationFaultError: It does not; the fault names the first offence and where it is.
    """
    if _schema().validate(payload):
        return
    # Validated once more as a document of its own, so that the path starts at the request element.
    alone = etree.fromstring(etree.tostring(payload, with_tail=False))
    schema = _schema()
    schema.validate(alone)
    offence = cast("Sequence[_Offence]", schema.error_log)[0]
    message = offence.message.replace(f"{{{WD}}}", "wd:")
    raise ValidationFaultError(f"Invalid request: {message}", _named_path(alone, offence.path))


def path_of(node: Element) -> str:
    """Return where a node is, as `/wd:Submit_Customer_Request/wd:Customer_Data[1]`."""
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
    # libxml2 writes whatever prefix the client chose, or `/*/*[2]`, which tells a person nothing.
    prefixes = {
        prefix: uri for node in document.iter() for prefix, uri in node.nsmap.items() if prefix
    }
    found = cast("list[Element]", document.xpath(path, namespaces=prefixes)) if path else []
    return path_of(found[0]) if found else f"/wd:{local_name(document)}"
