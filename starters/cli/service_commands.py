"""Commands that use the API: sell, show, invoice, events, cancel, change-payment-method."""

import asyncio
import os
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from config.stack_file import with_stack
from perennial.client import Client
from perennial.enums import CancelAt, SubscriptionState
from perennial.errors import InvalidInputError
from perennial.field_errors import WHOLE
from perennial.orders import Order
from perennial.requests import RequestView
from starters.cli.output import (
    OUT,
    print_events,
    print_invoice,
    print_json,
    print_subscription,
    say,
)

SubscriptionId = Annotated[str, typer.Argument(metavar="ID", help="A subscription's id.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
Key = Annotated[
    str | None, typer.Option("--key", help="Idempotency key, to repeat a request safely.")
]


def sell(
    file: Annotated[Path, typer.Argument(help="An order as JSON, as in examples/orders/.")],
    *,
    as_json: AsJson = False,
    wait: Annotated[float, typer.Option(help="Seconds to wait until it is unlocked.")] = 0.0,
) -> None:
    """Sell the order in FILE; the same file again is the same sale."""
    order = _read(file)
    asyncio.run(_sell(order, timedelta(seconds=wait), as_json=as_json))


def show(subscription_id: SubscriptionId, *, as_json: AsJson = False) -> None:
    """Show a subscription, its invoices and what the account may use right now."""

    async def read() -> None:
        async with _client() as client:
            shown = await client.get(subscription_id)
        (print_json if as_json else print_subscription)(shown)

    asyncio.run(read())


def invoice(
    invoice_id: Annotated[str, typer.Argument(metavar="ID", help="An invoice's id.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Show an invoice as a document: lines, tax, seller and buyer."""

    async def read() -> None:
        async with _client() as client:
            found = await client.invoice(invoice_id)
        (print_json if as_json else print_invoice)(found)

    asyncio.run(read())


def events(subscription_id: SubscriptionId, *, as_json: AsJson = False) -> None:
    """Show what happened to a subscription, its sale and its invoices."""

    async def read() -> None:
        async with _client() as client:
            found = await client.events(subscription_id)
        (print_json if as_json else print_events)(found)

    asyncio.run(read())


def cancel(
    subscription_id: SubscriptionId,
    *,
    at: Annotated[CancelAt, typer.Option(help="When it takes effect.")] = CancelAt.PERIOD_END,
    reason: Annotated[str | None, typer.Option(help="Why, without personal data.")] = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """End a subscription, now or at the end of the paid period."""

    async def ask() -> RequestView:
        async with _client() as client:
            return await client.cancel(subscription_id, at=at, reason=reason, key=key)

    _print_accepted(asyncio.run(ask()), as_json=as_json)


def change_payment_method(
    subscription_id: SubscriptionId,
    payment_method: Annotated[str, typer.Argument(help="The provider's token (pm_...).")],
    *,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Charge another payment method from now on, and what is open at once."""

    async def ask() -> RequestView:
        async with _client() as client:
            return await client.change_payment_method(subscription_id, payment_method, key=key)

    _print_accepted(asyncio.run(ask()), as_json=as_json)


def _read(file: Path) -> Order:
    try:
        return Order.read(file.read_bytes())
    except InvalidInputError as refusal:
        named = [replace(e, field=str(file)) if e.field == WHOLE else e for e in refusal.errors]
        raise InvalidInputError(*named) from None


def _client() -> Client:
    return Client.from_env(with_stack(os.environ))


async def _sell(order: Order, wait: timedelta, *, as_json: bool) -> None:
    async with _client() as client:
        sale = await client.sell(order)
        # Before the wait, which may end in an error: the sale stands all the same.
        if as_json:
            print_json(sale)
        else:
            OUT.print(f"{sale.subscription_id}: {sale.status.value.replace('_', ' ')}")
        if wait:
            sys.stdout.flush()
            say("waiting until it is unlocked")
            await client.wait_until(sale.subscription_id, SubscriptionState.ACTIVE, wait)
            say("unlocked")


def _print_accepted(accepted: RequestView, *, as_json: bool) -> None:
    if as_json:
        print_json(accepted)
    else:
        ending = "" if accepted.ends_at is None else f", ends {accepted.ends_at:%Y-%m-%d %H:%M}Z"
        OUT.print(f"{accepted.subscription_id}: accepted{ending}")
