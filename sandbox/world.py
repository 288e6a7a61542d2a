"""The objects from which every simulated system is built, and the description that it returns."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from starlette.responses import Response
from starlette.types import ASGIApp

from sandbox.faults import FaultBoard, plain_answer
from sandbox.journal import Journal
from sandbox.store import Store


@dataclass(frozen=True, kw_only=True, slots=True)
class WorldSettings:
    """Where the sandbox listens, and where it sends events.

    Attributes:
        base_url: Address of the sandbox itself, for links in answers.
        webhook_url: Where Stripe's events go; None sends none.
        webhook_events: The event types that the endpoint subscribes to; `*` is all.
        webhook_secret: Signing secret of that endpoint.
        smtp_host: Interface of the mailbox.
        smtp_port: Port of the mailbox; 0 takes a free one, None starts no SMTP server.
        entitlements_key: Bearer key of the entitlement service; None accepts any key.
        erp_event_url: Where Workday's business process sends its events; None sends none.
        erp_event_secret: Key that signs them.
        crm_event_url: Where Salesforce's flow sends its events; None sends none.
        crm_event_secret: Key that signs them.
    """

    base_url: str = "http://127.0.0.1:8090"
    webhook_url: str | None = None
    webhook_events: frozenset[str] = frozenset({"*"})
    webhook_secret: str = "whsec_sandbox"  # noqa: S105 - a public default for evaluation
    smtp_host: str = "127.0.0.1"
    smtp_port: int | None = None
    entitlements_key: str | None = None
    erp_event_url: str | None = None
    erp_event_secret: str = "erp_sandbox"  # noqa: S105 - a public default for evaluation
    crm_event_url: str | None = None
    crm_event_secret: str = "crm_sandbox"  # noqa: S105 - a public default for evaluation


def wall_clock() -> datetime:
    """Return the current instant in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class World:
    """The object that each system's `build(world)` receives."""

    store: Store
    journal: Journal
    settings: WorldSettings = field(default_factory=WorldSettings)
    faults: FaultBoard = field(default_factory=FaultBoard)
    now: Callable[[], datetime] = wall_clock


async def nothing() -> None:
    """Do nothing: the start and stop of a system without background work."""


@dataclass(frozen=True, kw_only=True, slots=True)
class System:
    """One simulated system.

    Attributes:
        name: Short name, such as `stripe`; also its name in the store, the journal and the faults.
        prefix: Where it is mounted, such as `/stripe`; its page is at `{prefix}/`.
        app: The app that serves everything below the prefix.
        title: Name to show.
        on_start: Called once before the first request.
        on_stop: Called once at shutdown.
        fault_answer: Returns the system's error answer for a given HTTP status.
        operation_of: Returns the operation in a request body, for systems where one path serves many.
        is_struck_over_http: False for a system that applies its faults itself, on another protocol.
    """

    name: str
    prefix: str
    app: ASGIApp
    title: str = ""
    on_start: Callable[[], Awaitable[None]] = nothing
    on_stop: Callable[[], Awaitable[None]] = nothing
    fault_answer: Callable[[int], Response] = plain_answer
    operation_of: Callable[[bytes], str] | None = None
    is_struck_over_http: bool = True
