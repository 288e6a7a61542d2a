"""What goes wrong in a storm: every scripted fault of the outside systems, and the SIGKILL of every program of ours."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

import httpx
import psutil

from tests.checker.reading import SYSTEMS
from tests.postgresql import PostgresServer
from tests.scenarios.machine import Machine

_POSTGRESQL: Final = "postgresql"
_GONE_SECONDS: Final = 10.0
_VICTIMS: Final[Sequence[str]] = ("worker", "api", "temporal", _POSTGRESQL)
_REQUEST_FAULTS: Final[Sequence[dict[str, Any]]] = (
    {"fault": "status", "status": 500},
    {"fault": "status", "status": 503},
    {"fault": "status", "status": 429},
    {"fault": "latency", "seconds": 0.5},
    {"fault": "latency", "seconds": 4.0},
    {"fault": "lost_response"},
    {"fault": "down"},
)
_WEBHOOK_FAULTS: Final[Sequence[dict[str, Any]]] = (
    {"fault": "duplicate_webhooks", "times": 3},
    {"fault": "reorder_webhooks"},
    {"fault": "drop_webhooks"},
)


@dataclass
class Trouble:
    """Makes trouble until it is told to stop.

    Attributes:
        machine: The programs of ours.
        postgres: Our database.
        http: Steers the sandbox.
        made: What was made, counted.
        killing: The kill that is under way, or the last one: it is never left half done.
    """

    machine: Machine
    postgres: PostgresServer
    http: httpx.AsyncClient
    made: Counter[str] = field(default_factory=Counter[str])
    killing: asyncio.Task[None] | None = None

    async def faults(self, random: Random) -> None:
        """Switch faults on and off, one system after another, for ever."""
        while True:
            system = random.choice(SYSTEMS)
            faults = _REQUEST_FAULTS
            if system == "stripe" and random.random() < 0.4:
                faults = _WEBHOOK_FAULTS
            fault = dict(random.choice(faults))
            if fault["fault"] != "duplicate_webhooks" and random.random() < 0.5:
                fault["times"] = random.randint(1, 4)
            self.made[f"fault {fault['fault']}"] += 1
            with suppress(httpx.TransportError):
                await self.http.post(f"/_faults/{system}", json=fault)
                await asyncio.sleep(random.uniform(0.5, 4.0))
                await self.http.delete(f"/_faults/{system}")

    async def kills(self, random: Random, every: float) -> None:
        """Kill one program after another, each down for up to three seconds, for ever."""
        while True:
            for victim in random.sample(_VICTIMS, len(_VICTIMS)):
                await asyncio.sleep(random.uniform(0.5, 1.5) * every)
                await self._supervise()
                down = random.uniform(0.0, 3.0)
                self.killing = asyncio.create_task(self._kill(victim, down))
                await asyncio.shield(self.killing)

    async def mend(self) -> None:
        """Switch every fault off, and let every program run."""
        if self.killing is not None:
            await self.killing
        for system in SYSTEMS:
            await self.http.delete(f"/_faults/{system}")
        await asyncio.to_thread(self.postgres.ensure_postgres_running)
        await self._supervise()

    async def _supervise(self) -> None:
        """Start what has ended by itself, as a supervisor does: a worker that starts without Temporal ends."""
        for name in ("temporal", "api", "worker"):
            if not self.machine.is_running(name):
                await self.machine.start(name)

    async def _kill(self, victim: str, down: float) -> None:
        self.made[f"kill {victim}"] += 1
        if victim == _POSTGRESQL:
            await asyncio.to_thread(_kill, self.postgres)
            await asyncio.sleep(down)
            await asyncio.to_thread(self.postgres.ensure_postgres_running)
            return
        self.machine.kill(victim)
        await asyncio.sleep(down)
        await self.machine.start(victim)


def _kill(postgres: PostgresServer) -> None:
    """SIGKILL the server, and wait until it has gone; its children notice and end."""
    server = psutil.Process(postgres.get_pid())
    server.kill()
    server.wait(_GONE_SECONDS)
