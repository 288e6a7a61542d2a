"""Reads values from request elements that have passed the schema."""

from decimal import Decimal

from sandbox.workday.soap import WD, Element


def child(parent: Element, name: str) -> Element | None:
    """Return the first child of that name, or None."""
    return parent.find(f"{{{WD}}}{name}")


def children(parent: Element, name: str) -> list[Element]:
    """Return all children of that name, in order."""
    return parent.findall(f"{{{WD}}}{name}")


def text(parent: Element, name: str) -> str:
    """Return the text of a child, trimmed; empty when absent."""
    return (parent.findtext(f"{{{WD}}}{name}") or "").strip()


def flag(parent: Element, name: str, *, default: bool = False) -> bool:
    """Return an `xsd:boolean` child."""
    value = text(parent, name)
    return value in {"true", "1"} if value else default


def attribute_flag(node: Element, name: str) -> bool:
    """Return an `xsd:boolean` attribute of the service's namespace, false when absent."""
    return node.get(f"{{{WD}}}{name}") in {"true", "1"}


def amount(parent: Element, name: str) -> Decimal | None:
    """Return a decimal child, or None when absent."""
    value = text(parent, name)
    return Decimal(value) if value else None


def reference_value(parent: Element, name: str) -> str:
    """Return the value of the first ID of a reference, empty when absent."""
    reference = child(parent, name)
    return "" if reference is None else text(reference, "ID")


def plain(value: Decimal) -> str:
    """Return an amount without exponent and without trailing zeros, such as `12.5` or `1200`."""
    written = format(value, "f")
    return written.rstrip("0").rstrip(".") if "." in written else written
