"""Reading one subscription: its row, or a row derived from its order while nothing is recorded yet."""

import asyncio
import logging
from typing import Final

from domain.effects.events import SaleRow, SubscriptionRow
from domain.entitlements.grants import Access
from domain.failures import PerennialError
from domain.ids import subscription_id
from domain.parties.orders import Order
from domain.sales.states import SaleState
from domain.subscription.states import SubscriptionState
from starters.use_cases.ports import AccessReader, OrderStore, ReadModel

_LOG: Final = logging.getLogger(__name__)
_ACCESS_SECONDS: Final = 3.0


async def find_subscription(
    wanted: str, *, read_model: ReadModel, orders: OrderStore
) -> SubscriptionRow | None:
    """Return the subscription as recorded, else as derived from its order, else None.

    Records follow the workflow. Between the response to an order and the first record, only the order is known.
    """
    row = await read_model.find_subscription(wanted)
    if row is not None:
        return row
    order_id = wanted.removeprefix(subscription_id(""))
    order = await orders.find_order(order_id)
    if order is None or subscription_id(order_id) != wanted:
        return None
    return _promised(order, await read_model.find_sale(order_id))


async def read_access(account_id: str, access: AccessReader) -> Access | None:
    """Return what the account may use right now, or None if the entitlement service does not answer."""
    try:
        async with asyncio.timeout(_ACCESS_SECONDS):
            return await access.read_access(account_id)
    except (PerennialError, TimeoutError) as error:
        _LOG.warning("the entitlement service did not answer: %s", type(error).__name__)
        return None


def _promised(order: Order, sale: SaleRow | None) -> SubscriptionRow:
    is_undone = sale is not None and sale.state is SaleState.FAILED
    return SubscriptionRow(
        subscription_id=subscription_id(order.order_id),
        account_id=order.account.account_id,
        order_id=order.order_id,
        plan=order.plan,
        quantity=order.quantity,
        currency=order.currency,
        state=SubscriptionState.ABANDONED if is_undone else SubscriptionState.PENDING,
        period=None,
        period_number=0,
        cancel_at=None,
        next_due_at=None,
    )
