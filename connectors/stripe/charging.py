"""Reading, charging and voiding a provider invoice; when an outcome is unknown, the invoice is read again."""

import stripe

from connectors.stripe.failures import (
    decline_in_refusal,
    decline_of,
    failure_of,
    is_refusal,
    translated,
)
from connectors.stripe.invoices import EXPAND_ATTEMPTS, decline_without_error, provider_invoice_of
from connectors.stripe.keys import with_key
from domain.collection.provider_invoice import (
    ChargeResult,
    Decline,
    ProviderInvoice,
    ProviderInvoiceStatus,
)
from domain.failures import NotReadyError, OutcomeUnknownError, PerennialError


async def read_provider_invoice(
    client: stripe.StripeClient, provider_invoice_id: str
) -> ProviderInvoice:
    """Return the provider invoice as it is now.

    Raises:
        UnknownEntityError: There is no such invoice at Stripe.
        PerennialError: Stripe refused or was unavailable.
    """
    return provider_invoice_of(await retrieve_invoice(client, provider_invoice_id))


async def retrieve_invoice(client: stripe.StripeClient, provider_invoice_id: str) -> stripe.Invoice:
    """Return Stripe's invoice with its payments and their payment intents.

    Raises:
        UnknownEntityError: There is no such invoice at Stripe.
        PerennialError: Stripe refused or was unavailable.
    """
    with translated(is_read=True):
        return await client.v1.invoices.retrieve_async(
            provider_invoice_id, {"expand": [EXPAND_ATTEMPTS]}
        )


async def charge(
    client: stripe.StripeClient,
    *,
    provider_invoice_id: str,
    payment_method: str,
    idempotency_key: str,
) -> ChargeResult:
    """Charge the provider invoice once for this key, off-session; a decline is part of the result.

    A provider invoice that is no longer open, or that has another payment in progress, is returned as it
    is, without a decline. A payment method that Stripe does not accept for this customer is a hard
    decline.

    Raises:
        OutcomeUnknownError: The outcome of the charge is unknown; repeat it with the same key.
        PerennialError: Stripe refused or was unavailable.
    """
    try:
        invoice = await with_key(
            idempotency_key,
            lambda options: client.v1.invoices.pay_async(
                provider_invoice_id,
                {
                    "payment_method": payment_method,
                    "off_session": True,
                    "expand": [EXPAND_ATTEMPTS],
                },
                options,
            ),
        )
    except stripe.CardError as error:
        return _declined(
            await read_provider_invoice(client, provider_invoice_id), decline_of(error)
        )
    except stripe.StripeError as error:
        return await _after_refusal(client, provider_invoice_id, error)
    provider_invoice = provider_invoice_of(invoice)
    if provider_invoice.status is not ProviderInvoiceStatus.OPEN:
        return ChargeResult(provider_invoice=provider_invoice)
    return ChargeResult(provider_invoice=provider_invoice, decline=decline_without_error(invoice))


async def _after_refusal(
    client: stripe.StripeClient, provider_invoice_id: str, error: stripe.StripeError
) -> ChargeResult:
    failure = failure_of(error)
    provider_invoice = await _read_after(client, provider_invoice_id, failure)
    if provider_invoice is None:
        raise failure from error
    if provider_invoice.status is not ProviderInvoiceStatus.OPEN or provider_invoice.is_processing:
        return ChargeResult(provider_invoice=provider_invoice)
    decline = decline_in_refusal(error, param="payment_method")
    if decline is None:
        raise failure from error
    return ChargeResult(provider_invoice=provider_invoice, decline=decline)


async def _read_after(
    client: stripe.StripeClient, provider_invoice_id: str, failure: PerennialError
) -> ProviderInvoice | None:
    # After a server error the outcome of the request is unknown; only the invoice itself shows it.
    is_answered = is_refusal(failure) or isinstance(failure, OutcomeUnknownError)
    if not is_answered:
        return None
    try:
        return await read_provider_invoice(client, provider_invoice_id)
    except PerennialError:
        return None


async def void_provider_invoice(
    client: stripe.StripeClient, provider_invoice_id: str
) -> ProviderInvoice:
    """Void the provider invoice unless it was paid meanwhile; the status of the result says which.

    Raises:
        NotReadyError: A payment is in progress that can no longer be cancelled.
        PerennialError: Stripe refused, was unavailable, or did not answer.
    """
    try:
        voided = await with_key(
            f"{provider_invoice_id}/void",
            lambda options: client.v1.invoices.void_invoice_async(provider_invoice_id, {}, options),
        )
    except stripe.StripeError as error:
        failure = failure_of(error)
        provider_invoice = await _read_after(client, provider_invoice_id, failure)
        if provider_invoice is None or provider_invoice.status is not ProviderInvoiceStatus.OPEN:
            return _known(provider_invoice, failure)
        if provider_invoice.is_processing:
            raise NotReadyError(f"a payment of {provider_invoice_id} is in progress") from error
        raise failure from error
    return provider_invoice_of(voided)


def _known(provider_invoice: ProviderInvoice | None, failure: PerennialError) -> ProviderInvoice:
    if provider_invoice is None:
        raise failure
    return provider_invoice


def _declined(provider_invoice: ProviderInvoice, decline: Decline) -> ChargeResult:
    # Stripe may replay the decline of an earlier attempt although the customer has paid since.
    is_open = provider_invoice.status is ProviderInvoiceStatus.OPEN
    return ChargeResult(provider_invoice=provider_invoice, decline=decline if is_open else None)
