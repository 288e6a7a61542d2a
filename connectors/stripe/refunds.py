"""Refunds of payments that Stripe took."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import stripe

from connectors.stripe.amounts import from_stripe, to_stripe
from connectors.stripe.failures import translated
from connectors.stripe.keys import MOST_SPENT_KEYS, is_spent, successor
from domain.failures import OutcomeUnknownError
from domain.money.money import Money

if TYPE_CHECKING:
    from stripe.params import RefundCreateParams

_PAGE: Final = 100
_REFUND_KEY: Final = "perennial_refund_key"


@dataclass(frozen=True, kw_only=True, slots=True)
class Refund:
    """A refund as Stripe stores it; a `pending` refund may still fail days later.

    Attributes:
        status: pending, requires_action, succeeded, failed or canceled.
    """

    refund_id: str
    payment_id: str
    amount: Money
    status: str


async def refund_payment(
    client: stripe.StripeClient, *, payment_id: str, amount: Money, idempotency_key: str
) -> Refund:
    """Return the refund made for this key; make it if it is missing.

    Args:
        client: The SDK's client.
        payment_id: Id of the payment intent that took the money.
        amount: At most what is left of the payment.
        idempotency_key: Names the business decision to refund.

    Raises:
        OutcomeUnknownError: The outcome of the refund is unknown; repeat it with the same key.
        PerennialError: Stripe refused or was unavailable.
    """
    found = None
    for spent in range(MOST_SPENT_KEYS + 1):
        # Look for the refund before each key is used: after a server error it may already exist.
        found = await _find_refund(client, payment_id, idempotency_key)
        if found is None:
            found = await _create(client, payment_id, amount, key=idempotency_key, spent=spent)
        if found is not None:
            break
    if found is None:
        raise OutcomeUnknownError(f"Stripe replays an old error for every refund of {payment_id}")
    return Refund(
        refund_id=found.id,
        payment_id=payment_id,
        amount=from_stripe(found.amount, found.currency),
        status=found.status or "pending",
    )


async def _create(
    client: stripe.StripeClient, payment_id: str, amount: Money, *, key: str, spent: int
) -> stripe.Refund | None:
    params: RefundCreateParams = {
        "payment_intent": payment_id,
        "amount": to_stripe(amount),
        "metadata": {_REFUND_KEY: key},
    }
    with translated():
        try:
            return await client.v1.refunds.create_async(
                params, {"idempotency_key": successor(key, spent)}
            )
        except stripe.StripeError as error:
            if not is_spent(error):
                raise
    return None


async def _find_refund(
    client: stripe.StripeClient, payment_id: str, key: str
) -> stripe.Refund | None:
    with translated(is_read=True):
        page = await client.v1.refunds.list_async({"payment_intent": payment_id, "limit": _PAGE})
        async for refund in page.auto_paging_iter():
            metadata = refund.metadata
            if metadata is not None and metadata.to_dict().get(_REFUND_KEY) == key:
                return refund
    return None
