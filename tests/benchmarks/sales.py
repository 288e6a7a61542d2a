"""New sale -> unlocked: how many a second, against a bare pair of workflows with as many activities."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from temporalio.client import WorkflowHandle

from domain.effects.events import EventType
from tests.benchmarks.finish import FinishLine
from tests.benchmarks.floor import Floor
from tests.benchmarks.histories import Footprint, footprint
from tests.benchmarks.report import Budget, Measurement
from tests.benchmarks.world import Shop, recorded
from tests.workflows.desk import CARD, order_of

IN_FLIGHT = 16
"""Several times fewer than there are sales in a round, so that effects of sold orders compete with new ones."""
_SAMPLE = 4
_FEWEST_ROUNDS = 2
_PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Round:
    """Rates of one round, a second: until the last unlock, and until nothing was left to do."""

    unlocked: float
    settled: float


async def measure(shop: Shop, floor: Floor, *, rounds: int, count: int) -> list[Measurement]:
    """Return both rates, medians of interleaved rounds of `count` sales each."""
    contest = _Contest(shop, floor)
    ours, bare = await contest.prepare()
    mine, theirs = list[Round](), list[Round]()
    begin = time.perf_counter()
    for number in range(rounds):
        # On a busy machine, fewer rounds instead of a longer run.
        if number >= _FEWEST_ROUNDS and time.perf_counter() - begin > _PATIENCE_SECONDS:
            break
        theirs.append(await contest.run_floor(f"t{number}", count, round(ours.activities)))
        mine.append(await contest.run_ours(f"t{number}", count))
    return [
        Measurement(
            what="new sale -> unlocked, throughput",
            ours=median(one.unlocked for one in mine),
            floor=median(one.unlocked for one in theirs),
            unit="sales/s",
            budget=Budget(limit=0.7, is_floor=True, is_ratio=True),
            note=f"ours per sale: {ours}; floor: {bare}; rounds {_list(mine)} against {_list(theirs)}",
        ),
        Measurement(
            what="new sale -> every effect followed, throughput",
            ours=median(one.settled for one in mine),
            floor=median(one.settled for one in theirs),
            unit="sales/s",
        ),
    ]


@dataclass(frozen=True, slots=True)
class _Contest:
    shop: Shop
    floor: Floor

    async def prepare(self) -> tuple[Footprint, Footprint]:
        """Warm both up, and return what one sale and one pair of as many activities leave behind."""
        orders = [f"warm-{number}" for number in range(_SAMPLE)]
        await _flow(orders, self._sell, self.shop.finish, "sub-{}-0001")
        await self._settle(orders)
        ours = footprint(
            [
                await handle.fetch_history()
                for order in orders
                for handle in (
                    self.shop.sale(order),
                    self.shop.subscription(order),
                    self.shop.invoice(order),
                )
            ],
            per=_SAMPLE,
        )
        await self.run_floor("warm", _SAMPLE, round(ours.activities))
        first, second = self.floor.pair_of("warm-0")
        return ours, footprint([await first.fetch_history(), await second.fetch_history()])

    async def run_ours(self, name: str, count: int) -> Round:
        """Sell `count` orders."""
        orders = [f"{name}-{number}" for number in range(count)]
        begin = time.perf_counter()
        end = await _flow(orders, self._sell, self.shop.finish, "sub-{}-0001")
        await self._settle(orders)
        return _round(count, begin, end)

    async def run_floor(self, name: str, count: int, activities: int) -> Round:
        """Start `count` pairs."""

        async def start(key: str) -> None:
            await self.floor.start_pair(key, activities)

        keys = [f"{name}-{number}" for number in range(count)]
        begin = time.perf_counter()
        end = await _flow(keys, start, self.floor.finish, "{}")
        await _results([handle for key in keys for handle in self.floor.pair_of(key)])
        return _round(count, begin, end)

    async def _sell(self, order_id: str) -> None:
        await self.shop.sell(order_of(order_id, CARD))

    async def _settle(self, orders: Sequence[str]) -> None:
        """Wait until every sale and invoice has ended and every subscription has recorded its start."""
        await _results(
            [
                handle
                for order in orders
                for handle in (self.shop.sale(order), self.shop.invoice(order))
            ]
        )
        activated = EventType.SUBSCRIPTION_ACTIVATED
        for order in orders:
            await self.shop.finish.wait(recorded(f"subscription/sub-{order}", activated))


async def _flow(
    keys: Sequence[str],
    start: Callable[[str], Awaitable[None]],
    finish: FinishLine,
    goal: str,
) -> float:
    """Return the instant at which the last key was through, with a bounded number in flight."""
    slots = asyncio.Semaphore(IN_FLIGHT)

    async def through(key: str) -> float:
        async with slots:
            await start(key)
            return await finish.wait(goal.format(key))

    return max(await asyncio.gather(*map(through, keys)))


async def _results(handles: Sequence[WorkflowHandle[Any, Any]]) -> None:
    await asyncio.gather(*(handle.result() for handle in handles))


def _round(count: int, begin: float, end: float) -> Round:
    return Round(unlocked=count / (end - begin), settled=count / (time.perf_counter() - begin))


def _list(rounds: Sequence[Round]) -> str:
    return ", ".join(f"{one.unlocked:.2f}" for one in rounds)
