"""The HTTP side of the client: one request, repeated where that is safe, and its response as a model."""

import asyncio
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Final, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from perennial.errors import ClientError, UnavailableError
from perennial.problem_reader import error_of

_TRIES: Final = 4
_FIRST_PAUSE: Final = 0.2
_LONGEST_PAUSE: Final = 5.0
_ADDRESS: Final = re.compile(r"https?://[^\s/]+(/\S*)?")
ModelT = TypeVar("ModelT", bound=BaseModel)


class Connection:
    """Sends requests to one API. Lost connections and 502, 503 and 504 are repeated a few times.

    Raises:
        ClientError: The address or the key cannot be one.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        timeout: timedelta,
        transport: httpx.AsyncBaseTransport | None,
    ) -> None:
        if not api_key.isascii() or not api_key.isprintable():
            raise ClientError("the API key must be printable ASCII")
        if _ADDRESS.fullmatch(base_url) is None:
            raise ClientError(f"the API's address must begin with http:// or https://: {base_url}")
        self._http = httpx.AsyncClient(
            base_url=base_url,
            headers={"Authorization": f"Bearer {api_key}"},
            timeout=timeout.total_seconds(),
            transport=transport,
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def get(
        self, model: type[ModelT], path: str, query: Mapping[str, str | None] | None = None
    ) -> ModelT:
        """Return what the API says at this path; parameters that are None are left out.

        Raises:
            ClientError: The API refuses, or its response cannot be understood.
        """
        given = {name: value for name, value in (query or {}).items() if value is not None}
        request = self._http.build_request("GET", path, params=given)
        return _understood(model, await self._send(request))

    async def post(
        self,
        model: type[ModelT],
        path: str,
        body: BaseModel | Mapping[str, str],
        *,
        key: str | None,
    ) -> ModelT:
        """Send the body and return the response; `key` is the idempotency key, None where the body is one.

        Raises:
            ClientError: The API refuses, or its response cannot be understood.
        """
        content = body.model_dump(mode="json") if isinstance(body, BaseModel) else dict(body)
        headers = {} if key is None else {"Idempotency-Key": key}
        request = self._http.build_request("POST", path, json=content, headers=headers)
        return _understood(model, await self._send(request))

    async def _send(self, request: httpx.Request) -> bytes:
        for attempt in range(_TRIES):
            try:
                return await self._send_once(request)
            except UnavailableError as error:
                if attempt == _TRIES - 1:
                    raise
                # The server's wish counts, within reason.
                wished = error.retry_after or _FIRST_PAUSE * 2**attempt
                await asyncio.sleep(min(wished, _LONGEST_PAUSE))
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def _send_once(self, request: httpx.Request) -> bytes:
        try:
            response = await self._http.send(request)
        except httpx.TransportError as error:
            address = f"{request.url.scheme}://{request.url.netloc.decode()}"
            raise UnavailableError(
                f"no answer from the API at {address}: {str(error) or type(error).__name__}"
            ) from None
        if response.is_success:
            return response.content
        raise error_of(response)


def _understood(model: type[ModelT], content: bytes) -> ModelT:
    try:
        return model.model_validate_json(content)
    except ValidationError:
        raise ClientError(
            "the response is not one that this client understands: check the address, or update the client"
        ) from None
