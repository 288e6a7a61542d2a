"""Emails that wait behind one another for the SMTP relay are taken back together."""

import asyncio

from domain.effects.emails import RenderedEmail
from domain.effects.events import EventType
from domain.failures import UnavailableError
from tests.workflows.desk import Desk, card
from tests.workflows.fakes import FakeWorld
from tests.workflows.requests import GRANT, SOON, change, until_called_off


async def test_no_email_follows_one_that_goes_out_while_the_payment_arrives(
    desk: Desk, world: FakeWorld
):
    send, has_begun, is_let_go = world.email_sender.send, asyncio.Event(), asyncio.Event()

    async def hanging(email: RenderedEmail) -> None:
        has_begun.set()
        await is_let_go.wait()
        await send(email)
        world.faults.always["email"] = UnavailableError("down")

    world.email_sender.send = hanging
    world.provider.declines = {"pm_bad": "insufficient_funds", "pm_worse": "stolen_card"}
    await desk.sell(payment=card("pm_bad"))
    await has_begun.wait()
    await change(desk, "pm_worse")
    assert f"{GRANT}/charge/2" in world.provider.charges
    await change(desk, "pm_good", "r2")
    await until_called_off(desk.invoice())
    # The subscription knows of the payment before the email has gone out.
    assert EventType.SUBSCRIPTION_ACTIVATED in world.books.types_of("subscription/sub-A1")
    is_let_go.set()
    await desk.until(
        lambda: EventType.INVOICE_PAID in world.books.types_of(f"invoice/{GRANT}"), within=SOON
    )
    world.faults.always.clear()
    await desk.until(lambda: f"{GRANT}/receipt" in world.email_sender.sent, within=SOON)
    assert f"{GRANT}/declined-1" in world.email_sender.sent
    assert f"{GRANT}/declined-2" not in world.email_sender.sent
