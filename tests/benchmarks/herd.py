"""Paid -> grant: how long a payment waits for its unlock with some invoices under way, and in a herd of renewals."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from statistics import quantiles
from typing import Any

from activities.messages import InvoiceInput
from config.clock import utc_now
from tests.benchmarks.report import Measurement
from tests.benchmarks.world import Shop
from tests.workflows.desk import subscription_input
from workflows.subscription.inputs import invoice_input
from workflows.subscription.state import SubscriptionProgress

_IN_FLIGHT = 16
_PATIENCE_SECONDS = 300.0


async def measure(shop: Shop, *, count: int) -> list[Measurement]:
    """Return the delays of `count` invoices that are charged with 16 in flight, and of as many at once."""
    with_some = await _delays(shop, "some", count, at_once=_IN_FLIGHT)
    herd = await _delays(shop, "herd", count, at_once=count)
    return [
        *_rows(f"paid -> grant put, {_IN_FLIGHT} in flight", with_some),
        *_rows(f"paid -> grant put, herd of {count}", herd),
    ]


async def _delays(shop: Shop, name: str, count: int, *, at_once: int) -> list[float]:
    """Return the milliseconds from the provider's payment to the grant, of each invoice."""
    slots = asyncio.Semaphore(at_once)
    provider: Any = shop.world.provider
    pay = provider.pay
    provider.pay = _noted(pay, shop)

    async def one(order_id: str) -> float:
        async with slots:
            invoice = await shop.start_invoice(order_id, _invoice_of(order_id))
            granted = await shop.finish.wait(invoice, _PATIENCE_SECONDS)
            return 1000 * (granted - await shop.finish.wait(_paid(f"in_{invoice}")))

    orders = [f"{name}-{number}" for number in range(count)]
    delays = await asyncio.gather(*map(one, orders))
    provider.pay = pay
    for order in orders:
        await shop.invoice(order).result()
    return delays


def _invoice_of(order_id: str) -> InvoiceInput:
    """Return what the first invoice of an order is started with; its subscription does not run."""
    subscription = f"sub-{order_id}"
    start = replace(subscription_input(utc_now()), order_id=order_id, subscription_id=subscription)
    return invoice_input(SubscriptionProgress.begin(start), f"{subscription}-0001", 0)


def _noted(pay: Callable[[str], None], shop: Shop) -> Callable[[str], None]:
    def pay_and_note(provider_invoice_id: str) -> None:
        pay(provider_invoice_id)
        shop.finish.cross(_paid(provider_invoice_id))

    return pay_and_note


def _paid(provider_invoice_id: str) -> str:
    return f"paid {provider_invoice_id}"


def _rows(what: str, delays: list[float]) -> list[Measurement]:
    cuts = quantiles(delays, n=100, method="inclusive")
    return [
        Measurement(what=f"{what}, p50", ours=cuts[49], unit="ms"),
        Measurement(what=f"{what}, p99", ours=cuts[98], unit="ms", note=f"of {len(delays)}"),
    ]
