"""Customers, invoices and payments in the ERP."""

from dataclasses import dataclass

from temporalio import activity

from activities.ports import Erp, Orders
from activities.profiles import read_profile
from domain.effects.outbox import CancelErpInvoice, PostErpInvoice, PostErpPayment, PutErpCustomer


@dataclass(frozen=True, kw_only=True, slots=True)
class ErpActivities:
    """Postings in the ERP, one per activity, keyed by our own numbers."""

    erp: Erp
    orders: Orders

    @activity.defn
    async def put_erp_customer(self, effect: PutErpCustomer) -> None:
        """Make sure that the ERP knows the account."""
        profile = await read_profile(self.orders, effect.account_id)
        await self.erp.ensure_customer(profile, currency=effect.currency)

    @activity.defn
    async def post_erp_invoice(self, effect: PostErpInvoice) -> None:
        """Make sure that the invoice is posted."""
        await self.erp.ensure_invoice(effect)

    @activity.defn
    async def post_erp_payment(self, effect: PostErpPayment) -> None:
        """Make sure that the payment is posted and applied."""
        await self.erp.ensure_payment(effect)

    @activity.defn
    async def cancel_erp_invoice(self, effect: CancelErpInvoice) -> None:
        """Make sure that a voided invoice is cancelled."""
        await self.erp.cancel_invoice(effect)
