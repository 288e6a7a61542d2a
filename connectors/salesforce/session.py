"""Calls to one org: a bearer token fetched once and again when it expires, and composite requests."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, cast

import httpx

from connectors.http_failures import transport_failure
from connectors.salesforce.failures import (
    HALTED,
    SESSION_EXPIRED,
    SYSTEM,
    Refusal,
    failure_of,
    refusal_of,
)
from connectors.salesforce.settings import SalesforceSettings
from domain.failures import CredentialsError, OutcomeUnknownError

Json: TypeAlias = dict[str, object]

_CONNECT_SECONDS: Final = 5.0
_FIRST_ERROR: Final = 300
_UNAUTHORIZED: Final = 401
_NOT_FOUND: Final = 404


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One subrequest of a composite.

    Attributes:
        reference: Name by which later steps use its answer, as `@{account.id}`.
        path: Below `/services/data/vXX.0`.
        may_be_missing: A 404 is an answer, not a failure.
    """

    reference: str
    method: str
    path: str
    body: Json | None = None
    may_be_missing: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class _Token:
    value: str
    address: str


class SalesforceSession:
    """The org as the integration user sees it."""

    def __init__(self, settings: SalesforceSettings) -> None:
        self._settings = settings
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(settings.timeout_seconds, connect=_CONNECT_SECONDS)
        )
        self._token: _Token | None = None
        self._lock = asyncio.Lock()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def composite(self, steps: Sequence[Step]) -> dict[str, Json]:
        """Run all steps in one transaction and return the answer of each, by reference.

        The answer of a step that may be missing, and is, is empty.

        Raises:
            PerennialError: A step failed, so none took effect; or the org was not reached, or did
                not answer.
        """
        root = f"/services/data/{self._settings.api_version}"
        requests = [_subrequest(root, step) for step in steps]
        # A missing record is an answer here, and must not undo the other steps.
        is_strict = not any(step.may_be_missing for step in steps)
        body: Json = {"allOrNone": is_strict, "compositeRequest": requests}
        is_read = all(step.method == "GET" for step in steps)
        response = await self._post(f"{root}/composite", body, is_read=is_read)
        return _answers(response, steps)

    async def _post(self, path: str, body: Json, *, is_read: bool) -> httpx.Response:
        token = self._token or await self._new_token(None)
        response = await self._send(token, path, body, is_read=is_read)
        if _is_expired(response):
            response = await self._send(await self._new_token(token), path, body, is_read=is_read)
        if response.is_success:
            return response
        failure = failure_of(
            response.status_code,
            refusal_of(_json(response)),
            headers=response.headers,
            is_read=is_read,
        )
        raise failure

    async def _send(self, token: _Token, path: str, body: Json, *, is_read: bool) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token.value}"}
        try:
            return await self._client.post(token.address + path, json=body, headers=headers)
        except httpx.TransportError as error:
            failure = transport_failure(error, system=SYSTEM, is_read=is_read)
            raise failure from error

    async def _new_token(self, refused: _Token | None) -> _Token:
        async with self._lock:
            if self._token is None or self._token == refused:
                self._token = await self._fetch_token()
            return self._token

    async def _fetch_token(self) -> _Token:
        settings = self._settings
        form = {
            "grant_type": "client_credentials",
            "client_id": settings.client_id,
            "client_secret": settings.client_secret,
        }
        try:
            response = await self._client.post(
                f"{settings.login_address}/services/oauth2/token", data=form
            )
        except httpx.TransportError as error:
            lost = transport_failure(error, system=SYSTEM, is_read=True)
            raise lost from error
        body = _json(response)
        if not response.is_success:
            refusal = failure_of(
                response.status_code, refusal_of(body), headers=response.headers, is_read=True
            )
            raise refusal
        granted = cast("Json", body) if isinstance(body, dict) else {}
        if "access_token" not in granted:
            raise CredentialsError(f"{SYSTEM} granted no access token")
        address = str(granted.get("instance_url") or settings.login_address)
        return _Token(value=str(granted["access_token"]), address=address)


def _subrequest(root: str, step: Step) -> Json:
    request: Json = {
        "method": step.method,
        "url": f"{root}{step.path}",
        "referenceId": step.reference,
    }
    if step.body is not None:
        request["body"] = step.body
    return request


def _answers(response: httpx.Response, steps: Sequence[Step]) -> dict[str, Json]:
    body = _json(response)
    parts = cast("Json", body).get("compositeResponse") if isinstance(body, dict) else None
    if not isinstance(parts, list) or len(cast("list[Json]", parts)) != len(steps):
        raise OutcomeUnknownError(f"{SYSTEM} answered a composite with something else")
    pairs = list(zip(steps, cast("list[Json]", parts), strict=True))
    _check(pairs)
    return {step.reference: _content(part) for step, part in pairs}


def _check(pairs: Sequence[tuple[Step, Json]]) -> None:
    halted: tuple[int, Refusal] | None = None
    for step, part in pairs:
        status = cast("int", part["httpStatusCode"])
        if status < _FIRST_ERROR or (status == _NOT_FOUND and step.may_be_missing):
            continue
        refusal = refusal_of(part.get("body"))
        if refusal.code != HALTED:
            failure = failure_of(status, refusal)
            raise failure
        halted = status, refusal
    if halted is not None:
        failure = failure_of(*halted)
        raise failure


def _content(part: Json) -> Json:
    status, body = cast("int", part["httpStatusCode"]), part.get("body")
    is_found = status < _FIRST_ERROR and isinstance(body, dict)
    return cast("Json", body) if is_found else {}


def _is_expired(response: httpx.Response) -> bool:
    if response.status_code != _UNAUTHORIZED:
        return False
    return refusal_of(_json(response)).code == SESSION_EXPIRED


def _json(response: httpx.Response) -> object:
    try:
        body: object = response.json()
    except ValueError:
        return None
    return body
