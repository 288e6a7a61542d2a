"""Reading the API's problem documents back into exceptions."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import httpx
from pydantic import ValidationError

from perennial.errors import (
    ClientError,
    NotFoundError,
    OrderConflictError,
    OrderRefusedError,
    RequestRefusedError,
    UnauthorizedError,
    UnavailableError,
)
from perennial.field_errors import FieldError
from perennial.problems import Problem

_BY_KIND: Final[Mapping[str, type[ClientError]]] = MappingProxyType(
    {
        "conflict": OrderConflictError,
        "not-found": NotFoundError,
        "unauthorized": UnauthorizedError,
        "request-refused": RequestRefusedError,
        "subscription-closed": RequestRefusedError,
        "idempotency-key-reused": RequestRefusedError,
    }
)
_TRY_AGAIN: Final = frozenset({502, 503, 504})


def error_of(response: httpx.Response) -> ClientError:
    """Return the exception for a response that is no success."""
    try:
        problem = Problem.model_validate_json(response.content)
    except ValidationError:
        # It may come from a proxy, which does not write problem documents.
        problem = Problem(type="", title=response.reason_phrase, status=response.status_code)
    kind = problem.type.rsplit("/", 1)[-1]
    message = problem.title if problem.detail is None else f"{problem.title}: {problem.detail}"
    if response.status_code in _TRY_AGAIN or kind == "in-progress":
        return UnavailableError(
            message, status=response.status_code, kind=kind, retry_after=_retry_after(response)
        )
    if problem.errors:
        return _refused(problem, kind)
    return _BY_KIND.get(kind, ClientError)(message, status=response.status_code, kind=kind)


def _refused(problem: Problem, kind: str) -> OrderRefusedError:
    errors = [
        FieldError(field=error.field, allowed=error.allowed, value=error.value)
        for error in problem.errors or ()
    ]
    message = "; ".join(map(str, errors))
    return OrderRefusedError(message, status=problem.status, kind=kind, errors=errors)


def _retry_after(response: httpx.Response) -> float | None:
    header = response.headers.get("Retry-After", "")
    return float(header) if header.isdigit() else None
