"""Money: payment customers, stored payment methods, payables and charges."""

from dataclasses import dataclass

from temporalio import activity

from activities.messages import AttachPaymentMethod, ChargePayable
from activities.ports import Orders, PaymentProvider
from activities.profiles import read_profile
from domain.collection.provider_invoice import (
    ChargeResult,
    Payable,
    PayableRequest,
    PayableStatus,
    StoredPaymentMethod,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class PaymentActivities:
    """One call to the payment provider each; all repeatable with the same keys."""

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
    async def open_payable(self, request: PayableRequest) -> Payable:
        """Return the open payable of an issued invoice, creating it if it is missing."""
        return await self.provider.ensure_payable(request)

    @activity.defn
    async def read_payable(self, payable_id: str) -> Payable:
        """Return the payable as it stands now."""
        return await self.provider.read_payable(payable_id)

    @activity.defn
    async def charge_payable(self, request: ChargePayable) -> ChargeResult:
        """Charge once for this key; a decline is a result.

        A repeat looks the payable up first: the answer to the try before may have been lost, and the
        provider forgets idempotency keys after a day.
        """
        if activity.info().attempt > 1:
            payable = await self.provider.read_payable(request.payable_id)
            if payable.status is not PayableStatus.OPEN or payable.is_processing:
                return ChargeResult(payable=payable)
        return await self.provider.charge(
            payable_id=request.payable_id,
            payment_method=request.payment_method,
            idempotency_key=request.idempotency_key,
        )

    @activity.defn
    async def void_payable(self, payable_id: str) -> Payable:
        """Void the payable unless it was paid meanwhile; the result says which."""
        return await self.provider.void_payable(payable_id)
