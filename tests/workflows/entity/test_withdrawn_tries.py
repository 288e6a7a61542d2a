"""A try that is under way when it is withdrawn, and then fails: what withdrew it is decided at once."""

import asyncio
from typing import Any

from domain.collection.provider_invoice import ProviderInvoiceStatus
from domain.effects.events import EventType
from domain.failures import PerennialError, RejectedError
from tests.workflows.desk import Desk
from tests.workflows.fakes import FakeWorld
from tests.workflows.requests import (
    GRANT,
    PROVIDER_INVOICE,
    SOON,
    cancel,
    change,
    until_called_off,
)


class Hanging:
    """A call of the provider that hangs until it is let go, and then fails."""

    def __init__(self, failure: PerennialError) -> None:
        self.failure, self.has_begun, self.is_let_go = failure, asyncio.Event(), asyncio.Event()

    async def __call__(self, *_: Any, **__: Any) -> Any:
        self.has_begun.set()
        await self.is_let_go.wait()
        raise self.failure


async def test_a_cancellation_is_followed_although_the_charge_under_way_is_refused(
    desk: Desk, world: FakeWorld
):
    hanging = Hanging(RejectedError("not enabled"))
    world.provider.charge = hanging
    await desk.sell()
    await hanging.has_begun.wait()
    await cancel(desk)
    await until_called_off(desk.invoice())
    hanging.is_let_go.set()
    await desk.until(
        lambda: (
            world.provider.provider_invoices[PROVIDER_INVOICE].status is ProviderInvoiceStatus.VOID
        ),
        within=SOON,
    )


async def test_a_new_card_is_charged_although_the_charge_under_way_is_refused(
    desk: Desk, world: FakeWorld
):
    hanging, charge = Hanging(RejectedError("not enabled")), world.provider.charge
    world.provider.charge = hanging
    await desk.sell()
    await hanging.has_begun.wait()
    await change(desk, "pm_new")
    await until_called_off(desk.invoice())
    world.provider.charge = charge
    hanging.is_let_go.set()
    await desk.until(lambda: GRANT in world.entitlements.grants, within=SOON)


async def test_a_cancellation_is_followed_although_the_provider_invoice_is_refused_meanwhile(
    desk: Desk, world: FakeWorld
):
    hanging = Hanging(RejectedError("currency is not enabled"))
    world.provider.ensure_provider_invoice = hanging
    await desk.sell()
    await hanging.has_begun.wait()
    await cancel(desk)
    hanging.is_let_go.set()
    await desk.until(
        lambda: EventType.INVOICE_VOIDED in world.books.types_of(f"invoice/{GRANT}"), within=SOON
    )
