"""What Stripe's errors mean: a decline is a result, every other error is one domain failure.

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
from connectors.vendor_words import vendor_words
from domain.collection.declines import classify_decline
from domain.collection.provider_invoice import Decline, DeclineClass
from domain.failures import (
    ConflictError,
    OutcomeUnknownError,
    PerennialError,
    RejectedError,
    UnavailableError,
    UnknownEntityError,
)

SYSTEM: Final = "Stripe"

_BY_CODE: Final = MappingProxyType[str, type[PerennialError]](
    {
        # Another request with the same key is still running; its outcome is replayed to us later.
        "idempotency_key_in_use": UnavailableError,
        "lock_timeout": UnavailableError,
        "resource_missing": UnknownEntityError,
    }
)
"""`error.code` -> failure, where it says more than the HTTP status."""

_ERRORS: Final = 400

_AUTHENTICATION_CODES: Final = frozenset(
    {"authentication_required", "invoice_payment_intent_requires_action"}
)


@contextmanager
def translated(*, is_read: bool = False) -> Generator[None]:
    """Turn every Stripe error of the block into a domain failure.

    Raises:
        PerennialError: Any error of the SDK, including a declined card.
    """
    try:
        yield
    except stripe.StripeError as error:
        failure = failure_of(error, is_read=is_read)
        raise failure from error


def failure_of(error: stripe.StripeError, *, is_read: bool = False) -> PerennialError:
    """Return the domain failure for an error that is not a decline.

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
    said = vendor_words(str(error.user_message or "no message"))
    message = f"{SYSTEM}: {vendor_words(str(code or type(error).__name__))}: {said}"
    if isinstance(error, stripe.IdempotencyError) and code not in _BY_CODE:
        return ConflictError(message)
    if code is not None and code in _BY_CODE:
        return _BY_CODE[code](message)
    if error.http_status is None or error.http_status < _ERRORS:
        # The answer cannot be read, for example because a proxy wrote it: the call may have succeeded.
        return UnavailableError(message) if is_read else OutcomeUnknownError(message)
    return status_failure(
        error.http_status,
        system=SYSTEM,
        detail=message,
        headers=httpx.Headers(error.headers),
        is_read=is_read,
    )


def code_of(error: stripe.StripeError) -> str | None:
    """Return `error.code` of the answer; the SDK's own `code` attribute is empty for some error classes."""
    return error.code or (error.error.code if error.error is not None else None)


def decline_of(error: stripe.CardError) -> Decline:
    """Return the decline that a card error reports."""
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


def decline_in_refusal(error: stripe.StripeError, *, param: str) -> Decline | None:
    """Return the decline that a refused request means, or None if it means no decline.

    Args:
        error: What the SDK raised; not a card error.
        param: Name of the parameter that holds the payment method.
    """
    if not isinstance(error, stripe.InvalidRequestError):
        return None
    if code_of(error) in _AUTHENTICATION_CODES:
        return classify_decline(code="authentication_required")
    if error.error is None or error.error.param != param:
        return None
    # The payment method is gone or belongs to another customer, so it will never pay.
    return Decline(decline_class=DeclineClass.HARD, code=code_of(error) or "invalid_payment_method")


def is_refusal(failure: PerennialError) -> bool:
    """Return whether Stripe refused the request, so that the object's state now shows the outcome."""
    return isinstance(failure, RejectedError) and not isinstance(failure, ConflictError)
