"""Requests of customers and events of the provider, as tests send them."""

import asyncio
from datetime import timedelta
from typing import Any

from temporalio.api.enums.v1 import EventType as HistoryEvent

from tests.workflows.desk import TRANSFER, Desk
from tests.workflows.fakes import FakeWorld
from workflows.contract import messages
from workflows.contract.messages import ProviderEventReceived
from workflows.contract.requests import CancelAt, CancelSubscription, ChangePaymentMethod

SOON = timedelta(minutes=5)
MONTH = timedelta(days=31)
GRANT = "sub-A1-0001"
PROVIDER_INVOICE = f"in_{GRANT}"


async def cancel(desk: Desk, at: CancelAt = CancelAt.NOW, request_id: str = "c1") -> Any:
    request = CancelSubscription(request_id=request_id, at=at, reason="customer asked")
    return await desk.ask(desk.subscription(), messages.REQUEST, request)


async def change(desk: Desk, payment_method: str, request_id: str = "r1") -> None:
    request = ChangePaymentMethod(request_id=request_id, payment_method=payment_method)
    await desk.ask(desk.subscription(), messages.REQUEST, request)


async def notify(desk: Desk, event_id: str, number: int = 1) -> None:
    event = ProviderEventReceived(event_id=event_id, event_type="invoice.updated")
    await desk.invoice(number).signal(messages.PROVIDER_EVENT, event)


async def invoiced(desk: Desk, world: FakeWorld) -> Any:
    """Sell on terms, wait until the invoice is sent; return the sale's handle."""
    sale = await desk.sell(payment=TRANSFER)
    await desk.until(lambda: f"{GRANT}/invoice" in world.email_sender.sent, within=SOON)
    return sale


async def until_between_tries(desk: Desk, world: FakeWorld, call: str, *, tries: int = 5) -> None:
    """Wait until a call has failed this often, and its next try is seconds away."""
    await desk.until(lambda: world.faults.struck.count(call) >= tries, within=SOON)


async def at_renewal(desk: Desk, world: FakeWorld) -> None:
    """Sell by card and let time pass until five seconds before the first renewal."""
    await (await desk.sell()).result()
    await desk.until(lambda: len(world.erp.posted) == 3, within=SOON)
    # The grant outlasts its period by the dunning window.
    renews_at = world.entitlements.grants[GRANT].until - timedelta(days=14, seconds=5)
    await desk.environment.sleep(renews_at - await desk.environment.get_current_time())


async def until_called_off(handle: Any) -> None:
    """Wait until the workflow has asked to call an activity off that is under way.

    On virtual time it has done so at once; a real server takes a moment.
    """
    asked = HistoryEvent.EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED
    while asked not in {event.event_type for event in (await handle.fetch_history()).events}:  # noqa: ASYNC110 - the server offers nothing to wait for
        await asyncio.sleep(0.02)
