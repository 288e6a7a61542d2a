"""What a failed HTTP exchange means: one domain failure for each transport error and status.

"Not sent" and "sent, no answer" are distinguished, because only the first is known to have had no effect.
A read has no effect, so a read with an unknown outcome counts as unavailable. A server that redirects a
request did not do what was asked. Redirects are not followed, because the credentials would go along.
"""

from collections.abc import Callable
from datetime import timedelta
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import Final

import httpx

from connectors.vendor_words import vendor_words
from domain.failures import (
    ConflictError,
    CredentialsError,
    OutcomeUnknownError,
    PerennialError,
    RejectedError,
    ThrottledError,
    UnavailableError,
    UnknownEntityError,
)

_NOT_SENT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)

LONGEST_PAUSE: Final = timedelta(minutes=10)
"""The longest pause that `Retry-After` may ask for: a mistake of the server must not stop us for a year."""

FAILURE_BY_STATUS: Final = MappingProxyType[int, Callable[[str], PerennialError]](
    {
        301: UnavailableError,
        302: UnavailableError,
        # A server sends "See Other" after it has acted on the request (RFC 9110, 15.4.4).
        303: OutcomeUnknownError,
        307: UnavailableError,
        308: UnavailableError,
        401: CredentialsError,
        403: CredentialsError,
        404: UnknownEntityError,
        408: OutcomeUnknownError,
        409: ConflictError,
        429: ThrottledError,
        500: OutcomeUnknownError,
        # The gateway got no valid answer, but the server behind it may still do the work.
        502: OutcomeUnknownError,
        503: UnavailableError,
        504: OutcomeUnknownError,
    }
)
"""HTTP status -> failure; any other 5xx is an unknown outcome, anything else a rejection."""

_SERVER_ERRORS: Final = 500
_MOST_DIGITS: Final = 9


def transport_failure(
    error: Exception, *, system: str, is_read: bool = False
) -> UnavailableError | OutcomeUnknownError:
    """Return what an exception of the HTTP client means.

    Args:
        error: What the client raised.
        system: Name of the outside system, for the message.
        is_read: Whether the call could not have changed anything.
    """
    kind = type(error).__name__
    if isinstance(error, _NOT_SENT):
        return UnavailableError(f"{system} could not be reached: {kind}")
    if is_read:
        return UnavailableError(f"{system} did not answer a read: {kind}")
    return OutcomeUnknownError(f"{system} did not answer: {kind}")


def status_failure(
    status: int,
    *,
    system: str,
    detail: str = "",
    headers: httpx.Headers | None = None,
    is_read: bool = False,
    longest_pause: timedelta = LONGEST_PAUSE,
) -> PerennialError:
    """Return what an answer with an error status means.

    Args:
        status: HTTP status, 300 or more.
        system: Name of the outside system, for the message.
        detail: The text of the outside system; it is shortened, and email addresses are removed.
        headers: The answer's headers, for `Retry-After`.
        is_read: Whether the call could not have changed anything.
        longest_pause: The longest pause that `Retry-After` may ask for.
    """
    said = vendor_words(detail)
    message = f"{system} answered {status}" + (f": {said}" if said else "")
    other = OutcomeUnknownError if status >= _SERVER_ERRORS else RejectedError
    failure = FAILURE_BY_STATUS.get(status, other)
    pause = retry_after(headers or httpx.Headers(), longest=longest_pause)
    # A 503 (maintenance) may say how long it takes, as a 429 does (RFC 9110, 10.2.3).
    if failure is ThrottledError or (failure is UnavailableError and pause is not None):
        return ThrottledError(message, pause)
    if failure is OutcomeUnknownError and is_read:
        return UnavailableError(message)
    return failure(message)


def retry_after(headers: httpx.Headers, *, longest: timedelta = LONGEST_PAUSE) -> timedelta | None:
    """Return the pause that `Retry-After` asks for (RFC 9110, 10.2.3), at most `longest`, or None.

    A date is compared with the answer's own `Date`, so that our clock has no influence.
    """
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        # A number with more digits does not fit into a timedelta.
        return longest if len(value) > _MOST_DIGITS else min(timedelta(seconds=int(value)), longest)
    try:
        pause = parsedate_to_datetime(value) - parsedate_to_datetime(headers.get("Date", ""))
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(pause, timedelta()), longest)
