"""All benchmarks, one after the other on one stage."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import cast

from tests.benchmarks import herd, history, latency, memory, numbers, rates, replay, sales
from tests.benchmarks.floor import Floor
from tests.benchmarks.report import Measurement
from tests.benchmarks.stage import Say, Stage, open_stage
from tests.benchmarks.webhook import open_webhook
from tests.benchmarks.world import Shop
from workers.main import running

_RULEBOOK = "tests.benchmarks.rulebook"


@dataclass(frozen=True, kw_only=True, slots=True)
class Size:
    """How much is measured."""

    rounds: int
    sales: int
    shots: int
    http_shots: int
    cached: int
    replays: int
    puts: int
    herd: int
    numbers: int


FULL = Size(
    rounds=3,
    sales=48,
    shots=100,
    http_shots=10,
    cached=150,
    replays=30,
    puts=1500,
    herd=200,
    numbers=2000,
)
QUICK = Size(
    rounds=1,
    sales=16,
    shots=12,
    http_shots=4,
    cached=60,
    replays=10,
    puts=300,
    herd=48,
    numbers=500,
)


async def measure(size: Size, say: Say) -> list[Measurement]:
    """Return everything that there is to measure."""
    rulebook = _rulebook(say)
    async with open_stage(say) as stage:
        say(f"memory of {size.cached} cached subscriptions")
        cached = await memory.measure(stage.stack, count=size.cached)
        served = await _serving(stage, size, say)
        say(f"{size.numbers} legal numbers")
        register = await numbers.measure(count=size.numbers)
        say("the sandbox's own rate")
        sandbox = await rates.measure(stage, count=size.puts)
    return [*served, register, cached, *rulebook, sandbox]


async def _serving(stage: Stage, size: Size, say: Say) -> list[Measurement]:
    """Return what needs our worker and the bare one."""
    shop, floor = Shop(stage.client), Floor(stage.client)
    async with (
        open_webhook(stage.client, stage.stack.data) as webhook,
        running([*shop.workers(), floor.worker()]),
    ):
        say(f"{size.rounds} x {size.sales} sales and bare pairs")
        throughput = await sales.measure(shop, floor, rounds=size.rounds, count=size.sales)
        say(f"{size.shots} payments and bare signals, {size.http_shots} webhooks")
        delays = await latency.measure(
            shop, floor, webhook, shots=size.shots, http_shots=size.http_shots
        )
        say(f"a herd of {size.herd}")
        delays += await herd.measure(shop, count=size.herd)
        say("steady periods")
        periods = await history.record(shop, floor)
    say("replay")
    replays = await replay.measure(periods, times=size.replays)
    return [*throughput, *delays, *history.measure(periods), *replays]


def _rulebook(say: Say) -> Sequence[Measurement]:
    if find_spec(_RULEBOOK) is None:
        return []
    say("the rulebook")
    # Found by name: the rulebook's own benchmark is a part that may be missing.
    return cast("Callable[[], Sequence[Measurement]]", import_module(_RULEBOOK).measure)()
