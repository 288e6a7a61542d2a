"""The whole stack in one process on virtual time: Temporal, worker, API, our tables, and the outside world.

Everything of ours is real: workflows, activities, connectors, storage, API and client. Temporal is the
virtual server; the outside systems are the sandbox; HTTP between them passes a network in memory. A life of
years takes a second, and is the same every time.
"""

import os
import shutil
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import httpx
from fastapi import FastAPI

from config.settings import Settings
from config.stack_file import Ports, Secrets, Stack
from config.temporal import DATA_CONVERTER
from perennial.client import Client
from starters.api.app import build_app
from starters.assemble import opened
from starters.temporal.workflow_client import TemporalWorkflowClient
from storage import migrate
from tests.architecture.runner import strict_runner
from tests.virtual_stack import outside
from tests.virtual_stack.network import Network
from tests.virtual_stack.outside import Outside
from tests.virtual_stack.postman import Postman, delivering
from tests.virtual_stack.worker import WorkerProcess, employed
from tests.virtual_temporal.environment import VirtualEnvironment
from tests.virtual_temporal.points import Observer, Point
from tests.virtual_temporal.server import VirtualServer
from tests.virtual_temporal.workflow_side import WorkflowSide
from workers.registry import WORKFLOWS

START: Final = datetime(2027, 1, 15, 10, tzinfo=UTC)
# Virtual time decides how long anyone waits; this real time ends only what hangs.
_PATIENCE: Final = timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True)
class VirtualStack:
    """A running stack.

    Attributes:
        client: A customer's service, which speaks to our API.
        http: Reads and steers the sandbox.
        observers: Told of each point of the histories.
    """

    stack: Stack
    server: VirtualServer
    environment: VirtualEnvironment
    worker: WorkerProcess
    network: Network
    outside: Outside
    postman: Postman
    client: Client
    http: httpx.AsyncClient
    observers: list[Observer]

    @property
    def now(self) -> datetime:
        """The present instant."""
        return self.server.now()

    def kill_worker(self) -> None:
        """End the worker's process; a fresh one goes on."""
        self.worker.die()
        self.server.kill_worker()


@asynccontextmanager
async def running(
    folder: Path,
    *,
    observers: Sequence[Observer] = (),
    is_caching: bool = True,
    is_strict: bool = True,
) -> AsyncGenerator[VirtualStack]:
    """Run a new stack whose database lies in the folder; its time begins at `START`.

    Args:
        folder: Of this stack alone.
        observers: Told of each point of the histories; each may break something there.
        is_caching: Without it every task replays from the start.
        is_strict: Run workflow code in Temporal's sandbox.
    """
    listening, network, stack = list(observers), Network(), _stack(folder)
    server = _server(listening, is_caching=is_caching, is_strict=is_strict)
    environment = VirtualEnvironment(server, DATA_CONVERTER)
    async with AsyncExitStack() as exits:
        exits.enter_context(network.installed())
        world = await exits.enter_async_context(outside.running(server.now, stack))
        settings = _settings(stack, world)
        worker = await exits.enter_async_context(employed(settings, environment))
        api = await exits.enter_async_context(_api(settings, environment))
        network.serve({stack.ports.sandbox: world.app, stack.ports.api: api})
        postman = await exits.enter_async_context(delivering(world.world.store, server.loop, stack))
        network.after_request = lambda _: postman.collect()
        yield VirtualStack(
            stack=stack,
            server=server,
            environment=environment,
            worker=worker,
            network=network,
            outside=world,
            postman=postman,
            client=await exits.enter_async_context(Client.from_env(stack.environment)),
            http=await exits.enter_async_context(httpx.AsyncClient(base_url=world.base_url)),
            observers=listening,
        )


def _stack(folder: Path) -> Stack:
    return Stack(pid=os.getpid(), data=folder, ports=Ports(), secrets=Secrets.new())


def _settings(stack: Stack, world: Outside) -> Settings:
    smtp = {"PERENNIAL_SMTP_PORT": str(world.smtp_port)}
    return Settings.from_env({**stack.environment, **smtp})


def _server(observers: Sequence[Observer], *, is_caching: bool, is_strict: bool) -> VirtualServer:
    def observe(point: Point) -> None:
        for observer in list(observers):
            observer(point)

    side = WorkflowSide(
        WORKFLOWS, DATA_CONVERTER, strict_runner() if is_strict and is_caching else None
    )
    return VirtualServer(START, side, is_caching=is_caching, observer=observe)


@asynccontextmanager
async def _api(settings: Settings, environment: VirtualEnvironment) -> AsyncGenerator[FastAPI]:
    workflow_client = TemporalWorkflowClient(client=environment.client, patience=_PATIENCE)
    async with opened(settings, workflow_client, clock=environment.server.now) as services:
        yield build_app(services)


async def migrated(folder: Path, template: Path) -> Path:
    """Return a new folder with an empty database, copied from a template that is migrated once."""
    if not _is_there(template):
        await migrate.upgrade(f"sqlite:///{template}")
    return _copied(template, folder)


def _is_there(template: Path) -> bool:
    template.parent.mkdir(parents=True, exist_ok=True)
    return template.exists()


def _copied(template: Path, folder: Path) -> Path:
    folder.mkdir(parents=True)
    shutil.copy(template, folder / "perennial.db")
    return folder
