"""Reading, charging and voiding a payable; after any doubt the invoice itself is asked."""

import stripe

from connectors.stripe.failures import (
    decline_in_refusal,
    decline_of,
    failure_of,
    is_refusal,
    translated,
)
from connectors.stripe.invoices import EXPAND_ATTEMPTS, decline_without_error, payable_of
from connectors.stripe.keys import with_key
from domain.collection.provider_invoice import ChargeResult, Decline, Payable, PayableStatus
from domain.failures import NotReadyError, OutcomeUnknownError, PerennialError


async def read_payable(client: stripe.StripeClient, payable_id: str) -> Payable:
    """Return the payable as it stands now.

    Raises:
        UnknownEntityError: There is no such invoice at Stripe.
        PerennialError: Stripe refused or was unavailable.
    """
    return payable_of(await retrieve_invoice(client, payable_id))


async def retrieve_invoice(client: stripe.StripeClient, payable_id: str) -> stripe.Invoice:
    """Return Stripe's invoice with its payments and their payment intents.

    Raises:
        UnknownEntityError: There is no such invoice at Stripe.
        PerennialError: Stripe refused or was unavailable.
    """
    with translated(is_read=True):
        return await client.v1.invoices.retrieve_async(payable_id, {"expand": [EXPAND_ATTEMPTS]})


async def charge(
    client: stripe.StripeClient, *, payable_id: str, payment_method: str, idempotency_key: str
) -> ChargeResult:
    """Charge the payable once for this key, off-session; a decline is part of the result.

    A payable that is no longer open, or that another payment is under way for, is returned as it
    stands, without a decline. A payment method that Stripe does not accept for this customer is a hard
    decline.

    Raises:
        OutcomeUnknownError: Stripe did not say what became of it; repeat with the same key.
        PerennialError: Stripe refused or was unavailable.
    """
    try:
        invoice = await with_key(
            idempotency_key,
            lambda options: client.v1.invoices.pay_async(
                payable_id,
                {
                    "payment_method": payment_method,
                    "off_session": True,
                    "expand": [EXPAND_ATTEMPTS],
                },
                options,
            ),
        )
    except stripe.CardError as error:
        return _declined(await read_payable(client, payable_id), decline_of(error))
    except stripe.StripeError as error:
        return await _after_refusal(client, payable_id, error)
    payable = payable_of(invoice)
    if payable.status is not PayableStatus.OPEN:
        return ChargeResult(payable=payable)
    return ChargeResult(payable=payable, decline=decline_without_error(invoice))


async def _after_refusal(
    client: stripe.StripeClient, payable_id: str, error: stripe.StripeError
) -> ChargeResult:
    failure = failure_of(error)
    payable = await _read_after(client, payable_id, failure)
    if payable is None:
        raise failure from error
    if payable.status is not PayableStatus.OPEN or payable.is_processing:
        return ChargeResult(payable=payable)
    decline = decline_in_refusal(error, param="payment_method")
    if decline is None:
        raise failure from error
    return ChargeResult(payable=payable, decline=decline)


async def _read_after(
    client: stripe.StripeClient, payable_id: str, failure: PerennialError
) -> Payable | None:
    # A server error leaves open what became of the request, so only the object can tell.
    is_answered = is_refusal(failure) or isinstance(failure, OutcomeUnknownError)
    if not is_answered:
        return None
    try:
        return await read_payable(client, payable_id)
    except PerennialError:
        return None


async def void_payable(client: stripe.StripeClient, payable_id: str) -> Payable:
    """Void the payable unless it was paid meanwhile; the result says which.

    Raises:
        NotReadyError: A payment is under way that can no longer be called off.
        PerennialError: Stripe refused, was unavailable, or did not answer.
    """
    try:
        voided = await with_key(
            f"{payable_id}/void",
            lambda options: client.v1.invoices.void_invoice_async(payable_id, {}, options),
        )
    except stripe.StripeError as error:
        failure = failure_of(error)
        payable = await _read_after(client, payable_id, failure)
        if payable is None or payable.status is not PayableStatus.OPEN:
            return _known(payable, failure)
        if payable.is_processing:
            raise NotReadyError(f"a payment of {payable_id} is under way") from error
        raise failure from error
    return payable_of(voided)


def _known(payable: Payable | None, failure: PerennialError) -> Payable:
    if payable is None:
        raise failure
    return payable


def _declined(payable: Payable, decline: Decline) -> ChargeResult:
    # The decline of an earlier try may be replayed although the customer has paid since.
    is_open = payable.status is PayableStatus.OPEN
    return ChargeResult(payable=payable, decline=decline if is_open else None)
