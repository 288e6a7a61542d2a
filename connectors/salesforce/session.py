"""Calls to one org: composite requests, with a bearer token that is fetched again when it expires."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, cast

import httpx

from connectors.http_exchange import Answer, exchange
from connectors.salesforce.failures import (
    HALTED,
    SYSTEM,
    Refusal,
    failure_of,
    refusal_of,
)
from connectors.salesforce.settings import SalesforceSettings
from domain.failures import CredentialsError, OutcomeUnknownError, UnavailableError

Json: TypeAlias = dict[str, object]

_CONNECT_SECONDS: Final = 5.0
_FIRST_ERROR: Final = 300
_UNAUTHORIZED: Final = 401
_NOT_FOUND: Final = 404


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One subrequest of a composite.

    Attributes:
        reference: Name by which later steps refer to its answer, such as `@{account.id}`.
        path: Below `/services/data/vXX.0`.
        may_be_missing: Whether a 404 is an answer instead of a failure.
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


@dataclass(frozen=True, kw_only=True, slots=True)
class _Part:
    step: Step
    status: int
    body: object

    @property
    def is_found(self) -> bool:
        return self.status < _FIRST_ERROR

    @property
    def content(self) -> Json:
        body: object = self.body
        return cast("Json", body) if self.is_found and isinstance(body, dict) else {}


class SalesforceSession:
    """Calls an org as its integration user."""

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

        The answer is empty for a step with `may_be_missing` whose record is missing.

        Raises:
            UnavailableError: The steps only read, and the response does not contain their answers.
            OutcomeUnknownError: Some steps write, and the response does not contain their answers.
            CredentialsError: The org granted no token.
            PerennialError: A step failed, so none took effect; or the org was not reached, or did
                not answer.
        """
        root = f"/services/data/{self._settings.api_version}"
        requests = [_subrequest(root, step) for step in steps]
        # A missing record is an answer here, so it must not undo the other steps.
        is_strict = not any(step.may_be_missing for step in steps)
        body: Json = {"allOrNone": is_strict, "compositeRequest": requests}
        is_read = all(step.method == "GET" for step in steps)
        answer = await self._post(f"{root}/composite", body, is_read=is_read)
        parts = _parts(answer, steps)
        if parts is None:
            # A page of a proxy or a maintenance page with status 200 does not show what our request did.
            unclear = UnavailableError if is_read else OutcomeUnknownError
            raise unclear(f"{SYSTEM} sent an answer that is not a composite response")
        _check(parts)
        return {part.step.reference: part.content for part in parts}

    async def _post(self, path: str, body: Json, *, is_read: bool) -> Answer:
        token = self._token or await self._new_token(None)
        answer = await self._send(token, path, body, is_read=is_read)
        if answer.status == _UNAUTHORIZED:
            # The session may have expired. A proxy may report that without Salesforce's error code.
            answer = await self._send(await self._new_token(token), path, body, is_read=is_read)
        if answer.is_success:
            return answer
        failure = failure_of(
            answer.status, refusal_of(answer.json()), headers=answer.headers, is_read=is_read
        )
        raise failure

    async def _send(self, token: _Token, path: str, body: Json, *, is_read: bool) -> Answer:
        headers = {"Authorization": f"Bearer {token.value}"}
        request = self._client.build_request(
            "POST", token.address + path, json=body, headers=headers
        )
        return await exchange(self._client, request, system=SYSTEM, is_read=is_read)

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
        request = self._client.build_request(
            "POST", f"{settings.login_address}/services/oauth2/token", data=form
        )
        answer = await exchange(self._client, request, system=SYSTEM, is_read=True)
        body = answer.json()
        if not answer.is_success:
            refusal = failure_of(
                answer.status, refusal_of(body), headers=answer.headers, is_read=True
            )
            raise refusal
        granted = cast("Json", body) if isinstance(body, dict) else {}
        token = granted.get("access_token")
        if not isinstance(token, str) or not token:
            raise CredentialsError(f"{SYSTEM} granted no access token")
        address = str(granted.get("instance_url") or settings.login_address)
        return _Token(value=token, address=address.rstrip("/"))


def _subrequest(root: str, step: Step) -> Json:
    request: Json = {
        "method": step.method,
        "url": f"{root}{step.path}",
        "referenceId": step.reference,
    }
    if step.body is not None:
        request["body"] = step.body
    return request


def _parts(answer: Answer, steps: Sequence[Step]) -> list[_Part] | None:
    """Return the answer of each step, or None unless each step has exactly one."""
    body = answer.json()
    given = cast("Json", body).get("compositeResponse") if isinstance(body, dict) else None
    if not isinstance(given, list):
        return None
    entries = [cast("Json", each) for each in cast("list[object]", given) if isinstance(each, dict)]
    found = {each.get("referenceId"): each for each in entries}
    if len(entries) != len(steps) or set(found) != {step.reference for step in steps}:
        return None
    parts = [_part(step, found[step.reference]) for step in steps]
    return [part for part in parts if part is not None] if None not in parts else None


def _part(step: Step, entry: Json) -> _Part | None:
    status = entry.get("httpStatusCode")
    return _Part(step=step, status=status, body=entry.get("body")) if type(status) is int else None


def _check(parts: Sequence[_Part]) -> None:
    halted: tuple[int, Refusal] | None = None
    for part in parts:
        if part.is_found or (part.status == _NOT_FOUND and part.step.may_be_missing):
            continue
        refusal = refusal_of(part.body)
        if refusal.code != HALTED:
            failure = failure_of(part.status, refusal)
            raise failure
        halted = part.status, refusal
    if halted is not None:
        failure = failure_of(*halted)
        raise failure
