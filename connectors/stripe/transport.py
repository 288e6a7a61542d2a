"""The transport of the SDK's requests: our own httpx connection pool.

The SDK fails on a body that a proxy wrote instead of Stripe. Here such a body becomes an empty one, which
the SDK reports together with the HTTP status. The SDK's own httpx transport passes raw bodies in a way
that httpx deprecates, and keeps idle connections for five seconds only. This transport avoids both;
nothing else is different.
"""

import json
from collections.abc import Callable, Mapping
from typing import Final, cast

import httpx
import stripe
from typing_extensions import override

from connectors.to_its_end import to_its_end

_CONNECT_SECONDS: Final = 5.0
_ERRORS: Final = 400
_CONNECTIONS: Final = 100
_KEEP_ALIVE_SECONDS: Final = 60.0

# The SDK's constructor has no types.
_connection_error: Callable[[str], stripe.APIConnectionError] = stripe.APIConnectionError


class HttpxTransport(stripe.HTTPClient):
    """An asynchronous transport without retries."""

    name = "httpx"

    def __init__(self, *, timeout_seconds: float) -> None:
        """Open no connection yet; wait at most `timeout_seconds` for each answer."""
        # One parameter of the SDK's constructor has no type.
        super().__init__()  # pyright: ignore[reportUnknownMemberType]
        self._pool = httpx.AsyncClient(
            timeout=httpx.Timeout(timeout_seconds, connect=_CONNECT_SECONDS),
            limits=httpx.Limits(
                max_connections=_CONNECTIONS,
                max_keepalive_connections=_CONNECTIONS,
                keepalive_expiry=_KEEP_ALIVE_SECONDS,
            ),
        )

    @override
    async def request_async(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        post_data: str | bytes | None = None,
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """Return body, status and headers of the answer; a body that Stripe did not write becomes empty.

        Raises:
            stripe.APIConnectionError: There was no answer; the cause shows whether anything was sent.
        """
        try:
            response = await to_its_end(
                self._pool.request(method, url, headers=headers, content=post_data)
            )
        except httpx.HTTPError as error:
            raise _connection_error(f"{type(error).__name__} was raised") from error
        body = response.content
        is_stripes = _is_readable(body, is_error=response.status_code >= _ERRORS)
        return body if is_stripes else b"", response.status_code, response.headers

    @override
    async def close_async(self) -> None:
        """Close the connections."""
        await self._pool.aclose()


def _is_readable(body: bytes, *, is_error: bool) -> bool:
    try:
        answer: object = json.loads(body)
    except (ValueError, RecursionError):
        return False
    if not isinstance(answer, dict):
        return False
    return not is_error or isinstance(cast("dict[str, object]", answer).get("error"), dict)
