"""Payment webhook -> grant active: single shots on an idle system, against a bare signal -> one activity."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from statistics import quantiles
from typing import Any

from temporalio.client import WorkflowHandle

from tests.benchmarks.bare_single import BareWaiter
from tests.benchmarks.floor import Floor
from tests.benchmarks.report import Budget, Measurement
from tests.benchmarks.webhook import Webhook
from tests.benchmarks.world import Shop
from tests.workflows.desk import TRANSFER, order_of
from workflows.contract import messages
from workflows.contract.messages import ProviderEventReceived

_OPENING_AT_ONCE = 16
_QUIET_SECONDS = 0.03
"""Between two shots, so that the server's own trailing work is not counted."""

Handle = WorkflowHandle[Any, Any]


@dataclass(slots=True)
class _Shots:
    """Milliseconds from the signal to the activity."""

    ours: list[float] = field(default_factory=list[float])
    floor: list[float] = field(default_factory=list[float])
    http: list[float] = field(default_factory=list[float])
    floor_beside_http: list[float] = field(default_factory=list[float])


async def measure(
    shop: Shop, floor: Floor, webhook: Webhook, *, shots: int, http_shots: int
) -> list[Measurement]:
    """Return the percentiles of interleaved shots; the way through HTTP for information."""
    range_ = _Range(shop, floor, webhook)
    await range_.set_up(shots + http_shots)
    taken = _Shots()
    for number in range(shots):
        # Neither always goes first: the one after has the warmer caches.
        await range_.shoot_pair(number, taken)
    for number in range(shots, shots + http_shots):
        # The server answers a shot that follows another one sooner: both sides follow one.
        taken.floor_beside_http.append(await range_.shoot_floor(number))
        taken.http.append(await range_.shoot_http(number))
    return _measurements(taken)


@dataclass(frozen=True, slots=True)
class _Range:
    shop: Shop
    floor: Floor
    webhook: Webhook

    async def set_up(self, shots: int) -> None:
        """Sell by transfer and wait until every invoice waits; as many bare workflows beside them."""
        slots = asyncio.Semaphore(_OPENING_AT_ONCE)

        async def open_one(number: int) -> None:
            async with slots:
                await self.shop.sell(order_of(_order(number), TRANSFER))
                await self.floor.start_waiter(_order(number))
                await self.shop.finish.wait(f"{_invoice(number)}/invoice")

        await asyncio.gather(*map(open_one, range(shots)))

    async def shoot_pair(self, number: int, taken: _Shots) -> None:
        """Shoot once at each."""
        if number % 2:
            taken.ours.append(await self.shoot_ours(number))
            taken.floor.append(await self.shoot_floor(number))
        else:
            taken.floor.append(await self.shoot_floor(number))
            taken.ours.append(await self.shoot_ours(number))

    async def shoot_ours(self, number: int) -> float:
        """Signal a paid invoice as the webhook does; return the milliseconds until its grant is put."""
        invoice, event = self.shop.invoice(_order(number)), _event(number)

        async def tell() -> None:
            await invoice.signal(messages.PROVIDER_EVENT, event)

        return await self._shoot_invoice(number, tell)

    async def shoot_http(self, number: int) -> float:
        """The same through the API: a signed webhook."""
        return await self._shoot_invoice(
            number, lambda: self.webhook.deliver(_event(number), _invoice(number))
        )

    async def shoot_floor(self, number: int) -> float:
        """Signal a bare workflow; return the milliseconds until its activity."""
        key = _order(number)
        await asyncio.sleep(_QUIET_SECONDS)
        handle: Handle = self.floor.waiter_of(key)
        begin = time.perf_counter()
        await handle.signal(BareWaiter.told)
        milliseconds = 1000 * (await self.floor.finish.wait(key) - begin)
        await handle.result()
        return milliseconds

    async def _shoot_invoice(self, number: int, tell: Callable[[], Awaitable[None]]) -> float:
        invoice = _invoice(number)
        self.shop.world.provider.pay(f"in_{invoice}")
        await asyncio.sleep(_QUIET_SECONDS)
        begin = time.perf_counter()
        await tell()
        milliseconds = 1000 * (await self.shop.finish.wait(invoice) - begin)
        # What follows a payment must not be under way during the next shot.
        await self.shop.invoice(_order(number)).result()
        await self.shop.sale(_order(number)).result()
        return milliseconds


def _measurements(taken: _Shots) -> list[Measurement]:
    count = f"{len(taken.ours)} single shots each, in process"
    return [
        Measurement(
            what="payment signal -> grant put, latency p50",
            ours=percentile(taken.ours, 50),
            floor=percentile(taken.floor, 50),
            unit="ms",
            budget=Budget(limit=1.5, is_ratio=True),
            note=count,
        ),
        Measurement(
            what="payment signal -> grant put, latency p99",
            ours=percentile(taken.ours, 99),
            floor=percentile(taken.floor, 99),
            unit="ms",
            budget=Budget(limit=2, is_ratio=True),
        ),
        Measurement(
            what="signed payment webhook -> grant put, latency p50",
            ours=percentile(taken.http, 50),
            floor=percentile(taken.floor_beside_http, 50),
            unit="ms",
            budget=Budget(limit=1.5, is_ratio=True),
            note=f"{len(taken.http)} deliveries through the API",
        ),
    ]


def percentile(values: Sequence[float], percent: int) -> float:
    """Return the percentile of two values or more, interpolated between neighbours."""
    return quantiles(values, n=100, method="inclusive")[percent - 1]


def _order(number: int) -> str:
    return f"shot-{number}"


def _invoice(number: int) -> str:
    return f"sub-{_order(number)}-0001"


def _event(number: int) -> ProviderEventReceived:
    return ProviderEventReceived(event_id=f"evt_{number}", event_type="invoice.paid")
