"""Scripted faults: a test or a person can make a simulated system fail by one HTTP call."""

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
_KINDS: dict[str, tuple[type, ...]] = {
    "fault": (str,),
    "status": (int,),
    "seconds": (int, float),
    "times": (int,),
    "match": (str,),
}
_LONGEST_SECONDS = 3600


class LostResponseError(ConnectionError):
    """The work is done but the connection is closed, so the client does not learn the outcome."""


class UnknownFaultError(ValueError):
    """The requested fault does not exist, or its parameters are not valid."""


@dataclass(kw_only=True, slots=True)
class Fault:
    """One scripted fault.

    Attributes:
        fault: What goes wrong.
        status: HTTP status of the answer for the fault `status`.
        seconds: Delay of the fault `latency`.
        times: How often the fault still happens; None means always. For `duplicate_webhooks`, how often
            each event is delivered.
        match: The fault happens only for requests whose `METHOD path` (below the system's prefix) contains
            this text. If its last character is `$`, the request line must end with the text before it.
            If one path serves many operations, the name of the operation follows the path:
            `POST /ccx/... Get_Customers`.
    """

    fault: FaultName
    status: int = 503
    seconds: float = 0.2
    times: int | None = None
    match: str = ""


def is_match(match: str, request_line: str) -> bool:
    """Return whether a request line contains the text; a text with `$` at its end must match the end."""
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
    unknown = set(given) - set(_KINDS)
    if unknown:
        raise UnknownFaultError(f"unknown parameters: {sorted(unknown)}")
    if given.get("fault") not in FAULT_NAMES:
        raise UnknownFaultError(f"fault must be one of {', '.join(FAULT_NAMES)}")
    if not all(_is_kind(name, value) for name, value in given.items()):
        raise UnknownFaultError("status and times are integers, seconds a number, match a string")
    fault = Fault(**given)
    if not 200 <= fault.status <= 599:  # noqa: PLR2004 - the range of HTTP statuses that end a request
        raise UnknownFaultError(f"status must be an HTTP status, not {fault.status}")
    is_possible = 0 <= fault.seconds <= _LONGEST_SECONDS
    if not is_possible or (fault.times is not None and fault.times < 1):
        raise UnknownFaultError("seconds must be 0 to 3600, times 1 or more (or null)")
    return fault


def _is_kind(name: str, value: object) -> bool:
    # A value of a wrong type would later cause an error in the sandbox itself.
    if name == "times" and value is None:
        return True
    return type(value) in _KINDS[name]


class FaultBoard:
    """The faults that are on, per system. They are lost when the process ends."""

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

    def has(self, system: str) -> bool:
        """Return whether any fault of a system is on."""
        return system in self._faults

    def active(self, system: str, name: FaultName) -> Fault | None:
        """Return the first fault of that name without counting it down."""
        faults = self._faults.get(system, [])
        return next((fault for fault in faults if fault.fault == name), None)

    def take(
        self, system: str, names: Collection[FaultName], request_line: str = ""
    ) -> list[Fault]:
        """Return the faults that happen now, and count each of them down by one.

        Args:
            system: The system that has the faults.
            names: The kinds of fault that can happen here.
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
    """Wraps one system's app and applies its faults.

    Pages (`/`) and paths that start with `/_` have no faults, so that a failing system can be observed.
    """

    def __init__(
        self,
        app: ASGIApp,
        board: FaultBoard,
        system: str,
        answer: Callable[[int], Response] = plain_answer,
        operation_of: Callable[[bytes], str] | None = None,
    ) -> None:
        self._app = app
        self._operation_of = operation_of
        self._board = board
        self._system = system
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request and apply the faults that match it.

        Raises:
            LostResponseError: After the work is done, to make the server close the connection.
        """
        operation = ""
        if self._operation_of is not None and _is_struck(scope) and self._board.has(self._system):
            body = await _body(receive)
            receive = _again(body, receive)
            operation = f" {self._operation_of(body)}"
        faults = self._faults_for(scope, operation)
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

    def _faults_for(self, scope: Scope, operation: str) -> list[Fault]:
        if not _is_struck(scope):
            return []
        line = f"{scope['method']} {_path(scope)}{operation}"
        return self._board.take(self._system, REQUEST_FAULTS, line)


def _path(scope: Scope) -> str:
    return str(scope["path"]).removeprefix(str(scope.get("root_path", "")))


def _is_struck(scope: Scope) -> bool:
    if scope["type"] != "http":
        return False
    path = _path(scope)
    return path not in {"", "/"} and not path.startswith("/_")


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    left = [{"type": "http.request", "body": body, "more_body": False}]

    async def from_the_start() -> Message:
        return left.pop() if left else await receive()

    return from_the_start


async def _swallow(_: Message) -> None:
    return None


async def _break_connection(send: Send) -> None:
    # A server turns an exception before the first byte into a 500. After a header that cannot be written,
    # the server treats the answer as begun although no byte was sent, so it can only close the connection.
    with suppress(Exception):
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [(b"not\na header", b"")],
            }
        )
