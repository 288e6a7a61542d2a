"""The outside world in memory: the sandbox as one application, with its clock and its mailbox's socket."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from starlette.applications import Starlette
from typing_extensions import override

from config.stack_file import LOOPBACK, Stack
from sandbox import entitlements, salesforce, stripe, workday
from sandbox.assembly import assemble
from sandbox.journal import Journal
from sandbox.mailbox import build_mailbox
from sandbox.store import Store
from sandbox.world import World, WorldSettings
from tests.checker.facts import Entry


class OneJournal(Journal):
    """The journals of all systems, which also keeps their one order: virtual time stands still for a whole sale.

    Attributes:
        in_order: Every entry.
    """

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.in_order: list[Entry] = []

    @override
    def write(self, system: str, action: str, key: str, summary: str, at: datetime) -> None:
        super().write(system, action, key, summary, at)
        order = len(self.in_order)
        self.in_order.append(
            Entry(order=order, at=at, system=system, action=action, key=key, summary=summary)
        )


@dataclass(frozen=True, slots=True)
class Outside:
    """A running sandbox.

    Attributes:
        app: Its web application.
        world: What all its systems share.
        smtp_port: Where its mailbox listens, the one real socket: the SMTP library knows no other transport.
    """

    app: Starlette
    world: World
    journal: OneJournal
    smtp_port: int

    @property
    def base_url(self) -> str:
        """Where it is reached."""
        return self.world.settings.base_url


@asynccontextmanager
async def running(now: Callable[[], datetime], stack: Stack) -> AsyncGenerator[Outside]:
    """Run a new outside world of a stack; its clock is given."""
    store = Store(None)
    settings = WorldSettings(
        base_url=f"http://{LOOPBACK}:{stack.ports.sandbox}",
        smtp_port=0,
        entitlements_key=stack.secrets.entitlements_key,
    )
    journal = OneJournal(store)
    world = World(store=store, journal=journal, settings=settings, now=now)
    mailbox, mail_server = build_mailbox(world)
    systems = [
        stripe.build(world),
        workday.build(world),
        salesforce.build(world),
        entitlements.build(world),
        mailbox,
    ]
    app = assemble(world, systems)
    async with app.router.lifespan_context(app):
        assert mail_server.port is not None
        yield Outside(app, world, journal, mail_server.port)
