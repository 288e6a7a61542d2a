"""Assembles the simulated Stripe."""

from starlette.applications import Starlette
from starlette.routing import Route

from sandbox.stripe.books import SYSTEM, Books
from sandbox.stripe.control import Control
from sandbox.stripe.delivery import Delivery
from sandbox.stripe.events import EventLog
from sandbox.stripe.idempotency import IdempotencyKeys
from sandbox.stripe.looks import Looks
from sandbox.stripe.surface import Desk, endpoint, fault_answer
from sandbox.world import System, World, nothing


def build(world: World) -> System:
    """Return Stripe: its API at `/stripe/v1`, its page at `/stripe/`, control endpoints below `/_control`."""
    settings = world.settings
    books = Books(world.store, world.now, settings.base_url)
    wanted = settings.webhook_events if settings.webhook_url else frozenset[str]()
    log = EventLog(books, world.journal, wanted)
    desk = Desk(
        store=world.store,
        books=books,
        log=log,
        keys=IdempotencyKeys(books),
        faults=world.faults,
    )
    delivery: Delivery | None = None
    if settings.webhook_url:
        delivery = Delivery(
            books, log, world.faults, url=settings.webhook_url, secret=settings.webhook_secret
        )
        log.on_emit = delivery.enqueue
    api = Route("/v1/{path:path}", endpoint(desk), methods=["GET", "POST", "DELETE"])
    routes = [api, *Control(desk, delivery).routes(), *Looks(desk).routes()]
    return System(
        name=SYSTEM,
        prefix="/stripe",
        title="Stripe",
        app=Starlette(routes=routes),
        on_start=delivery.start if delivery else nothing,
        on_stop=delivery.stop if delivery else nothing,
        fault_answer=fault_answer,
    )
