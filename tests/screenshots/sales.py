"""The sales whose pages are shown: paid by card, waiting for a transfer, waiting for another card."""

import asyncio
from pathlib import Path
from typing import Final

from config.stack_file import Stack
from perennial import Client, Order, SubscriptionState, SubscriptionView
from perennial.enums import InvoiceState

ACTIVE: Final = "sub-order-card-1"
TRANSFER: Final = "sub-order-transfer-1"
DECLINED: Final = "sub-order-declined-1"

_ORDERS: Final = Path(__file__).resolve().parents[2] / "examples" / "orders"
_PATIENCE_SECONDS: Final = 60.0
_POLL_SECONDS: Final = 0.25


async def sell_all(stack: Stack) -> None:
    """Sell the examples, and return when each of them stands where it stays.

    Raises:
        TimeoutError: One does not get there.
    """
    async with Client.from_env(stack.environment) as client:
        for file in sorted(_ORDERS.glob("*.json")):
            await client.sell(Order.read(file.read_bytes()))
        await client.wait_until(ACTIVE, SubscriptionState.ACTIVE)
        for waiting in (TRANSFER, DECLINED):
            await _wait_until_open(client, waiting)


async def _wait_until_open(client: Client, subscription_id: str) -> None:
    deadline = asyncio.get_running_loop().time() + _PATIENCE_SECONDS
    while not _has_open_invoice(await client.get(subscription_id)):
        if asyncio.get_running_loop().time() > deadline:
            raise TimeoutError(f"{subscription_id} has no open invoice")
        await asyncio.sleep(_POLL_SECONDS)


def _has_open_invoice(subscription: SubscriptionView) -> bool:
    return any(invoice.state is InvoiceState.OPEN for invoice in subscription.invoices)
