"""What Stripe's errors mean: a decline is a result, everything else is one domain failure.

Source: docs.stripe.com/api/errors and docs.stripe.com/error-low-level, and the error classes of the
pinned SDK; read on 2026-11-22.
"""

from collections.abc import Generator
from contextlib import contextmanager
from types import MappingProxyType
from typing import Final

import httpx
import stripe

from connectors.http_failures import status_failure, transport_failure
from domain.declines import classify_decline
from domain.failures import (
    ConflictError,
    OutcomeUnknownError,
    PerennialError,
    RejectedError,
    UnavailableError,
    UnknownEntityError,
)
from domain.payments import Decline

SYSTEM: Final = "Stripe"

_BY_CODE: Final = MappingProxyType[str, type[PerennialError]](
    {
        # Another request with the same key is still at work: its outcome will be replayed to us.
        "idempotency_key_in_use": UnavailableError,
        "lock_timeout": UnavailableError,
        "resource_missing": UnknownEntityError,
    }
)
"""`error.code` -> failure, where it says more than the HTTP status."""

_AUTHENTICATION_CODES: Final = frozenset(
    {"authentication_required", "invoice_payment_intent_requires_action"}
)


@contextmanager
def translated(*, is_read: bool = False) -> Generator[None]:
    """Let every Stripe error leave the block as a domain failure.

    Raises:
        PerennialError: For any error of the SDK, a declined card included.
    """
    try:
        yield
    except stripe.StripeError as error:
        failure = failure_of(error, is_read=is_read)
        raise failure from error


def failure_of(error: stripe.StripeError, *, is_read: bool = False) -> PerennialError:
    """Return what an error means that is no decline.

    Args:
        error: What the SDK raised.
        is_read: Whether the call could not have changed anything.
    """
    if isinstance(error, stripe.APIConnectionError):
        cause = error.__cause__
        return transport_failure(
            cause if isinstance(cause, Exception) else error, system=SYSTEM, is_read=is_read
        )
    code = code_of(error)
    message = f"{SYSTEM}: {code or type(error).__name__}: {error.user_message or 'no message'}"
    if isinstance(error, stripe.IdempotencyError) and code not in _BY_CODE:
        return ConflictError(message)
    if code is not None and code in _BY_CODE:
        return _BY_CODE[code](message)
    if error.http_status is None:
        return OutcomeUnknownError(message)
    return status_failure(
        error.http_status,
        system=SYSTEM,
        detail=message,
        headers=httpx.Headers(error.headers),
        is_read=is_read,
    )


def code_of(error: stripe.StripeError) -> str | None:
    """Return `error.code` of the answer; the SDK leaves its own attribute empty for some classes."""
    return error.code or (error.error.code if error.error is not None else None)


def decline_of(error: stripe.CardError) -> Decline:
    """Return the decline that a card error tells of."""
    details = error.error
    if details is None:
        return classify_decline(code=error.code or "card_declined")
    code = details.decline_code or details.code or "card_declined"
    if details.code in _AUTHENTICATION_CODES:
        code = "authentication_required"
    return classify_decline(
        code=code,
        advice_code=details.advice_code,
        network_code=details.network_advice_code or details.network_decline_code,
    )


def is_about(error: stripe.StripeError, param: str) -> bool:
    """Return whether Stripe refused the request because of this parameter."""
    return (
        isinstance(error, stripe.InvalidRequestError)
        and error.error is not None
        and error.error.param == param
    )


def is_refusal(failure: PerennialError) -> bool:
    """Return whether Stripe answered, so that the object's state now says what came of it."""
    return isinstance(failure, RejectedError) and not isinstance(failure, ConflictError)
