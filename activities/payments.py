"""Money: payment customers, stored payment methods, provider invoices and charges."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from temporalio import activity

from activities.messages import (
    AttachPaymentMethod,
    ChargeProviderInvoice,
    Escrow,
    PaymentSeen,
    ReadProviderInvoice,
)
from activities.ports import EntitlementService, Orders, PaymentProvider
from activities.profiles import read_profile
from domain.collection.provider_invoice import (
    ChargeResult,
    ProviderInvoice,
    ProviderInvoiceStatus,
    StoredPaymentMethod,
    is_paid_in_full,
)
from domain.invoicing.invoices import ProviderInvoiceRequest

GRANT_WITHIN: Final = timedelta(seconds=2)
"""Longest time that the result of a charge waits for the grant."""

_LOGGER: Final = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class PaymentActivities:
    """Calls to the payment provider; each can be repeated with the same key.

    The charge and the read also put the grant of what they find paid: no queue is between paid and unlocked.
    This is the one exception to *one effect each*.
    """

    provider: PaymentProvider
    orders: Orders
    entitlements: EntitlementService

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
    async def read_provider_invoice(self, request: ReadProviderInvoice) -> PaymentSeen:
        """Return the provider invoice as it is now; if it is paid in full, put the grant."""
        seen = await self.provider.read_provider_invoice(request.provider_invoice_id)
        is_granted = await self._grant_if_paid(seen, request.escrow)
        return PaymentSeen(provider_invoice=seen, is_granted=is_granted)

    @activity.defn
    async def charge_provider_invoice(self, request: ChargeProviderInvoice) -> PaymentSeen:
        """Charge once for this key, and if that pays it in full, put the grant; a decline is a result."""
        result = await self._charge(request)
        is_granted = await self._grant_if_paid(result.provider_invoice, request.escrow)
        return PaymentSeen(
            provider_invoice=result.provider_invoice, decline=result.decline, is_granted=is_granted
        )

    @activity.defn
    async def void_provider_invoice(self, provider_invoice_id: str) -> ProviderInvoice:
        """Void the provider invoice unless it was paid meanwhile; the result says which."""
        return await self.provider.void_provider_invoice(provider_invoice_id)

    async def _charge(self, request: ChargeProviderInvoice) -> ChargeResult:
        """Charge once for this key.

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

    async def _grant_if_paid(self, seen: ProviderInvoice, escrow: Escrow) -> bool:
        """Put the grant if the invoice is paid in full, and return whether it was put.

        Whatever goes wrong here neither fails nor repeats the charge: the workflow puts the grant then. The
        same version again changes nothing, also if this put arrives late.
        """
        grant = escrow.grant
        if not is_paid_in_full(seen, invoice_id=grant.grant_id, total=escrow.total):
            return False
        try:
            async with asyncio.timeout(GRANT_WITHIN.total_seconds()):
                await self.entitlements.put_grant(grant)
        except Exception as error:  # noqa: BLE001 - the money has moved, and its result must arrive
            _LOGGER.warning(
                "the workflow puts the grant %s: %s", grant.grant_id, type(error).__name__
            )
            return False
        return True
