"""What a sale and its renewals need to know of order, account and catalog."""

from dataclasses import dataclass

from temporalio import activity

from activities.messages import RenewTerms, SaleTerms
from activities.ports import Catalog, Orders
from domain.failures import UnknownEntityError
from domain.pricing.terms import PlanTerms


@dataclass(frozen=True, kw_only=True, slots=True)
class SaleActivities:
    """Reads orders and the catalog."""

    orders: Orders
    catalog: Catalog

    @activity.defn
    async def prepare_sale(self, order_id: str) -> SaleTerms:
        """Return the terms of an accepted order, checked against the catalog once more.

        Raises:
            UnknownEntityError: If the order was never stored. Not retried.
            RejectedError: If the catalog no longer sells what was ordered. Not retried.
        """
        order = await self.orders.find_order(order_id)
        if order is None:
            raise UnknownEntityError(f"order {order_id} is not in storage")
        return SaleTerms(
            account_id=order.account.account_id,
            zone=order.account.zone,
            opportunity_id=order.opportunity_id or order.order_id,
            purchase_order=order.purchase_order,
            payment=order.payment,
            plan=self.catalog.terms_of(order),
            policy=self.catalog.policy_of(order),
        )

    @activity.defn
    async def renew_terms(self, question: RenewTerms) -> PlanTerms:
        """Return the terms of a subscription's next period, with the price changes and tax of that day.

        Raises:
            UnknownEntityError: If the account was never stored. Not retried.
        """
        account = await self.orders.find_account(question.account_id)
        if account is None:
            raise UnknownEntityError(f"account {question.account_id} is not in storage")
        return self.catalog.terms_for_period(question.terms, account, on=question.period_start)
