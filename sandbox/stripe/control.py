"""The switches of the played Stripe, for tests and demonstrations: everything below `/_control`."""

import json

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.store import Document
from sandbox.stripe.books import API_VERSION
from sandbox.stripe.delivery import Delivery
from sandbox.stripe.surface import Desk, Trouble

_SHOWN = 1000


class Control:
    """What a test may do to Stripe that no customer of Stripe can."""

    def __init__(self, desk: Desk, delivery: Delivery | None) -> None:
        self._desk = desk
        self._delivery = delivery

    def routes(self) -> list[Route]:
        """Return the routes of all switches."""
        return [
            Route("/_control/redeliver", self.redeliver, methods=["POST"]),
            Route("/_control/emit", self.emit, methods=["POST"]),
            Route("/_control/trouble", self.trouble, methods=["POST"]),
            Route("/_control/deliveries", self.deliveries),
        ]

    async def redeliver(self, request: Request) -> JSONResponse:
        """Deliver an event again: `{"event": id, "times": 5}`."""
        body: Document = json.loads(await request.body())
        event_id, times = str(body["event"]), int(body.get("times", 1))
        if self._desk.books.find("event", event_id) is None:
            return JSONResponse({"error": f"no such event: {event_id}"}, status_code=404)
        if self._delivery is None:
            return JSONResponse({"error": "no webhook endpoint is set"}, status_code=409)
        self._delivery.send_again(event_id, times)
        return JSONResponse({"event": event_id, "times": times}, status_code=202)

    async def emit(self, request: Request) -> JSONResponse:
        """Send a signed event about anything: `{"type", "object", "api_version"?}`."""
        body: Document = json.loads(await request.body())
        if not isinstance(body.get("type"), str) or not isinstance(body.get("object"), dict):
            return JSONResponse({"error": "type and object are required"}, status_code=422)
        version = body.get("api_version") or API_VERSION
        event = self._desk.log.emit(body["type"], body["object"], api_version=version)
        return JSONResponse(event, status_code=201)

    async def trouble(self, request: Request) -> JSONResponse:
        """Break the next requests while they run: `{"seconds", "status", "times", "match"}`."""
        body: Document = json.loads(await request.body())
        self._desk.troubles.append(Trouble(**body))
        return JSONResponse(body, status_code=201)

    async def deliveries(self, request: Request) -> JSONResponse:
        """Return how events were delivered, newest first; `?type=` and `?subject=` narrow it."""
        wanted = request.query_params
        found = [
            record
            for record in self._desk.books.latest("_delivery", _SHOWN)
            if all(record.get(name) == wanted[name] for name in wanted)
        ]
        return JSONResponse(found)
