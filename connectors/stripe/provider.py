"""The payment provider's port for Stripe: every call may be repeated and finds the results of earlier calls.

Stripe forgets idempotency keys after about a day, so objects are looked up by our ids in their metadata
before they are created. Lists are used for that, because the search index lags behind writes.

Every method raises `PerennialError`: Stripe refused, was unavailable, or did not answer.
"""

from typing import Final

import stripe

from connectors.stripe import charging, customers, opening, refunds
from connectors.stripe.settings import StripeSettings
from connectors.stripe.transport import HttpxTransport
from domain.collection.provider_invoice import ChargeResult, ProviderInvoice, StoredPaymentMethod
from domain.invoicing.invoices import ProviderInvoiceRequest
from domain.money.money import Money
from domain.parties.accounts import AccountProfile

API_VERSION: Final = "2026-10-28.endive"
"""The version that the pinned SDK speaks; webhook endpoints must be created with the same one."""


class StripePayments:
    """Customers, payment methods, provider invoices, charges and refunds of one Stripe account.

    The SDK never retries by itself: the caller of the port decides about retries.
    """

    def __init__(self, settings: StripeSettings) -> None:
        self._transport = HttpxTransport(timeout_seconds=settings.timeout_seconds)
        self._client = stripe.StripeClient(
            settings.api_key,
            http_client=self._transport,
            base_addresses={"api": settings.base_address},
            max_network_retries=0,
            stripe_version=API_VERSION,
        )
        self._eu_country = settings.eu_transfer_country

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.close_async()

    async def ensure_customer(self, account: AccountProfile) -> str:
        """Return the id of the account's Stripe customer; create the customer if it is missing."""
        return await customers.ensure_customer(self._client, account)

    async def attach_payment_method(
        self, *, account_id: str, customer_id: str, payment_method: str, request_id: str = ""
    ) -> StoredPaymentMethod:
        """Attach a payment method and make it the default; a decline is part of the result."""
        return await customers.attach_payment_method(
            self._client,
            account_id=account_id,
            customer_id=customer_id,
            payment_method=payment_method,
            request_id=request_id,
        )

    async def ensure_provider_invoice(self, request: ProviderInvoiceRequest) -> ProviderInvoice:
        """Return the provider invoice of this invoice; continue where an earlier attempt stopped."""
        return await opening.ensure_provider_invoice(
            self._client, request, eu_country=self._eu_country
        )

    async def read_provider_invoice(self, provider_invoice_id: str) -> ProviderInvoice:
        """Return the provider invoice as it is now."""
        return await charging.read_provider_invoice(self._client, provider_invoice_id)

    async def charge(
        self, *, provider_invoice_id: str, payment_method: str, idempotency_key: str
    ) -> ChargeResult:
        """Charge the provider invoice once for this key; a decline is part of the result."""
        return await charging.charge(
            self._client,
            provider_invoice_id=provider_invoice_id,
            payment_method=payment_method,
            idempotency_key=idempotency_key,
        )

    async def void_provider_invoice(self, provider_invoice_id: str) -> ProviderInvoice:
        """Void the provider invoice unless it was paid meanwhile; the status of the result says which."""
        return await charging.void_provider_invoice(self._client, provider_invoice_id)

    async def refund_payment(
        self, *, payment_id: str, amount: Money, idempotency_key: str
    ) -> refunds.Refund:
        """Return the refund made for this key; make it if it is missing."""
        return await refunds.refund_payment(
            self._client, payment_id=payment_id, amount=amount, idempotency_key=idempotency_key
        )
