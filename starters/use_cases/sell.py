"""Selling: the order is stored, then its workflow is started; the same order always gets the same response."""

import logging
from typing import Final

from config.catalog_sale import NotSoldError
from domain import ids
from domain.failures import ConflictError, RejectedError
from domain.parties.orders import Order, order_digest
from domain.sales.states import SaleState
from perennial.enums import SaleStatus
from perennial.field_errors import FieldError
from perennial.orders import SaleView
from starters.use_cases.errors import InvalidInputError, not_sold
from starters.use_cases.ports import (
    NoAnswerError,
    OrderStore,
    SaleClosedError,
    SaleStore,
    Sold,
    WorkflowClient,
)
from workflows.contract.messages import NewSaleInput

_LOG: Final = logging.getLogger(__name__)


class Sales:
    """Takes orders in."""

    def __init__(
        self,
        *,
        orders: OrderStore,
        sales: SaleStore,
        catalog: Sold,
        workflow_client: WorkflowClient,
    ) -> None:
        self._orders = orders
        self._sales = sales
        self._catalog = catalog
        self._workflow_client = workflow_client

    async def sell(self, order: Order) -> SaleView:
        """Return the subscription that this order creates, once the sale is safe in Temporal.

        Raises:
            InvalidInputError: The catalog does not sell this; nothing was changed.
            ConflictError: The order id is already used for other content; nothing was changed.
            UnavailableError: The database or Temporal is down; send the same order again.
        """
        is_new = await self._keep(order)
        start = NewSaleInput(
            order_id=order.order_id,
            order_digest=order_digest(order),
            subscription_id=ids.subscription_id(order.order_id),
            account_id=order.account.account_id,
            plan=order.plan,
        )
        return SaleView(
            order_id=start.order_id,
            subscription_id=start.subscription_id,
            status=SaleStatus.ACCEPTED
            if not is_new and await self._has_ended(start.order_id)
            else await self._start(start),
        )

    async def _has_ended(self, order_id: str) -> bool:
        """Return whether our own records say so: Temporal deletes closed sales after its retention."""
        sale = await self._sales.find_sale(order_id)
        return sale is not None and sale.state is not SaleState.OPEN

    async def _keep(self, order: Order) -> bool:
        """Store the order and return whether it is new.

        Raises:
            ConflictError: The order id is already used for other content.
        """
        known = await self._orders.find_order(order.order_id)
        if known is None:
            # Only a new order is checked against the catalog: a sold plan stays sold after it is withdrawn.
            self._check_is_sold(order)
            await self._orders.add_order(order)
        elif order_digest(known) != order_digest(order):
            raise ConflictError(f"order {order.order_id} already exists with other content")
        return known is None

    def _check_is_sold(self, order: Order) -> None:
        try:
            self._catalog.terms_of(order)
        except NotSoldError as refusal:
            raise not_sold(refusal) from None
        except RejectedError as refusal:
            raise InvalidInputError(FieldError(field="order", allowed=str(refusal))) from None

    async def _start(self, start: NewSaleInput) -> SaleStatus:
        try:
            accepted = await self._workflow_client.accept_sale(start)
        except SaleClosedError:
            return SaleStatus.ACCEPTED
        except NoAnswerError:
            return await self._start_without_answer(start)
        if accepted.order_digest != start.order_digest:
            raise ConflictError(f"order {start.order_id} is already being sold with other content")
        return SaleStatus.ACCEPTED

    async def _start_without_answer(self, start: NewSaleInput) -> SaleStatus:
        try:
            await self._workflow_client.start_sale(start)
        except SaleClosedError:
            return SaleStatus.ACCEPTED
        _LOG.warning("sale %s is accepted and waits for a worker", start.order_id)
        return SaleStatus.WAITING_FOR_WORKER
