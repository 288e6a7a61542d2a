"""Scripted faults: what a test or a person can make a played system do wrong, by one HTTP call."""

import asyncio
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Literal, TypeAlias, cast, get_args

from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.store import Document

FaultName: TypeAlias = Literal[
    "status",
    "latency",
    "lost_response",
    "down",
    "duplicate_webhooks",
    "reorder_webhooks",
    "drop_webhooks",
]
FAULT_NAMES: tuple[FaultName, ...] = get_args(FaultName)
REQUEST_FAULTS: frozenset[FaultName] = frozenset({"status", "latency", "lost_response", "down"})
_FIELDS = {"fault", "status", "seconds", "times", "match"}


class LostResponseError(ConnectionError):
    """The work is done, the connection is gone: the client never learns the outcome."""


class UnknownFaultError(ValueError):
    """The fault asked for does not exist or its parameters make no sense."""


@dataclass(kw_only=True, slots=True)
class Fault:
    """One scripted fault.

    Attributes:
        fault: What goes wrong.
        status: HTTP status that the fault `status` answers.
        seconds: Delay of the fault `latency`.
        times: How often it still strikes; None for ever. For `duplicate_webhooks`, how often each
            event is delivered.
        match: Strikes only requests whose `METHOD path` (below the system's prefix) contains this; with
            a `$` as its last character, only those that end with it.
    """

    fault: FaultName
    status: int = 503
    seconds: float = 0.2
    times: int | None = None
    match: str = ""


def is_match(match: str, request_line: str) -> bool:
    """Return whether a request line holds the text, at its end if the text closes with `$`."""
    if match.endswith("$"):
        return request_line.endswith(match[:-1])
    return match in request_line


def parse_fault(body: object) -> Fault:
    """Return the fault described by a request body.

    Raises:
        UnknownFaultError: The name or a parameter is not valid.
    """
    if not isinstance(body, dict):
        raise UnknownFaultError("a fault is a JSON object")
    given = cast("Document", body)
    unknown = set(given) - _FIELDS
    if unknown:
        raise UnknownFaultError(f"unknown parameters: {sorted(unknown)}")
    if given.get("fault") not in FAULT_NAMES:
        raise UnknownFaultError(f"fault must be one of {', '.join(FAULT_NAMES)}")
    if not all(_is_of_kind(name, value) for name, value in given.items()):
        raise UnknownFaultError("match is a text, status and times are whole numbers")
    fault = Fault(**given)
    if not 200 <= fault.status <= 599:  # noqa: PLR2004 - the range of HTTP statuses that end a request
        raise UnknownFaultError(f"status must be an HTTP status, not {fault.status}")
    if fault.seconds < 0 or (fault.times is not None and fault.times < 1):
        raise UnknownFaultError("seconds must be 0 or more, times 1 or more (or null)")
    return fault


def _is_of_kind(name: str, value: object) -> bool:
    if name in {"fault", "match"}:
        return isinstance(value, str)
    if name == "times" and value is None:
        return True
    is_number = isinstance(value, float) if name == "seconds" else False
    return is_number or (isinstance(value, int) and not isinstance(value, bool))


class FaultBoard:
    """The faults now switched on, per system. Forgotten when the process ends."""

    def __init__(self) -> None:
        self._faults: dict[str, list[Fault]] = {}

    def add(self, system: str, fault: Fault) -> None:
        """Switch a fault on; several may be on at once."""
        self._faults.setdefault(system, []).append(fault)

    def clear(self, system: str) -> None:
        """Switch all faults of a system off."""
        self._faults.pop(system, None)

    def listing(self) -> dict[str, list[Document]]:
        """Return the active faults per system as JSON."""
        return {name: [asdict(fault) for fault in faults] for name, faults in self._faults.items()}

    def active(self, system: str, name: FaultName) -> Fault | None:
        """Return the first fault of that name without spending it."""
        faults = self._faults.get(system, [])
        return next((fault for fault in faults if fault.fault == name), None)

    def take(
        self, system: str, names: Collection[FaultName], request_line: str = ""
    ) -> list[Fault]:
        """Return the faults that strike now, each spent once.

        Args:
            system: The system that is struck.
            names: The kinds of fault that can strike at this place.
            request_line: `METHOD path`, compared with each fault's `match`.
        """
        struck = [
            fault
            for fault in self._faults.get(system, [])
            if fault.fault in names and is_match(fault.match, request_line)
        ]
        for fault in struck:
            self._spend(system, fault)
        return struck

    def _spend(self, system: str, fault: Fault) -> None:
        if fault.times is None:
            return
        fault.times -= 1
        if fault.times == 0:
            self._faults[system].remove(fault)
            if not self._faults[system]:
                del self._faults[system]


def plain_answer(status: int) -> Response:
    """Return the answer of a fault for systems that have no error format of their own."""
    return JSONResponse({"error": {"message": f"Scripted fault: {status}"}}, status_code=status)


class FaultMiddleware:
    """Wraps one system's app and lets its faults strike.

    Pages (`/`) and paths that start with `/_` are spared, so that a broken system can be watched.
    """

    def __init__(
        self,
        app: ASGIApp,
        board: FaultBoard,
        system: str,
        answer: Callable[[int], Response] = plain_answer,
    ) -> None:
        self._app = app
        self._board = board
        self._system = system
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, struck by the faults that match it.

        Raises:
            LostResponseError: After the work is done, to make the server drop the connection.
        """
        faults = self._faults_for(scope)
        if not faults:
            await self._app(scope, receive, send)
            return
        for fault in faults:
            if fault.fault == "latency":
                await asyncio.sleep(fault.seconds)
        refusal = next((fault for fault in faults if fault.fault in {"status", "down"}), None)
        if refusal is not None:
            status = 503 if refusal.fault == "down" else refusal.status
            await self._answer(status)(scope, receive, send)
        elif any(fault.fault == "lost_response" for fault in faults):
            await self._app(scope, receive, _swallow)
            await _break_connection(send)
            raise LostResponseError(f"scripted: {self._system} lost a response")
        else:
            await self._app(scope, receive, send)

    def _faults_for(self, scope: Scope) -> list[Fault]:
        if scope["type"] != "http":
            return []
        path = str(scope["path"]).removeprefix(str(scope.get("root_path", "")))
        if path in {"", "/"} or path.startswith("/_"):
            return []
        return self._board.take(self._system, REQUEST_FAULTS, f"{scope['method']} {path}")


async def _swallow(_: Message) -> None:
    return None


async def _break_connection(send: Send) -> None:
    # A server turns an exception before the first byte into a 500. A header that cannot be written
    # makes it believe that the answer has begun, while no byte has left: now it can only hang up.
    with suppress(Exception):
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [(b"not\na header", b"")],
            }
        )
