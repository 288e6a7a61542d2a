"""Small parts that several of Stripe's objects share."""

from collections.abc import Mapping

from sandbox.store import Document


def merge_metadata(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, str]:
    """Return metadata after an update: an empty value unsets a key, an empty hash unsets all."""
    if not new:
        return {}
    return {name: value for name, value in {**old, **new}.items() if value}


def billing_details(given: Document | None = None) -> Document:
    """Return billing details with all their members."""
    known = given or {}
    address: Document = known.get("address") or {}
    names = ("city", "country", "line1", "line2", "postal_code", "state")
    return {
        "address": {name: address.get(name) for name in names},
        "email": known.get("email"),
        "name": known.get("name"),
        "phone": known.get("phone"),
        "tax_id": known.get("tax_id"),
    }
