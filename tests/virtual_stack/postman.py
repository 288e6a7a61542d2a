"""Delivers the simulated Stripe's events to our API on virtual time, first attempts in the order of the events."""

import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

import httpx

from config.stack_file import Stack
from local_stack.programs import PAYMENT_EVENTS
from sandbox.store import Document, Store
from sandbox.stripe.delivery import signature
from tests.virtual_temporal.loop import Loop

_FIRST_PAUSE: Final = timedelta(seconds=1)
_LONGEST_PAUSE: Final = timedelta(hours=1)
_STRIPE: Final = "stripe"


class Postman:
    """Posts each event until it is accepted.

    Args:
        store: The sandbox's data.
        loop: Orders the deliveries.
        stack: Whose API gets them, and whose secret signs them.
        client: Sends them.

    Attributes:
        is_wanted: Whether an event is delivered at all; a test may lose some.
        times: How often each accepted event is delivered.
    """

    def __init__(self, store: Store, loop: Loop, stack: Stack, client: httpx.AsyncClient) -> None:
        self._store = store
        self._loop = loop
        self._secret = stack.secrets.stripe_webhook_secret
        self._url = f"{stack.api_url}/webhooks/stripe"
        self._seen = 0
        self._client = client
        self.is_wanted: Callable[[Document], bool] = lambda _: True
        self.times = 1

    def collect(self) -> None:
        """Take what has happened since the last time, and deliver it soon."""
        count = self._store.count(_STRIPE, "event")
        if count == self._seen:
            return
        new = self._store.newest(_STRIPE, "event", count - self._seen)
        self._seen = count
        for event in reversed(new):
            if event["type"] in PAYMENT_EVENTS and self.is_wanted(event):
                for _ in range(self.times):
                    self._deliver_soon(event, _FIRST_PAUSE)

    def _deliver_soon(self, event: Document, pause: timedelta) -> None:
        async def deliver() -> None:
            if not await self._is_accepted(event):
                longer = min(2 * pause, _LONGEST_PAUSE)
                self._loop.after(pause, lambda: self._deliver_soon(event, longer))

        self._loop.soon(deliver)

    async def _is_accepted(self, event: Document) -> bool:
        body = json.dumps(event).encode()
        sent_at = int(self._loop.now().timestamp())
        headers = {
            "Content-Type": "application/json",
            "Stripe-Signature": signature((self._secret,), body, sent_at),
        }
        try:
            answer = await self._client.post(self._url, content=body, headers=headers)
        except httpx.TransportError:
            return False
        return answer.is_success


@asynccontextmanager
async def delivering(store: Store, loop: Loop, stack: Stack) -> AsyncGenerator[Postman]:
    """Return a postman for as long as the block lasts."""
    async with httpx.AsyncClient() as client:
        yield Postman(store, loop, stack, client)
