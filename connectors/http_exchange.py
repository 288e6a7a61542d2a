"""One HTTP request and its answer: an exchange that fails raises a domain failure.

Redirects are not followed, because they would send credentials to an address that is not configured.
An answer is read up to a limit, so that a broken or hostile server cannot fill the memory.
"""

import json
from dataclasses import dataclass
from typing import Final

import httpx

from connectors.http_failures import transport_failure
from connectors.to_its_end import to_its_end

LARGEST_ANSWER_BYTES: Final = 10_000_000


class _TooLongError(httpx.RequestError):
    """The answer is longer than the limit."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """A complete answer.

    Attributes:
        content: The body, decompressed.
    """

    status: int
    headers: httpx.Headers
    content: bytes

    @property
    def is_success(self) -> bool:
        """Whether the status is 2xx."""
        return httpx.codes.is_success(self.status)

    def json(self) -> object:
        """Return the body as JSON, None if it is not JSON (an error page, half a document)."""
        try:
            body: object = json.loads(self.content)
        except (ValueError, RecursionError):
            return None
        return body


async def exchange(
    client: httpx.AsyncClient,
    request: httpx.Request,
    *,
    system: str,
    is_read: bool,
    auth: tuple[str, str] | None = None,
) -> Answer:
    """Send a request and return its answer, whatever its status; see `to_its_end` for a caller that gives up.

    Args:
        client: Sends the request over its connections.
        request: Built by that client.
        system: Name of the outside system, for messages.
        is_read: Whether the call cannot change anything.
        auth: User and password of HTTP basic authentication, if the call has its own.

    Raises:
        UnavailableError: The request was not sent, or it is a read that got no answer.
        OutcomeUnknownError: The request was sent, and no complete answer came back.
    """
    try:
        return await to_its_end(_answer(client, request, auth))
    except httpx.RequestError as error:
        failure = transport_failure(error, system=system, is_read=is_read)
        raise failure from error


async def _answer(
    client: httpx.AsyncClient, request: httpx.Request, auth: tuple[str, str] | None
) -> Answer:
    response = await client.send(request, stream=True, auth=auth)
    try:
        content = await _content(response)
    finally:
        await response.aclose()
    return Answer(status=response.status_code, headers=response.headers, content=content)


async def _content(response: httpx.Response) -> bytes:
    parts, size = list[bytes](), 0
    async for part in response.aiter_bytes():
        parts.append(part)
        size += len(part)
        if size > LARGEST_ANSWER_BYTES:
            raise _TooLongError(f"more than {LARGEST_ANSWER_BYTES} bytes")
    return b"".join(parts)
