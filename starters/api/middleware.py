"""Checks that every request passes first (API key, size and kind of the body), and the handler of unexpected errors."""

import hashlib
import hmac
import logging
import traceback
from collections.abc import Mapping, Sequence
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from starters.api.problems import (
    INTERNAL,
    MALFORMED,
    TOO_LARGE,
    UNAUTHORIZED,
    UNSUPPORTED,
    problem_response,
)

PROTECTED: Final = "/v1/"
BODY_LIMIT: Final = 64 * 1024
WEBHOOK_BODY_LIMIT: Final = 512 * 1024
_LIMITS: Final[Mapping[str, int]] = {"/webhooks/": WEBHOOK_BODY_LIMIT}
_LOG: Final = logging.getLogger(__name__)


def caller_of(api_key: str) -> str:
    """Return a short name for the holder of this key; the key cannot be derived from it."""
    return hashlib.sha256(b"perennial-caller:" + api_key.encode()).hexdigest()[:16]


class ApiKeyCheck:
    """Lets requests below `/v1/` through only with `Authorization: Bearer <api key>`.

    Runs before routing, so that a 404 does not reveal what exists. Stores the caller's name in
    `request.state.caller`.
    """

    def __init__(self, app: ASGIApp, api_keys: Sequence[str]) -> None:
        self._app = app
        self._keys = tuple(key.encode() for key in api_keys)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request or answer 401."""
        if scope["type"] != "http" or not str(scope["path"]).startswith(PROTECTED):
            await self._app(scope, receive, send)
            return
        key = self._match(Headers(scope=scope).get("authorization", ""))
        if key is None:
            refusal = problem_response(
                UNAUTHORIZED,
                path=str(scope["path"]),
                detail="send the header 'Authorization: Bearer <api key>'",
                headers={"WWW-Authenticate": 'Bearer realm="perennial"'},
            )
            await refusal(scope, receive, send)
            return
        scope.setdefault("state", {})["caller"] = caller_of(key.decode())
        await self._app(scope, receive, send)

    def _match(self, header: str) -> bytes | None:
        scheme, _, presented = header.partition(" ")
        if scheme.lower() != "bearer":
            return None
        given = presented.strip().encode()
        found: bytes | None = None
        # Every key is compared, each in constant time: the time taken says nothing about any of them.
        for key in self._keys:
            if hmac.compare_digest(key, given):
                found = key
        return found


class BodyLimit:
    """Refuses bodies over the limit with 413, also when no Content-Length announces them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request with its body read ahead, or answer 413."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = str(scope["path"])
        limit = next(
            (size for start, size in _LIMITS.items() if path.startswith(start)), BODY_LIMIT
        )
        announced = Headers(scope=scope).get("content-length", "0")
        if not (announced.isascii() and announced.isdigit()):
            await problem_response(MALFORMED, path=path)(scope, receive, send)
            return
        body = None if int(announced) > limit else await _read(receive, limit)
        if body is None:
            detail = f"a body may have up to {limit} bytes"
            refusal = problem_response(
                TOO_LARGE, path=path, detail=detail, headers={"Connection": "close"}
            )
            await refusal(scope, receive, send)
            return
        await self._app(scope, _replay(body, receive), send)


class BodyKind:
    """Refuses with 415 a body that is compressed, or that is not JSON below `/v1/`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request or answer 415."""
        complaint = _complaint(scope) if scope["type"] == "http" else None
        if complaint is None:
            await self._app(scope, receive, send)
            return
        refusal = problem_response(UNSUPPORTED, path=str(scope["path"]), detail=complaint)
        await refusal(scope, receive, send)


class BugBarrier:
    """Answers 500 for an unexpected error, and logs where it happened, without its message.

    It is the innermost check: the server would log an exception with its message, which may quote
    what the caller sent.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request, whatever happens."""
        is_answering = False

        async def watched(message: Message) -> None:
            nonlocal is_answering
            is_answering = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:  # noqa: BLE001 - whatever it is
            where = "".join(traceback.format_tb(error.__traceback__))
            _LOG.error("unexpected %s:\n%s", type(error).__name__, where)
            if is_answering or scope["type"] != "http":
                return
            await problem_response(INTERNAL, path=str(scope["path"]))(scope, receive, send)


def _complaint(scope: Scope) -> str | None:
    headers = Headers(scope=scope)
    if headers.get("content-encoding", "identity").lower() != "identity":
        return "send the body without Content-Encoding"
    if scope["method"] != "POST" or not str(scope["path"]).startswith(PROTECTED):
        return None
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    is_json = kind == "application/json" or (
        kind.startswith("application/") and kind.endswith("+json")
    )
    return None if is_json else "send the body as JSON, with 'Content-Type: application/json'"


async def _read(receive: Receive, limit: int) -> bytes | None:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return bytes(body)
        body += message.get("body", b"")
        if len(body) > limit:
            return None
        if not message.get("more_body", False):
            return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    is_given = False

    async def replayed() -> Message:
        nonlocal is_given
        if is_given:
            return await receive()
        is_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed
