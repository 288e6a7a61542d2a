"""What Salesforce's error codes mean: one domain failure each.

Source: developer.salesforce.com, REST API guide, "Status Codes and Error Responses" and SOAP API guide,
"StatusCode"; read on 2026-11-22.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Final, cast

import httpx

from connectors.http_failures import retry_after, status_failure
from connectors.vendor_words import vendor_words
from domain.failures import (
    ConflictError,
    CredentialsError,
    NotReadyError,
    PerennialError,
    RejectedError,
    ThrottledError,
    UnavailableError,
    UnknownEntityError,
)

SYSTEM: Final = "Salesforce"
SESSION_EXPIRED: Final = "INVALID_SESSION_ID"
HALTED: Final = "PROCESSING_HALTED"
"""The error code of a subrequest of a composite when another subrequest failed."""

FAILURE_BY_CODE: Final = MappingProxyType[str, Callable[[str], PerennialError]](
    {
        SESSION_EXPIRED: CredentialsError,
        "INVALID_AUTH_HEADER": CredentialsError,
        "invalid_client": CredentialsError,
        "invalid_client_id": CredentialsError,
        "invalid_grant": CredentialsError,
        "API_DISABLED_FOR_ORG": CredentialsError,
        "UNABLE_TO_LOCK_ROW": UnavailableError,
        "SERVER_UNAVAILABLE": UnavailableError,
        "REQUEST_LIMIT_EXCEEDED": ThrottledError,
        "REQUIRED_FIELD_MISSING": RejectedError,
        "FIELD_CUSTOM_VALIDATION_EXCEPTION": RejectedError,
        "FIELD_INTEGRITY_EXCEPTION": RejectedError,
        "INVALID_FIELD": RejectedError,
        "INVALID_FIELD_FOR_INSERT_UPDATE": RejectedError,
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST": RejectedError,
        "INVALID_TYPE": RejectedError,
        "INSUFFICIENT_ACCESS": RejectedError,
        "INSUFFICIENT_ACCESS_OR_READONLY": RejectedError,
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": RejectedError,
        "JSON_PARSER_ERROR": RejectedError,
        "MALFORMED_ID": RejectedError,
        "STRING_TOO_LONG": RejectedError,
        # A matching rule of the org found a duplicate: only a person can decide which record is right.
        "DUPLICATES_DETECTED": ConflictError,
        # Another request has just inserted the same external id: a repeat updates that record.
        "DUPLICATE_VALUE": UnavailableError,
        "DUPLICATE_EXTERNAL_ID": UnavailableError,
        "ENTITY_IS_DELETED": UnknownEntityError,
        "INVALID_CROSS_REFERENCE_KEY": NotReadyError,
        "NOT_FOUND": UnknownEntityError,
    }
)
"""`errorCode` -> failure; for any other code the HTTP status decides."""

_SEVERAL_MATCH: Final = 300
_DAILY_LIMIT: Final = "TotalRequests"
_LONG_PAUSE: Final = timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """The first error of an answer.

    Attributes:
        code: Salesforce's `errorCode`, empty when the answer has none.
    """

    code: str
    message: str
    fields: tuple[str, ...] = ()


def refusal_of(body: object) -> Refusal:
    """Return the first error of an error answer: `[{"errorCode", "message", "fields"}]`."""
    errors = cast("Sequence[object]", body) if isinstance(body, list) else [body]
    first = errors[0] if errors else None
    if not isinstance(first, dict):
        return Refusal(code="", message="")
    error = cast("dict[str, object]", first)
    fields = error.get("fields")
    return Refusal(
        # The token endpoint answers in OAuth's form: `error`, `error_description`.
        code=str(error.get("errorCode") or error.get("error") or ""),
        message=str(error.get("message") or error.get("error_description") or ""),
        fields=tuple(str(each) for each in cast("list[object]", fields))
        if isinstance(fields, list)
        else (),
    )


def failure_of(
    status: int, refusal: Refusal, *, headers: httpx.Headers | None = None, is_read: bool = False
) -> PerennialError:
    """Return the domain failure for an error answer.

    Args:
        status: HTTP status of the answer or of the subrequest.
        refusal: Its first error.
        headers: Headers of the answer.
        is_read: Whether the call could not have changed anything.
    """
    about = f" ({', '.join(refusal.fields)})" if refusal.fields else ""
    said = f"{refusal.code}{about}: {refusal.message}" if refusal.code else ""
    failure = FAILURE_BY_CODE.get(refusal.code)
    if failure is ThrottledError:
        return ThrottledError(f"{SYSTEM}: {vendor_words(said)}", _pause(refusal, headers))
    if failure is not None:
        return failure(f"{SYSTEM}: {vendor_words(said)}")
    if status == _SEVERAL_MATCH:
        return ConflictError(f"{SYSTEM}: several records carry this external id")
    return status_failure(status, system=SYSTEM, detail=said, headers=headers, is_read=is_read)


def _pause(refusal: Refusal, headers: httpx.Headers | None) -> timedelta | None:
    asked = retry_after(headers or httpx.Headers())
    # The limit of the last 24 hours is reached, and the answer does not say when calls are allowed again.
    is_spent = _DAILY_LIMIT in refusal.message
    return _LONG_PAUSE if asked is None and is_spent else asked
