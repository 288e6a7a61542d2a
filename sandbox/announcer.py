"""Signed events that a simulated system pushes to the configured address."""

import hashlib
import hmac
import json
from datetime import timedelta

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse

from sandbox.store import Document
from sandbox.world import World

HEADER = "X-Perennial-Signature"
_TIMEOUT_SECONDS = 10.0


def signature(*, body: bytes, timestamp: int, secret: str) -> str:
    """Return the header value `t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">`."""
    signed = f"{timestamp}.".encode() + body
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


class Announcer:
    """Sends the events of one system, one attempt each, and returns how they were received."""

    def __init__(self, world: World, system: str, *, url: str | None, secret: str) -> None:
        self._world = world
        self._system = system
        self._url = url
        self._secret = secret

    async def emit(self, request: Request) -> JSONResponse:
        """Serve `POST /_control/emit`.

        The body is `{"type", "data", "id"?, "times"?, "age_seconds"?, "is_forged"?}`. The same
        signed event is sent `times` times, dated `age_seconds` ago; with `is_forged` it is signed with a
        wrong key. The answer is the event and the HTTP status of each delivery, 0 for no response.
        """
        if self._url is None:
            return JSONResponse({"error": "no event address is configured"}, status_code=409)
        try:
            order = json.loads(await request.body())
            event, body = self._event(order["type"], order.get("data", {}), order.get("id"))
            age, times = timedelta(seconds=order.get("age_seconds", 0)), int(order.get("times", 1))
        except (ValueError, KeyError, TypeError) as error:
            return JSONResponse({"error": f"not an event: {error!r}"}, status_code=422)
        secret = f"{self._secret}-forged" if order.get("is_forged") else self._secret
        sent_at = int((self._world.now() - age).timestamp())
        header = signature(body=body, timestamp=sent_at, secret=secret)
        deliveries = await self._deliver(self._url, body, header, times)
        summary = f"{event['type']} delivered: {deliveries}"
        self._world.journal.write(
            self._system, "event.emitted", event["id"], summary, self._world.now()
        )
        return JSONResponse({"event": event, "deliveries": deliveries})

    def _event(self, kind: str, data: Document, given_id: str | None) -> tuple[Document, bytes]:
        number = self._world.store.next_number(self._system, "event")
        event: Document = {
            "id": given_id or f"{self._system}-event-{number}",
            "type": kind,
            "created": int(self._world.now().timestamp()),
            "data": data,
        }
        return event, json.dumps(event, separators=(",", ":")).encode()

    async def _deliver(self, url: str, body: bytes, header: str, times: int) -> list[int]:
        headers = {HEADER: header, "Content-Type": "application/json"}
        statuses: list[int] = []
        async with httpx.AsyncClient(timeout=_TIMEOUT_SECONDS, trust_env=False) as client:
            for _ in range(times):
                try:
                    response = await client.post(url, content=body, headers=headers)
                    statuses.append(response.status_code)
                except httpx.TransportError:
                    statuses.append(0)
        return statuses
