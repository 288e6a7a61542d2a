"""Calls to one tenant's `Revenue_Management` service, by WS-Security token or OAuth bearer token."""

import asyncio
import logging
from typing import Final, cast

import httpx

from connectors.http_exchange import Answer, exchange
from connectors.http_failures import status_failure
from connectors.vendor_words import vendor_words
from connectors.workday.envelopes import (
    Element,
    Fields,
    all_at,
    envelope,
    name_of,
    parse_body,
    request_element,
    text_at,
)
from connectors.workday.faults import SYSTEM, failure_of, parse_fault
from connectors.workday.settings import OAuthClient, WorkdaySettings
from domain.failures import CredentialsError, OutcomeUnknownError, UnavailableError

_CONNECT_SECONDS: Final = 10.0
_REFUSED_GRANTS: Final = frozenset({400, 401, 403})
_EXCEPTIONS: Final = "Exceptions_Response_Data/Exceptions_Data/Exception_Data"

_log = logging.getLogger(__name__)


class WorkdayService:
    """Calls a tenant as our integration system user."""

    def __init__(self, settings: WorkdaySettings) -> None:
        self._version = settings.version
        self._credentials = settings.credentials
        service = f"{settings.tenant}/Revenue_Management/{settings.version}"
        self._address = f"{settings.address}/ccx/service/{service}"
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(settings.timeout_seconds, connect=_CONNECT_SECONDS)
        )
        self._bearer: str | None = None
        self._lock = asyncio.Lock()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def call(self, operation: str, fields: Fields, *, is_add_only: bool = False) -> Element:
        """Run an operation and return its response element; warnings in it are logged.

        Args:
            operation: Name of the operation, such as `Submit_Customer_Invoice`.
            fields: The request's fields by name.
            is_add_only: Whether an existing reference ID is an error.

        Raises:
            CredentialsError: Workday does not accept our credentials.
            PerennialError: Workday refused, was unavailable, or did not answer.
        """
        payload = request_element(
            f"{operation}_Request", fields, version=self._version, is_add_only=is_add_only
        )
        if isinstance(self._credentials, OAuthClient):
            answer = await self._call_as_bearer(operation, payload, self._credentials)
        else:
            answer = await self._attempt(operation, envelope(payload, self._credentials), {})
        _log_warnings(operation, answer)
        return answer

    async def _call_as_bearer(
        self, operation: str, payload: Element, oauth: OAuthClient
    ) -> Element:
        content = envelope(payload, None)
        bearer = self._bearer or await self._new_bearer(oauth, refused=None)
        try:
            return await self._attempt(operation, content, _authorization(bearer))
        except CredentialsError:
            # The bearer token may have expired: fetch a new one, once.
            bearer = await self._new_bearer(oauth, refused=bearer)
        return await self._attempt(operation, content, _authorization(bearer))

    async def _attempt(self, operation: str, content: bytes, headers: dict[str, str]) -> Element:
        is_read = operation.startswith("Get_")
        soap = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": ""}
        request = self._client.build_request(
            "POST", self._address, content=content, headers=soap | headers
        )
        answer = await exchange(self._client, request, system=SYSTEM, is_read=is_read)
        return _payload(answer, f"{operation}_Response", is_read=is_read)

    async def _new_bearer(self, oauth: OAuthClient, *, refused: str | None) -> str:
        async with self._lock:
            # Another call may have fetched a new one while this one was being refused.
            if self._bearer is None or self._bearer == refused:
                self._bearer = await self._fetch_bearer(oauth)
            return self._bearer

    async def _fetch_bearer(self, oauth: OAuthClient) -> str:
        form = {"grant_type": "client_credentials"}
        if oauth.refresh_token is not None:
            form = {"grant_type": "refresh_token", "refresh_token": oauth.refresh_token}
        request = self._client.build_request("POST", oauth.token_address, data=form)
        answer = await exchange(
            self._client,
            request,
            system=SYSTEM,
            is_read=True,
            auth=(oauth.client_id, oauth.client_secret),
        )
        body = answer.json()
        granted = cast("dict[str, object]", body) if isinstance(body, dict) else {}
        token = granted.get("access_token")
        if answer.is_success and isinstance(token, str) and token:
            return token
        if answer.is_success or answer.status in _REFUSED_GRANTS:
            raise CredentialsError(f"{SYSTEM} granted no access token: {answer.status}")
        refusal = status_failure(answer.status, system=SYSTEM, headers=answer.headers, is_read=True)
        raise refusal


def _authorization(bearer: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {bearer}"}


def _payload(answer: Answer, expected: str, *, is_read: bool) -> Element:
    body = parse_body(answer.content)
    fault = None if body is None else parse_fault(body)
    if fault is not None:
        failure = failure_of(fault)
        if is_read and isinstance(failure, OutcomeUnknownError):
            raise UnavailableError(str(failure))
        raise failure
    if not answer.is_success:
        refusal = status_failure(
            answer.status, system=SYSTEM, headers=answer.headers, is_read=is_read
        )
        raise refusal
    if body is None or name_of(body) != expected:
        # A page of a proxy or a maintenance page with status 200 does not show what our request did.
        unclear = UnavailableError if is_read else OutcomeUnknownError
        raise unclear(f"{SYSTEM} sent an answer that is not {expected}")
    return body


def _log_warnings(operation: str, answer: Element) -> None:
    for entry in all_at(answer, _EXCEPTIONS):
        classification, message = text_at(entry, "Classification"), text_at(entry, "Message")
        level = logging.WARNING if classification.lower() == "warning" else logging.ERROR
        _log.log(level, "%s said about %s: %s", SYSTEM, operation, vendor_words(message))
