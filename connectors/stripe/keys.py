"""Idempotency keys, and their successors after Stripe has stored an error under a key.

Stripe keeps the first answer to a key for at least a day, even if it is a 500 or a refusal. Every repeat
gets that answer again, even after Stripe has recovered or an operator has fixed the cause of the refusal.
Such a key is called "spent" here.
Source: docs.stripe.com/api/idempotent_requests, read on 2026-11-23.
"""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import httpx
import stripe

T = TypeVar("T")

MOST_SPENT_KEYS: Final = 9
"""How many keys of one request may be spent before the request fails until Stripe forgets them."""

_REPLAYED: Final = "Idempotent-Replayed"


async def with_key(key: str, request: Callable[[stripe.RequestOptions], Awaitable[T]]) -> T:
    """Return the answer under this key, or under its first successor that is not spent.

    Only a *replayed* error spends a key: its request has certainly ended, and the caller has read the
    object since. A replayed decline does not spend the key, because it is the result of its attempt. The
    request must be harmless if it was already done: paying a paid invoice is harmless, a second partial
    refund is not.

    Args:
        key: Names the business attempt.
        request: Sends the request with these options.

    Raises:
        stripe.StripeError: Any error that is not a replay, or a replayed error under the last successor.
    """
    for spent in range(MOST_SPENT_KEYS):
        try:
            return await request({"idempotency_key": successor(key, spent)})
        except stripe.StripeError as error:
            if not is_spent(error):
                raise
    return await request({"idempotency_key": successor(key, MOST_SPENT_KEYS)})


def successor(key: str, spent: int) -> str:
    """Return the key to use after `spent` keys are spent; the key itself for 0."""
    return f"{key}/after-{spent}" if spent else key


def is_spent(error: stripe.StripeError) -> bool:
    """Return whether Stripe will replay this error for this key, although it is not a final result."""
    if isinstance(error, stripe.CardError):
        return False
    headers = httpx.Headers(error.headers)
    return bool(headers.get(_REPLAYED) == "true")
