"""Idempotency keys, and what to do with one that Stripe has spent on an error.

Stripe keeps the first answer to a key for at least a day, a 500 or a refusal as well: every repeat gets
that answer again, even after Stripe has recovered or an operator has mended what was refused.
Source: docs.stripe.com/api/idempotent_requests, read on 2026-11-23.
"""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import httpx
import stripe

T = TypeVar("T")

MOST_SPENT_KEYS: Final = 9
"""Keys of one request that may be spent before its caller waits for Stripe to recover."""

_REPLAYED: Final = "Idempotent-Replayed"


async def with_key(key: str, request: Callable[[stripe.RequestOptions], Awaitable[T]]) -> T:
    """Return the answer under this key, or under its first successor that no error has spent.

    Only a *replayed* error spends a key: its request has ended for certain, and the caller has looked
    the object up since. A replayed decline spends nothing, because it is the result of its attempt. The
    request itself must be harmless when it was done already, as paying a paid invoice is; a partial
    refund is not.

    Args:
        key: Names the business attempt.
        request: Sends the request with these options.

    Raises:
        stripe.StripeError: Any other error, or a replayed one under the last successor too.
    """
    for spent in range(MOST_SPENT_KEYS):
        try:
            return await request({"idempotency_key": successor(key, spent)})
        except stripe.StripeError as error:
            if not is_spent(error):
                raise
    return await request({"idempotency_key": successor(key, MOST_SPENT_KEYS)})


def successor(key: str, spent: int) -> str:
    """Return the key to use when so many before it are spent; the key itself for none."""
    return f"{key}/after-{spent}" if spent else key


def is_spent(error: stripe.StripeError) -> bool:
    """Return whether the key will give this error again and again, although it decides nothing."""
    if isinstance(error, stripe.CardError):
        return False
    headers = httpx.Headers(error.headers)
    return bool(headers.get(_REPLAYED) == "true")
