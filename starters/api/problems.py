"""Every error of the API as a problem document (RFC 9457); none repeats a card number or a secret."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType
from typing import Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic_core import ErrorDetails
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from domain.effects.inbound import WebhookRefusedError
from domain.failures import (
    ConflictError,
    PerennialError,
    RejectedError,
    UnavailableError,
    UnknownEntityError,
)
from perennial.card_numbers import holds_card_number
from perennial.field_errors import FieldError, field_errors
from perennial.problems import FieldProblem, Problem
from starters.use_cases.errors import (
    InProgressError,
    InvalidInputError,
    RequestRefusedError,
    SubscriptionClosedError,
)

_LOG: Final = logging.getLogger(__name__)
MEDIA_TYPE: Final = "application/problem+json"
RETRY_AFTER_SECONDS: Final = 2
_LONGEST_PATH: Final = 500


class KeyMissingError(RejectedError):
    """The request needs an `Idempotency-Key` and has none, or one that cannot be used."""


class KeyReusedError(RejectedError):
    """The `Idempotency-Key` was used for another request."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """One kind of problem; its `type` is the relative reference `/problems/{name}`."""

    name: str
    status: int
    title: str


MALFORMED: Final = Kind(name="malformed", status=400, title="The request cannot be read")
UNAUTHORIZED: Final = Kind(name="unauthorized", status=401, title="A valid API key is needed")
TOO_LARGE: Final = Kind(name="body-too-large", status=413, title="The body is too large")
INVALID: Final = Kind(name="invalid-input", status=422, title="Some of the input is not allowed")
UNSUPPORTED: Final = Kind(
    name="unsupported-body", status=415, title="The body is in a form that is not read here"
)
INTERNAL: Final = Kind(name="internal", status=500, title="Something went wrong on our side")
_NOT_FOUND: Final = Kind(name="not-found", status=404, title="There is no such thing")
_OTHER: Final = Kind(name="rejected", status=422, title="The request was rejected")

KINDS: Final[Mapping[type[PerennialError], Kind]] = MappingProxyType(
    {
        InvalidInputError: INVALID,
        KeyMissingError: Kind(
            name="idempotency-key-missing", status=400, title="A usable Idempotency-Key is needed"
        ),
        KeyReusedError: Kind(
            name="idempotency-key-reused",
            status=422,
            title="The Idempotency-Key was used for another request",
        ),
        WebhookRefusedError: Kind(
            name="webhook-refused", status=400, title="The event is not to be believed"
        ),
        RequestRefusedError: Kind(
            name="request-refused", status=409, title="Not possible in the present state"
        ),
        SubscriptionClosedError: Kind(
            name="subscription-closed", status=409, title="The subscription has ended"
        ),
        UnknownEntityError: _NOT_FOUND,
        ConflictError: Kind(
            name="conflict", status=409, title="The id is already used for other content"
        ),
        RejectedError: _OTHER,
        InProgressError: Kind(
            name="in-progress", status=409, title="The same request is being worked on"
        ),
        UnavailableError: Kind(
            name="unavailable", status=503, title="Try the same request again in a moment"
        ),
    }
)
"""Failure class -> kind of problem; the nearest class in the order of inheritance counts."""


def problem_response(
    kind: Kind,
    *,
    path: str,
    detail: str | None = None,
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Return the problem document for one request to `path`."""
    document = Problem(
        type=f"/problems/{kind.name}",
        title=kind.title,
        status=kind.status,
        detail=None if detail is None or holds_card_number(detail) else detail,
        instance=None if holds_card_number(path) else path[:_LONGEST_PATH],
        errors=[FieldProblem(field=e.field, allowed=e.allowed, value=e.value) for e in errors]
        or None,
    )
    return JSONResponse(
        document.model_dump(exclude_none=True),
        status_code=kind.status,
        media_type=MEDIA_TYPE,
        headers=headers,
    )


def install(app: FastAPI) -> None:
    """Make every error of the app a problem document."""
    app.add_exception_handler(PerennialError, _on_failure)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)


def kind_of(failure: PerennialError) -> Kind:
    """Return the kind of problem of this failure."""
    for ancestor in type(failure).__mro__:
        if ancestor in KINDS:
            return KINDS[ancestor]
    return KINDS[UnavailableError]


async def _on_failure(request: Request, error: Exception) -> JSONResponse:
    failure = error if isinstance(error, PerennialError) else PerennialError()
    kind = kind_of(failure)
    is_busy = isinstance(failure, UnavailableError)
    if kind.status == HTTPStatus.SERVICE_UNAVAILABLE:
        _LOG.warning("unavailable: %s", failure)
    return problem_response(
        kind,
        path=request.url.path,
        detail=str(failure) or None,
        errors=failure.errors if isinstance(failure, InvalidInputError) else (),
        headers={"Retry-After": str(RETRY_AFTER_SECONDS)} if is_busy else None,
    )


async def _on_invalid(request: Request, error: Exception) -> JSONResponse:
    found: Sequence[ErrorDetails] = (
        error.errors() if isinstance(error, RequestValidationError) else ()
    )
    for entry in found:
        # FastAPI puts "body", "query" or "path" in front of the name that the caller knows.
        entry["loc"] = entry["loc"][1:] if len(entry["loc"]) > 1 else entry["loc"]
    return problem_response(INVALID, path=request.url.path, errors=field_errors(found))


async def _on_http(request: Request, error: Exception) -> JSONResponse:
    status = error.status_code if isinstance(error, HTTPException) else INTERNAL.status
    phrase = HTTPStatus(status).phrase
    kind = Kind(name=phrase.lower().replace(" ", "-"), status=status, title=phrase)
    if status == _NOT_FOUND.status:
        kind = _NOT_FOUND
    elif status == MALFORMED.status:
        kind = MALFORMED
    headers = error.headers if isinstance(error, HTTPException) else None
    detail = error.detail if isinstance(error, HTTPException) and error.detail != phrase else None
    return problem_response(kind, path=request.url.path, detail=detail, headers=headers)
