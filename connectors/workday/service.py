"""Calls to one tenant's `Revenue_Management` service, by WS-Security token or OAuth bearer token."""

import asyncio
import logging
from typing import Final, cast

import httpx

from connectors.http_failures import status_failure, transport_failure
from connectors.workday.envelopes import (
    Element,
    Fields,
    all_at,
    envelope,
    parse_body,
    request_element,
    text_at,
)
from connectors.workday.faults import SYSTEM, failure_of, parse_fault
from connectors.workday.settings import OAuthClient, UsernameToken, WorkdaySettings
from domain.failures import CredentialsError, OutcomeUnknownError, UnavailableError

_CONNECT_SECONDS: Final = 10.0
_EXCEPTIONS: Final = "Exceptions_Response_Data/Exceptions_Data/Exception_Data"

_log = logging.getLogger(__name__)


class WorkdayService:
    """The tenant as our integration system user sees it."""

    def __init__(self, settings: WorkdaySettings) -> None:
        self._version = settings.version
        self._credentials = settings.credentials
        self._address = f"{settings.address}/ccx/service/{settings.tenant}/Revenue_Management/{settings.version}"
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
            operation: As `Submit_Customer_Invoice`.
            fields: The request's fields by name.
            is_add_only: Whether an existing reference ID is an error.

        Raises:
            CredentialsError: Workday does not accept our credentials.
            PerennialError: Workday refused, was unavailable, or did not answer.
        """
        payload = request_element(
            f"{operation}_Request", fields, version=self._version, is_add_only=is_add_only
        )
        is_read = operation.startswith("Get_")
        try:
            answer = await self._attempt(payload, is_read=is_read)
        except CredentialsError:
            if not isinstance(self._credentials, OAuthClient):
                raise
            # A bearer token expires: fetch another one, once.
            self._bearer = None
            answer = await self._attempt(payload, is_read=is_read)
        _log_warnings(operation, answer)
        return answer

    async def _attempt(self, payload: Element, *, is_read: bool) -> Element:
        token = self._credentials if isinstance(self._credentials, UsernameToken) else None
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": ""}
        if isinstance(self._credentials, OAuthClient):
            headers["Authorization"] = f"Bearer {await self._bearer_token(self._credentials)}"
        try:
            response = await self._client.post(
                self._address, content=envelope(payload, token), headers=headers
            )
        except httpx.TransportError as error:
            failure = transport_failure(error, system=SYSTEM, is_read=is_read)
            raise failure from error
        return _answer(response, is_read=is_read)

    async def _bearer_token(self, oauth: OAuthClient) -> str:
        async with self._lock:
            if self._bearer is None:
                self._bearer = await self._fetch_token(oauth)
            return self._bearer

    async def _fetch_token(self, oauth: OAuthClient) -> str:
        form = {"grant_type": "client_credentials"}
        if oauth.refresh_token is not None:
            form = {"grant_type": "refresh_token", "refresh_token": oauth.refresh_token}
        try:
            response = await self._client.post(
                oauth.token_address, data=form, auth=(oauth.client_id, oauth.client_secret)
            )
            granted = cast("dict[str, object]", response.json()) if response.is_success else {}
        except httpx.TransportError as error:
            failure = transport_failure(error, system=SYSTEM, is_read=True)
            raise failure from error
        except ValueError:
            raise CredentialsError(f"{SYSTEM} granted no access token") from None
        if not response.is_server_error and "access_token" not in granted:
            raise CredentialsError(f"{SYSTEM} granted no access token: {response.status_code}")
        if response.is_server_error:
            raise UnavailableError(f"{SYSTEM}'s token endpoint answered {response.status_code}")
        return str(granted["access_token"])


def _answer(response: httpx.Response, *, is_read: bool) -> Element:
    body = parse_body(response.content)
    fault = None if body is None else parse_fault(body)
    if fault is not None:
        failure = failure_of(fault)
        if is_read and isinstance(failure, OutcomeUnknownError):
            raise UnavailableError(str(failure))
        raise failure
    if not response.is_success:
        refusal = status_failure(
            response.status_code, system=SYSTEM, headers=response.headers, is_read=is_read
        )
        raise refusal
    if body is None:
        raise OutcomeUnknownError(f"{SYSTEM} answered with something else than SOAP")
    return body


def _log_warnings(operation: str, answer: Element) -> None:
    for entry in all_at(answer, _EXCEPTIONS):
        classification, message = text_at(entry, "Classification"), text_at(entry, "Message")
        level = logging.WARNING if classification.lower() == "warning" else logging.ERROR
        _log.log(level, "%s said about %s: %s", SYSTEM, operation, message)
