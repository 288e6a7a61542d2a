"""Stripe's API over HTTP: checks the API key, the parameters and idempotency, and runs the operation."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response

from sandbox.faults import FaultBoard, is_match
from sandbox.store import Document, Store
from sandbox.stripe import (
    charges,
    customers,
    drafts,
    history,
    invoice_payments,
    invoices,
    items,
    methods,
    payments,
    refunds,
    setups,
    transfers,
)
from sandbox.stripe.books import API_VERSION, Books
from sandbox.stripe.calls import Call, Operation
from sandbox.stripe.errors import StripeError, refuse, server_error, unauthorized
from sandbox.stripe.events import EventLog, RequestMark
from sandbox.stripe.forms import canonical, coerce, parse
from sandbox.stripe.idempotency import Answer, IdempotencyKeys, digest
from sandbox.stripe.lists import expand

OPERATIONS: tuple[Operation, ...] = (
    *customers.OPERATIONS,
    *methods.OPERATIONS,
    *drafts.OPERATIONS,
    *items.OPERATIONS,
    *invoices.OPERATIONS,
    *invoice_payments.OPERATIONS,
    *payments.OPERATIONS,
    *charges.OPERATIONS,
    *refunds.OPERATIONS,
    *setups.OPERATIONS,
    *transfers.OPERATIONS,
    *history.OPERATIONS,
)
_LONGEST_KEY = 255


@dataclass(kw_only=True, slots=True)
class Trouble:
    """A fault inside the next POST requests, while their idempotency key is reserved.

    Attributes:
        seconds: How long the request waits before it does its work.
        status: HTTP status of an error that is returned, and stored for the key, instead of doing the work;
            None does the work.
        times: How many requests have this fault.
        match: Text that `METHOD path` must contain; if its last character is `$`, the request line must end
            with the text before it.
    """

    seconds: float = 0.0
    status: int | None = None
    times: int = 1
    match: str = ""

    def __post_init__(self) -> None:
        """Check the values, which came by HTTP.

        Raises:
            ValueError: A value is out of range.
        """
        if self.times < 1 or self.seconds < 0 or not _is_status(self.status):
            raise ValueError(f"a value is out of range: {self}")


@dataclass(kw_only=True)
class Desk:
    """The objects that every request needs."""

    store: Store
    books: Books
    log: EventLog
    keys: IdempotencyKeys
    faults: FaultBoard
    troubles: list[Trouble] = field(default_factory=list[Trouble])


def _is_status(status: int | None) -> bool:
    return status is None or 400 <= status <= 599  # noqa: PLR2004 - the range of HTTP's errors


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile("/v1/" + re.escape(path).replace(r"\{\}", "([^/]+)"))


_ROUTES = [(operation.method, _pattern(operation.path), operation) for operation in OPERATIONS]


def match_operation(method: str, path: str) -> tuple[Operation, tuple[str, ...]]:
    """Return the operation of a request and the ids in its path.

    Raises:
        StripeError: There is no such operation.
    """
    for verb, pattern, operation in _ROUTES:
        found = pattern.fullmatch(path) if verb == method else None
        if found is not None:
            return operation, found.groups()
    return refuse(f"Unrecognized request URL ({method}: {path}).", status=404)


def answer_with(answer: Answer, **headers: str) -> Response:
    """Return an HTTP response with Stripe's headers."""
    return Response(
        json.dumps(answer.body, separators=(",", ":")),
        status_code=answer.status,
        media_type="application/json",
        headers={"request-id": answer.request_id, "stripe-version": API_VERSION, **headers},
    )


def fault_answer(status: int) -> Response:
    """Return the answer of a scripted fault in Stripe's error format."""
    error = server_error(status)
    return answer_with(Answer(status=status, body={"error": error.body}, request_id="req_fault"))


def endpoint(desk: Desk) -> Callable[[Request], Awaitable[Response]]:
    """Return the handler of everything below `/v1`."""

    async def handle(request: Request) -> Response:
        request_id = desk.books.new_id("req")
        try:
            return await _serve(desk, request, request_id)
        except StripeError as error:
            body: Document = {"error": error.body}
            return answer_with(Answer(status=error.status, body=body, request_id=request_id))

    return handle


def _authenticate(request: Request) -> None:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key:
        raise unauthorized(
            "You did not provide an API key. You need to provide your API key in the"
            " Authorization header, using Bearer auth (e.g. 'Authorization: Bearer"
            " YOUR_SECRET_KEY')."
        )
    if not key.startswith("sk_test_"):
        raise unauthorized(f"Invalid API Key provided: {key[:7]}****")


async def _serve(desk: Desk, request: Request, request_id: str) -> Response:
    _authenticate(request)
    version = request.headers.get("stripe-version", API_VERSION)
    if version != API_VERSION:
        refuse(f"Invalid Stripe API version: {version} (the sandbox has {API_VERSION} only)")
    path = request.url.path.removeprefix(str(request.scope.get("root_path", "")))
    operation, ids = match_operation(request.method, path)
    raw = parse(request.url.query) | parse((await request.body()).decode())
    key = request.headers.get("idempotency-key") if request.method == "POST" else None
    if key is not None and len(key) > _LONGEST_KEY:
        refuse("The idempotency key is too long: at most 255 characters.")
    wanted = digest(request.method, path, canonical(raw))
    known = desk.keys.begin(key, wanted) if key else None
    if known is not None:
        headers = {"Idempotent-Replayed": "true", "original-request": known.request_id}
        if key:
            headers["Idempotency-Key"] = key
        return answer_with(known, **headers)
    mark = RequestMark(id=request_id, idempotency_key=key)
    try:
        params = coerce(raw, operation.accepted())
        trouble = await _next_trouble(desk, request.method, path)
        call = Call(books=desk.books, log=desk.log, ids=ids, params=params, url=path)
        # There is no await from here on, so no other request sees a partial result of this one.
        answer = _run(desk, operation, call, mark=mark, trouble=trouble, wanted=wanted)
    finally:
        if key:
            desk.keys.release(key)
    return answer_with(answer, **({"Idempotency-Key": key} if key else {}))


async def _next_trouble(desk: Desk, method: str, path: str) -> Trouble | None:
    if method != "POST":
        return None
    line = f"{method} {path}"
    trouble = next((each for each in desk.troubles if is_match(each.match, line)), None)
    if trouble is None:
        return None
    trouble.times -= 1
    if trouble.times == 0:
        desk.troubles.remove(trouble)
    await asyncio.sleep(trouble.seconds)
    return trouble


def _run(
    desk: Desk,
    operation: Operation,
    call: Call,
    *,
    mark: RequestMark,
    trouble: Trouble | None,
    wanted: str,
) -> Answer:
    desk.log.cause = mark
    request_id = str(mark.id)
    with desk.store.batch():
        try:
            if trouble is not None and trouble.status is not None:
                raise server_error(trouble.status)
            body = operation.handler(call)
            paths: list[str] = call.params.get("expand") or []
            expand(desk.books, body, paths)
            answer = Answer(status=200, body=body, request_id=request_id)
        except StripeError as error:
            if not error.is_remembered:
                raise
            answer = Answer(status=error.status, body={"error": error.body}, request_id=request_id)
        finally:
            desk.log.cause = RequestMark()
        if mark.idempotency_key:
            desk.keys.remember(mark.idempotency_key, wanted, answer)
    return answer
