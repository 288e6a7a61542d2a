"""The entitlement service over its REST contract: writes versioned grants and holds, reads access.

This is the last call before a customer may use what was paid for. All these calls therefore share one
pool of open connections.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias, cast
from urllib.parse import quote

import httpx

from connectors.http_exchange import Answer, exchange
from connectors.http_failures import status_failure
from domain.entitlements.grants import Access, FeatureQuantity, Grant
from domain.entitlements.holds import Hold, HoldLevel
from domain.failures import OutcomeUnknownError, RejectedError, UnavailableError

_SYSTEM: Final = "The entitlement service"
_CONNECT_SECONDS: Final = 2.0
_KEEP_ALIVE_SECONDS: Final = 60.0
# A customer has paid and waits, so a longer pause that the service asks for is cut to this.
_LONGEST_PAUSE: Final = timedelta(seconds=10)

_Json: TypeAlias = dict[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class EntitlementSettings:
    """How to reach the entitlement service.

    Attributes:
        base_address: Where `/v1/accounts/...` begins.
        api_key: Bearer key.
        timeout_seconds: Longest wait for an answer.
        connections: Most connections open at once.
    """

    base_address: str
    api_key: str = field(repr=False)
    timeout_seconds: float = 5.0
    connections: int = 100


class RestEntitlementService:
    """Grants, holds and access of all accounts."""

    def __init__(self, settings: EntitlementSettings) -> None:
        self._client = httpx.AsyncClient(
            base_url=settings.base_address,
            headers={"Authorization": f"Bearer {settings.api_key}"},
            timeout=httpx.Timeout(settings.timeout_seconds, connect=_CONNECT_SECONDS),
            limits=httpx.Limits(
                max_connections=settings.connections,
                max_keepalive_connections=settings.connections,
                keepalive_expiry=_KEEP_ALIVE_SECONDS,
            ),
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def put_grant(self, grant: Grant) -> None:
        """Make sure that the service has the grant at this version or a higher one.

        Raises:
            ConflictError: The service already has this version with other content.
            OutcomeUnknownError: There was no answer, or it does not name the stored version.
            PerennialError: The service refused, was unavailable, or did not answer.
        """
        body: _Json = {
            "subscription_id": grant.subscription_id,
            "version": grant.version,
            "features": {feature.key: feature.quantity for feature in grant.features},
            "from": _instant(grant.starts_at),
            "until": _instant(grant.until),
        }
        path = _path(grant.account_id, "grants", grant.grant_id)
        _check_version(await self._call("PUT", path, body), grant.version, grant.grant_id)

    async def put_hold(self, hold: Hold) -> None:
        """Make sure that the service has the hold at this version or a higher one.

        Raises:
            RejectedError: The hold is less than full, which the contract has no word for.
            ConflictError: The service already has this version with other content.
            OutcomeUnknownError: There was no answer, or it does not name the stored version.
            PerennialError: The service refused, was unavailable, or did not answer.
        """
        if hold.level is not HoldLevel.HELD:
            raise RejectedError(f"{_SYSTEM} cannot be told of a hold that is only {hold.level}")
        body: _Json = {
            "subscription_id": hold.subscription_id,
            "version": hold.version,
            "active": hold.is_active,
            "reason": hold.reason,
            "from": _instant(hold.starts_at),
        }
        path = _path(hold.account_id, "holds", hold.hold_id)
        _check_version(await self._call("PUT", path, body), hold.version, hold.hold_id)

    async def read_access(self, account_id: str) -> Access:
        """Return what the account may use right now.

        Raises:
            UnavailableError: The answer cannot be read as access.
            PerennialError: The service refused or was unavailable.
        """
        answer = await self._call("GET", _path(account_id, "access"))
        try:
            return _access_of(account_id, cast("_Json", answer.json()))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise UnavailableError(f"{_SYSTEM} sent an answer that is not access") from None

    async def _call(self, method: str, path: str, body: _Json | None = None) -> Answer:
        is_read = method == "GET"
        request = self._client.build_request(method, path, json=body)
        answer = await exchange(self._client, request, system=_SYSTEM, is_read=is_read)
        if answer.is_success:
            return answer
        refusal = status_failure(
            answer.status,
            system=_SYSTEM,
            detail=_detail(answer),
            headers=answer.headers,
            is_read=is_read,
            longest_pause=_LONGEST_PAUSE,
        )
        raise refusal


def _check_version(answer: Answer, version: int, key: str) -> None:
    # A login page or a proxy may also answer 200. Without this check, a customer who has paid would
    # stay without access, and no error would show it.
    body = answer.json()
    stored = cast("_Json", body).get("version") if isinstance(body, dict) else None
    if type(stored) is not int or stored < version:
        raise OutcomeUnknownError(f"{_SYSTEM} did not confirm version {version} of {key}")


def _path(account_id: str, *rest: str) -> str:
    return "/".join(["/v1/accounts", *(quote(part, safe="") for part in (account_id, *rest))])


def _instant(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _access_of(account_id: str, body: _Json) -> Access:
    features = cast("Mapping[str, int]", body["features"])
    return Access(
        account_id=account_id,
        features=tuple(
            FeatureQuantity(key=key, quantity=int(quantity))
            for key, quantity in sorted(features.items())
        ),
        grants=_ids(body["grants"]),
        holds=_ids(body["holds"]),
    )


def _ids(entries: object) -> tuple[str, ...]:
    return tuple(str(entry) for entry in cast("list[object]", entries))


def _detail(answer: Answer) -> str:
    body = answer.json()
    if not isinstance(body, dict):
        return ""
    said = cast("_Json", body)
    return str(said.get("detail") or said.get("title") or said.get("error") or "")
