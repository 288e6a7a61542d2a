"""`Idempotency-Key`: the same request is done once, and its first response is repeated.

Source: IETF draft-ietf-httpapi-idempotency-key-header-07: 400 when a key is needed and missing, 422 when
a key is reused for another payload, 409 while the first request is running. Answers are kept a day.
"""

import hashlib
import logging
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from fastapi import Request
from pydantic import BaseModel
from starlette.responses import Response

from domain.failures import ConflictError, UnavailableError
from perennial.card_numbers import is_card_number
from starters.api.problems import KeyMissingError, KeyReusedError
from starters.use_cases.errors import InProgressError
from starters.use_cases.ports import IdempotencyStore

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotent-Replayed"
_KEY: Final = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,128}")
_LOG: Final = logging.getLogger(__name__)


def read_key(request: Request) -> str | None:
    """Return the key of the request, bare or in quotes (a structured field string), or None.

    Raises:
        KeyMissingError: The header is there but is no usable key.
    """
    header = request.headers.get(HEADER)
    if header is None:
        return None
    key = header[1:-1] if len(header) > 1 and header[0] == header[-1] == '"' else header
    if _KEY.fullmatch(key) is None or is_card_number(key):
        raise KeyMissingError(f"{HEADER} must be 1 to 128 visible ASCII characters, such as a UUID")
    return key


def require_key(request: Request) -> str:
    """Return the key of the request.

    Raises:
        KeyMissingError: There is none.
    """
    key = read_key(request)
    if key is None:
        raise KeyMissingError(f"send the header {HEADER}: any text that is new for each request")
    return key


async def fingerprint_of(request: Request) -> str:
    """Return a digest of method, path and body."""
    digest = hashlib.sha256(f"{request.method} {request.url.path}\n".encode())
    digest.update(await request.body())
    return digest.hexdigest()


async def answer_once(
    request: Request,
    answers: IdempotencyStore,
    work: Callable[[], Awaitable[BaseModel]],
    *,
    status: int,
) -> Response:
    """Return the response of the work, or the one that the same key got before; failures may be tried again.

    Raises:
        KeyReusedError: The key was used for another request.
        InProgressError: The first request with this key has not been answered yet.
    """
    key = read_key(request)
    if key is None:
        return _response(status, _body(await work()))
    held_as = f"{request.state.caller}/{key}"
    try:
        claim = await answers.begin(held_as, await fingerprint_of(request))
    except ConflictError:
        raise KeyReusedError("send another key for another request") from None
    if claim.state == "in_progress":
        raise InProgressError("the first request with this key has not been answered yet")
    if claim.state == "finished":
        return _response(
            claim.response_status or status, claim.response_body or b"", {REPLAYED: "true"}
        )
    return _response(status, await _first_answer(answers, held_as, work, status))


async def _first_answer(
    answers: IdempotencyStore, held_as: str, work: Callable[[], Awaitable[BaseModel]], status: int
) -> bytes:
    try:
        body = _body(await work())
    except Exception:
        # If this fails too, the claim expires by itself.
        with suppress(UnavailableError):
            await answers.release(held_as)
        raise
    try:
        await answers.finish(held_as, status=status, body=body)
    except UnavailableError:
        # The work is done and is itself idempotent; a repeat does no harm.
        _LOG.warning("an answer could not be kept for its idempotency key")
    return body


def _body(answer: BaseModel) -> bytes:
    return answer.model_dump_json().encode()


def _response(status: int, body: bytes, headers: dict[str, str] | None = None) -> Response:
    return Response(body, status_code=status, media_type="application/json", headers=headers)
