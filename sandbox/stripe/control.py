"""The control endpoints of the simulated Stripe below `/_control`, for tests and demonstrations."""

import json
from collections.abc import Callable
from typing import cast

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.store import Document
from sandbox.stripe.books import API_VERSION
from sandbox.stripe.delivery import Delivery
from sandbox.stripe.errors import StripeError
from sandbox.stripe.later import authenticate, decide_refund
from sandbox.stripe.surface import Desk, Trouble

_SHOWN = 1000


async def _body(request: Request) -> Document:
    """Return the body; a body that is not a JSON object counts as empty."""
    try:
        body: object = json.loads(await request.body())
    except ValueError:
        return {}
    return cast("Document", body) if isinstance(body, dict) else {}


class Control:
    """Actions for tests that a customer of the real Stripe does not have."""

    def __init__(self, desk: Desk, delivery: Delivery | None) -> None:
        self._desk = desk
        self._delivery = delivery

    def routes(self) -> list[Route]:
        """Return the routes of all control endpoints."""
        return [
            Route("/_control/redeliver", self.redeliver, methods=["POST"]),
            Route("/_control/emit", self.emit, methods=["POST"]),
            Route("/_control/trouble", self.trouble, methods=["POST"]),
            Route("/_control/authenticate", self.authenticate, methods=["POST"]),
            Route("/_control/decide_refund", self.decide_refund, methods=["POST"]),
            Route("/_control/roll_secret", self.roll_secret, methods=["POST"]),
            Route("/_control/deliveries", self.deliveries),
        ]

    async def redeliver(self, request: Request) -> JSONResponse:
        """Deliver an event again: `{"event": id, "times": 5}`."""
        body = await _body(request)
        event_id, times = str(body.get("event")), body.get("times", 1)
        if not isinstance(times, int):
            return JSONResponse({"error": "times must be a whole number"}, status_code=422)
        if self._desk.books.find("event", event_id) is None:
            return JSONResponse({"error": f"no such event: {event_id}"}, status_code=404)
        if self._delivery is None:
            return JSONResponse({"error": "no webhook endpoint is set"}, status_code=409)
        self._delivery.send_again(event_id, times)
        return JSONResponse({"event": event_id, "times": times}, status_code=202)

    async def emit(self, request: Request) -> JSONResponse:
        """Send a signed event about any object: `{"type", "object", "api_version"?}`."""
        body = await _body(request)
        if not isinstance(body.get("type"), str) or not isinstance(body.get("object"), dict):
            return JSONResponse({"error": "type and object are required"}, status_code=422)
        version = body.get("api_version") or API_VERSION
        event = self._desk.log.emit(body["type"], body["object"], api_version=version)
        return JSONResponse(event, status_code=201)

    async def trouble(self, request: Request) -> JSONResponse:
        """Delay or break the next requests while they run: `{"seconds", "status", "times", "match"}`."""
        body = await _body(request)
        try:
            given: Document = {**body, "match": str(body.get("match", ""))}
            trouble = Trouble(**given)
        except (TypeError, ValueError) as error:
            return JSONResponse({"error": str(error)}, status_code=422)
        self._desk.troubles.append(trouble)
        return JSONResponse(body, status_code=201)

    async def authenticate(self, request: Request) -> JSONResponse:
        """Let a cardholder authenticate, or fail to: `{"intent": id, "succeeds": true}`."""
        body = await _body(request)
        key, is_successful = str(body.get("intent")), body.get("succeeds", True) is True
        books, log = self._desk.books, self._desk.log
        return self._later(lambda: authenticate(books, log, key, is_successful=is_successful))

    async def decide_refund(self, request: Request) -> JSONResponse:
        """Let the bank decide a refund of a card whose refunds are decided later: `{"refund": id}`."""
        key = str((await _body(request)).get("refund"))
        return self._later(lambda: decide_refund(self._desk.books, self._desk.log, key))

    def _later(self, happen: Callable[[], Document]) -> JSONResponse:
        try:
            with self._desk.store.batch():
                return JSONResponse(happen())
        except StripeError as error:
            return JSONResponse({"error": error.body}, status_code=409)

    async def roll_secret(self, request: Request) -> JSONResponse:
        """Sign webhooks with a new secret, by default in addition to the old: `{"secret", "keep_old"}`."""
        body = await _body(request)
        secret = body.get("secret")
        if not isinstance(secret, str) or not secret:
            return JSONResponse({"error": "secret is required"}, status_code=422)
        if self._delivery is None:
            return JSONResponse({"error": "no webhook endpoint is set"}, status_code=409)
        self._delivery.roll_secret(secret, keep_old=body.get("keep_old", True) is True)
        return JSONResponse({"keep_old": body.get("keep_old", True)}, status_code=201)

    async def deliveries(self, request: Request) -> JSONResponse:
        """Return how events were delivered, newest first; `?type=` and `?subject=` filter them."""
        wanted = request.query_params
        found = [
            record
            for record in self._desk.books.latest("_delivery", _SHOWN)
            if all(record.get(name) == wanted[name] for name in wanted)
        ]
        return JSONResponse(found)
