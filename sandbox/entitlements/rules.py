"""The content of grants and holds, which of two versions is kept, and the access that follows from them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, cast

from sandbox.store import Document


class InvalidBodyError(ValueError):
    """The body of a request is not valid."""


class Verdict(StrEnum):
    """What was done with a version that arrived."""

    CREATED = "created"
    REPLACED = "replaced"
    REPEATED = "repeated"
    SUPERSEDED = "superseded"
    CONFLICT = "conflict"


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """The document that is stored afterwards, and what was done with the one that arrived."""

    verdict: Verdict
    stored: Document


def parse_grant(body: object) -> Document:
    """Return the content of a grant with its instants in UTC.

    Raises:
        InvalidBodyError: A field is missing, unknown or not valid.
    """
    fields = _fields(body, {"subscription_id", "version", "features", "from", "until"})
    starts_at, until = _instant(fields, "from"), _instant(fields, "until")
    if until < starts_at:
        raise InvalidBodyError("until must not lie before from")
    return _versioned(fields) | {
        "features": _features(fields["features"]),
        "from": _written(starts_at),
        "until": _written(until),
    }


def parse_hold(body: object) -> Document:
    """Return the content of a hold with its instant in UTC.

    Raises:
        InvalidBodyError: A field is missing, unknown or not valid.
    """
    fields = _fields(body, {"subscription_id", "version", "active", "reason", "from"})
    if not isinstance(fields["active"], bool):
        raise InvalidBodyError("active must be true or false")
    if not isinstance(fields["reason"], str):
        raise InvalidBodyError("reason must be a string")
    starts_at = _written(_instant(fields, "from"))
    return _versioned(fields) | {
        "active": fields["active"],
        "reason": fields["reason"],
        "from": starts_at,
    }


def higher_version(current: Document | None, arrived: Document) -> Outcome:
    """Return which of two versions of the same document is kept: always the higher one."""
    if current is None:
        return Outcome(verdict=Verdict.CREATED, stored=arrived)
    if arrived["version"] > current["version"]:
        return Outcome(verdict=Verdict.REPLACED, stored=arrived)
    if arrived["version"] < current["version"]:
        return Outcome(verdict=Verdict.SUPERSEDED, stored=current)
    verdict = Verdict.REPEATED if arrived == current else Verdict.CONFLICT
    return Outcome(verdict=verdict, stored=current)


def access(account: Document, now: datetime) -> Document:
    """Return what an account may use at an instant.

    The quantity of a feature is the highest of the active grants of a subscription, because the grant of a
    renewal overlaps its predecessor. The quantities of several subscriptions are added up. A subscription
    with an active hold gives nothing. Its grants are still listed, because they count again when the hold
    ends.
    """
    grants = [grant for grant in account["grants"].values() if is_active_grant(grant, now)]
    holds = [hold for hold in account["holds"].values() if is_active_hold(hold, now)]
    held = {hold["subscription_id"] for hold in holds}
    most: dict[tuple[str, str], int] = {}
    for grant in grants:
        if grant["subscription_id"] in held:
            continue
        for key, quantity in grant["features"].items():
            place = (key, grant["subscription_id"])
            most[place] = max(most.get(place, 0), quantity)
    features: dict[str, int] = {}
    for (key, _), quantity in most.items():
        features[key] = features.get(key, 0) + quantity
    return {
        "account_id": account["account_id"],
        "features": dict(sorted(features.items())),
        "grants": sorted(grant["grant_id"] for grant in grants),
        "holds": sorted(hold["hold_id"] for hold in holds),
    }


def is_active_grant(grant: Document, now: datetime) -> bool:
    """Return whether `from` is reached and `until` is not."""
    return bool(
        datetime.fromisoformat(grant["from"]) <= now < datetime.fromisoformat(grant["until"])
    )


def is_active_hold(hold: Document, now: datetime) -> bool:
    """Return whether the hold is in force at this instant."""
    return bool(hold["active"] and datetime.fromisoformat(hold["from"]) <= now)


def _fields(body: object, names: set[str]) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise InvalidBodyError("the body must be a JSON object")
    given = cast("dict[str, Any]", body)
    if set(given) != names:
        missing, unknown = sorted(names - set(given)), sorted(set(given) - names)
        raise InvalidBodyError(f"missing fields: {missing}, unknown fields: {unknown}")
    return given


def _versioned(fields: dict[str, Any]) -> Document:
    subscription, version = fields["subscription_id"], fields["version"]
    if not isinstance(subscription, str) or not subscription:
        raise InvalidBodyError("subscription_id must be a string that is not empty")
    if type(version) is not int or version < 1:
        raise InvalidBodyError("version must be an integer of 1 or more")
    return {"subscription_id": subscription, "version": version}


def _features(given: object) -> dict[str, int]:
    if not isinstance(given, dict):
        raise InvalidBodyError("features must be an object")
    features = cast("dict[str, Any]", given)
    for key, quantity in features.items():
        if not key or type(quantity) is not int or quantity < 0:
            raise InvalidBodyError(f"features.{key} must be an integer of 0 or more")
    return dict(sorted(features.items()))


def _instant(fields: dict[str, Any], name: str) -> datetime:
    try:
        instant = datetime.fromisoformat(fields[name])
        in_utc = instant.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise InvalidBodyError(f"{name} must be an RFC 3339 instant") from None
    if instant.tzinfo is None:
        raise InvalidBodyError(f"{name} must have an offset from UTC")
    return in_utc


def _written(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")
