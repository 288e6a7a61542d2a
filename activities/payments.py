"""Money: payment customers, stored payment methods, provider invoices and charges."""

from dataclasses import dataclass

from temporalio import activity

from activities.messages import AttachPaymentMethod, ChargeProviderInvoice
from activities.ports import Orders, PaymentProvider
from activities.profiles import read_profile
from domain.collection.provider_invoice import (
    ChargeResult,
    ProviderInvoice,
    ProviderInvoiceStatus,
    StoredPaymentMethod,
)
from domain.invoicing.invoices import ProviderInvoiceRequest


@dataclass(frozen=True, kw_only=True, slots=True)
class PaymentActivities:
    """Calls to the payment provider; each can be repeated with the same key."""

    provider: PaymentProvider
    orders: Orders

    @activity.defn
    async def ensure_payment_customer(self, account_id: str) -> str:
        """Return the provider's customer id of this account."""
        return await self.provider.ensure_customer(await read_profile(self.orders, account_id))

    @activity.defn
    async def attach_payment_method(self, request: AttachPaymentMethod) -> StoredPaymentMethod:
        """Attach a payment method and make it the default; a decline is part of the result."""
        return await self.provider.attach_payment_method(
            account_id=request.account_id,
            customer_id=request.customer_id,
            payment_method=request.payment_method,
            request_id=request.request_id,
        )

    @activity.defn
    async def open_provider_invoice(self, request: ProviderInvoiceRequest) -> ProviderInvoice:
        """Return the open provider invoice of an issued invoice, creating it if it is missing."""
        return await self.provider.ensure_provider_invoice(request)

    @activity.defn
    async def read_provider_invoice(self, provider_invoice_id: str) -> ProviderInvoice:
        """Return the provider invoice as it is now."""
        return await self.provider.read_provider_invoice(provider_invoice_id)

    @activity.defn
    async def charge_provider_invoice(self, request: ChargeProviderInvoice) -> ChargeResult:
        """Charge once for this key; a decline is a result.

        A retry reads the provider invoice first: the response to the previous try may have been lost, and the
        provider forgets idempotency keys after a day.
        """
        if activity.info().attempt > 1:
            provider_invoice = await self.provider.read_provider_invoice(
                request.provider_invoice_id
            )
            if (
                provider_invoice.status is not ProviderInvoiceStatus.OPEN
                or provider_invoice.is_processing
            ):
                return ChargeResult(provider_invoice=provider_invoice)
        return await self.provider.charge(
            provider_invoice_id=request.provider_invoice_id,
            payment_method=request.payment_method,
            idempotency_key=request.idempotency_key,
        )

    @activity.defn
    async def void_provider_invoice(self, provider_invoice_id: str) -> ProviderInvoice:
        """Void the provider invoice unless it was paid meanwhile; the result says which."""
        return await self.provider.void_provider_invoice(provider_invoice_id)
