"""A storm on the real stack: `python -m tests.storm.run --seed 1`; `make storm` in short.

Customers order, pay, change and cancel at every moment, while faults strike every outside system, webhooks
are repeated, dropped and reordered, and worker, API, Temporal and PostgreSQL are killed in turn. Then all is
mended, everything comes to rest, and the checker reads what is there.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

import httpx

from config.clock import utc_now
from config.stack_file import LOOPBACK
from local_stack.programs import connect_to
from perennial.client import Client
from tests.checker.check import violations
from tests.checker.facts import Facts
from tests.checker.known import EARLY_REQUESTS, ENDING_CHARGES
from tests.checker.reading import Reader
from tests.policies import write_policies
from tests.postgresql import running_server, url_of
from tests.scenarios.machine import Machine
from tests.storm.customers import Customers
from tests.storm.rest import until_at_rest
from tests.storm.trouble import Trouble

_DATABASE: Final = "perennial"
_AT_ONCE: Final = 16
_KNOWN: Final = (EARLY_REQUESTS, ENDING_CHARGES)


@dataclass
class Storm:
    """What is needed for a storm, and what is left of it."""

    machine: Machine
    http: httpx.AsyncClient
    customers: Customers
    trouble: Trouble

    async def rage(self, seed: int, seconds: float, *, kill_every: float = 12.0) -> None:
        """Let customers come and trouble strike for so long, then mend everything.

        Args:
            seed: Decides every draw of chance.
            seconds: How long customers come.
            kill_every: Seconds between two kills, on average.
        """
        random = Random(seed)
        makers = [
            asyncio.create_task(self.trouble.faults(Random(f"{seed}/faults"))),
            asyncio.create_task(self.trouble.kills(Random(f"{seed}/kills"), kill_every)),
        ]
        end, number = time.monotonic() + seconds, 0
        lives: set[asyncio.Task[None]] = set()
        # Trouble that has ended has failed: there is no storm without it.
        while time.monotonic() < end and not any(maker.done() for maker in makers):
            number += 1
            life = self.customers.live(f"s{seed}-{number}", Random(f"{seed}/{number}"))
            lives.add(asyncio.create_task(life))
            await asyncio.sleep(random.uniform(0.0, 1.0))
            while len(lives) >= _AT_ONCE:
                done, lives = await asyncio.wait(lives, return_when=asyncio.FIRST_COMPLETED)
                del done
        await _stopped(makers)
        await self.trouble.mend()
        await asyncio.gather(*lives)
        print(f"seed {seed}: {number} customers came, all is mended", flush=True)

    async def facts(self) -> Facts:
        """Let everything come to rest, and return what is there."""
        await self.trouble.mend()
        await self.customers.cancel_all()
        print("everything is cancelled", flush=True)
        temporal = await connect_to(self.machine.stack)
        workflows = await until_at_rest(temporal)
        reader = Reader(
            self.http,
            self.machine.stack.secrets.entitlements_key,
            self.machine.environment["PERENNIAL_DATABASE_URL"],
        )
        return await reader.facts(utc_now(), workflows, self.customers.answers)


async def _stopped(makers: Sequence[asyncio.Task[None]]) -> None:
    for maker in makers:
        maker.cancel()
    for maker in makers:
        with suppress(asyncio.CancelledError):
            await maker


@asynccontextmanager
async def prepared(folder: Path, *, span: float = 20.0) -> AsyncGenerator[Storm]:
    """Run a stack on PostgreSQL whose policies end everything within a minute.

    Args:
        folder: Of this stack alone.
        span: Seconds within which a customer does what it does.
    """
    policies = folder / "policies.toml"
    write_policies(policies, first_for="20s", renewal_for="10s", retry_after='["3s"]')
    with running_server() as postgres:
        postgres.psql(f"CREATE DATABASE {_DATABASE}")
        overrides = {
            "PERENNIAL_DATABASE_URL": url_of(postgres, _DATABASE),
            "PERENNIAL_POLICIES_PATH": str(policies),
        }
        machine = Machine(folder, overrides)
        try:
            await machine.start_all()
            base = f"http://{LOOPBACK}:{machine.stack.ports.sandbox}"
            async with (
                Client.from_env(machine.stack.environment) as client,
                httpx.AsyncClient(base_url=base, timeout=30.0) as http,
            ):
                customers = Customers(client, http, span)
                yield Storm(machine, http, customers, Trouble(machine, postgres, http))
        finally:
            machine.close()


def report(storm: Storm, facts: Facts) -> list[str]:
    """Print the figures of a storm, and return the violations that no issue knows."""
    verdicts = Counter(f"{answer.request} {answer.verdict}" for answer in facts.answers)
    paid = sum(each["status"] == "paid" for each in facts.provider_invoices)
    print(
        f"{len(facts.table('sales'))} sales, {len(facts.provider_invoices)} invoices, {paid} paid,"
    )
    print(f"{len(facts.table('events'))} events, {len(facts.emails)} emails")
    for what, count in sorted((verdicts + storm.trouble.made).items()):
        print(f"  {count:5} {what}")
    found = [str(each) for each in violations(facts)]
    unknown = [each for each in found if not any(known.is_about(each) for known in _KNOWN)]
    for known in _KNOWN:
        count = sum(known.is_about(each) for each in found)
        print(f"known ({known.issue}): {count} times {known.text}")
    for each in unknown:
        print(f"  {each}")
    print(f"{len(unknown)} violations", flush=True)
    return unknown


async def _storm(seed: int, seconds: float) -> int:
    with tempfile.TemporaryDirectory(prefix="perennial-storm-") as folder:
        async with prepared(Path(folder)) as storm:
            await storm.rage(seed, seconds)
            return 1 if report(storm, await storm.facts()) else 0


def main(argv: Sequence[str] | None = None) -> int:
    """Let one storm rage; 1 if a promise was broken that no issue knows."""
    parser = argparse.ArgumentParser(prog="make storm", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=600.0)
    given = parser.parse_args(argv)
    if not given.seconds > 0:
        parser.error("--seconds must be above 0")
    print(f"storm, seed {given.seed}, {given.seconds:g} s", flush=True)
    return asyncio.run(_storm(given.seed, given.seconds))


if __name__ == "__main__":
    sys.exit(main())
