"""Webhook delivery: signed, at least once; first attempts in order per customer, retries unordered.

Source: docs.stripe.com/webhooks. Retries back off from 0.5 to 30 seconds, instead of hours as in the real
Stripe, and continue until the endpoint accepts.
"""

import asyncio
import hashlib
import hmac
import json
from collections import deque
from collections.abc import Coroutine, Sequence

import httpx

from sandbox.faults import FaultBoard, is_match
from sandbox.store import Document
from sandbox.stripe.books import SYSTEM, Books
from sandbox.stripe.events import EventLog

_FIRST_RETRY, _LONGEST_RETRY, _MOST_DOUBLINGS = 0.5, 30.0, 6
_TIMEOUT_SECONDS = 10.0
_REORDER_WAIT = 0.25
_PARALLEL = 16


def signature(secrets: Sequence[str], body: bytes, timestamp: int) -> str:
    """Return the `Stripe-Signature` header: HMAC-SHA256 over `{t}.{body}`, once for each secret.

    As in Stripe's test mode, a last signature of the scheme `v0` is added, which receivers must ignore.
    """
    signed = f"{timestamp}.".encode() + body
    digests = [hmac.new(each.encode(), signed, hashlib.sha256).hexdigest() for each in secrets]
    fake = hashlib.sha256(signed).hexdigest()
    return ",".join([f"t={timestamp}", *(f"v1={each}" for each in digests), f"v0={fake}"])


class Delivery:
    """The background work that sends events to one webhook endpoint."""

    def __init__(
        self, books: Books, log: EventLog, faults: FaultBoard, *, url: str, secret: str
    ) -> None:
        self._books = books
        self._log = log
        self._faults = faults
        self._url = url
        self._secrets: tuple[str, ...] = (secret,)
        self._lanes: dict[str, deque[str]] = {}
        self._tasks: set[asyncio.Task[object]] = set()
        self._slots = asyncio.Semaphore(_PARALLEL)
        self._client: httpx.AsyncClient | None = None

    async def start(self) -> None:
        """Start delivering; events that an earlier process left pending come first."""
        self._client = httpx.AsyncClient(timeout=_TIMEOUT_SECONDS, trust_env=False)
        for event_id in self._log.pending():
            self.enqueue(event_id)

    async def stop(self) -> None:
        """Stop delivering; what is pending is delivered after the next start."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    def enqueue(self, event_id: str) -> None:
        """Deliver an event soon, after the earlier events of the same customer."""
        event = self._books.find("event", event_id)
        if event is None or self._client is None:
            return
        lane = self._lane(event["data"]["object"]) or event_id
        waiting = self._lanes.get(lane)
        if waiting is not None:
            waiting.append(event_id)
            return
        self._lanes[lane] = deque([event_id])
        self._spawn(self._drive(lane))

    def _lane(self, subject: Document) -> str:
        invoice: Document = self._books.find("invoice", str(subject.get("invoice"))) or {}
        names = (subject.get("customer"), invoice.get("customer"), subject.get("id"))
        return str(next((name for name in names if name), ""))

    def roll_secret(self, secret: str, *, keep_old: bool) -> None:
        """Sign with a new secret from now on, and also with the earlier ones if they are kept."""
        self._secrets = (*self._secrets, secret) if keep_old else (secret,)

    def send_again(self, event_id: str, times: int) -> None:
        """Deliver an event again, whether or not it was accepted before."""
        for _ in range(times):
            self._spawn(self._post(event_id))

    def _spawn(self, work: Coroutine[None, None, object]) -> None:
        task: asyncio.Task[object] = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _drive(self, lane: str) -> None:
        waiting = self._lanes[lane]
        while waiting:
            await self._swap(waiting)
            event_id = waiting.popleft()
            async with self._slots:
                await self._first_try(event_id)
        del self._lanes[lane]

    async def _swap(self, waiting: deque[str]) -> None:
        if not self._faults.active(SYSTEM, "reorder_webhooks"):
            return
        if len(waiting) == 1:
            await asyncio.sleep(_REORDER_WAIT)
        if len(waiting) > 1 and self._faults.take(SYSTEM, {"reorder_webhooks"}):
            first = waiting.popleft()
            waiting.insert(1, first)

    async def _first_try(self, event_id: str) -> None:
        kind = self._log.delivery(event_id).get("type", "")
        if self._faults.take(SYSTEM, {"drop_webhooks"}, kind):
            self._log.record(event_id, state="dropped")
            return
        copies = self._faults.active(SYSTEM, "duplicate_webhooks")
        is_doubled = copies is not None and is_match(copies.match, kind)
        is_accepted = await self._post(event_id)
        for _ in range(1, (copies.times or 2) if copies is not None and is_doubled else 1):
            await self._post(event_id)
        if not is_accepted:
            self._spawn(self._retry(event_id))

    async def _retry(self, event_id: str) -> None:
        attempt = 0
        while self._log.is_pending(event_id):
            doublings = min(attempt, _MOST_DOUBLINGS)
            await asyncio.sleep(min(_FIRST_RETRY * 2**doublings, _LONGEST_RETRY))
            async with self._slots:
                await self._post(event_id)
            attempt += 1

    async def _post(self, event_id: str) -> bool:
        event = self._books.find("event", event_id)
        if event is None or self._client is None:
            return True
        body = json.dumps(self._log.shown(event), indent=2).encode()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
            "Stripe-Signature": signature(self._secrets, body, self._books.stamp()),
        }
        try:
            answer = await self._client.post(self._url, content=body, headers=headers)
        except httpx.HTTPError:
            return self._note(event_id, None)
        return self._note(event_id, answer.status_code)

    def _note(self, event_id: str, status: int | None) -> bool:
        before = self._log.delivery(event_id)
        is_accepted = status is not None and httpx.codes.is_success(status)
        changes: dict[str, str | int | None] = {
            "attempts": before.get("attempts", 0) + 1,
            "last_status": status,
        }
        if is_accepted and before["state"] != "delivered":
            now = self._books.now().isoformat(timespec="milliseconds")
            changes |= {"state": "delivered", "delivered_at": now}
        self._log.record(event_id, **changes)
        return is_accepted
