import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import httpx
import pytest
import stripe
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from sandbox.assembly import assemble
from sandbox.journal import Journal
from sandbox.store import Store
from sandbox.stripe import build as build_stripe
from sandbox.world import World, WorldSettings
from tests.unit.sandbox.stripe_contract import answer_findings


def error_of(caught: pytest.ExceptionInfo[stripe.StripeError]) -> Any:
    """Return the error object of an answer that the SDK raised."""
    return caught.value.error


SECRET = "whsec_test"
KEY = "sk_test_sandbox"


@asynccontextmanager
async def serving(app: ASGIApp) -> AsyncGenerator[str]:
    """Serve an app on a free port of this machine and yield its address."""
    config = uvicorn.Config(app, port=0, log_level="critical", lifespan="on")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        assert not task.done()
        await asyncio.sleep(0.001)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await task


@dataclass
class Endpoint:
    """A webhook endpoint that remembers what came and answers what it is told to."""

    url: str = ""
    answers: list[int] = field(default_factory=list[int])
    received: list[tuple[Mapping[str, str], bytes]] = field(
        default_factory=list[tuple[Mapping[str, str], bytes]]
    )

    async def handle(self, request: Request) -> Response:
        body = await request.body()
        self.received.append((dict(request.headers), body))
        return Response(status_code=self.answers.pop(0) if self.answers else 200)

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.received]

    def types(self) -> list[str]:
        return [event["type"] for event in self.events()]


@pytest.fixture
async def endpoint() -> AsyncGenerator[Endpoint]:
    found = Endpoint()
    app = Starlette(routes=[Route("/hooks", found.handle, methods=["POST"])])
    async with serving(app) as address:
        found.url = f"{address}/hooks"
        yield found


async def eventually(
    is_true: Callable[[], bool] | Callable[[], Awaitable[bool]], seconds: float = 5
) -> None:
    """Wait until another task or process made a condition true; fail after the deadline."""
    async with asyncio.timeout(seconds):
        while True:
            found = is_true()
            if (await found) if isinstance(found, Awaitable) else found:
                return
            await asyncio.sleep(0.005)


class CheckedClient(stripe.HTTPXClient):
    """The SDK's HTTP client; every answer must satisfy the SDK's own types."""

    headers: Mapping[str, str] = {}

    # typing.override comes with Python 3.12.
    async def request_async(  # pyright: ignore[reportImplicitOverride]
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        untyped = cast("Any", super())
        content, status, found = await untyped.request_async(method, url, headers, post_data)
        assert answer_findings(json.loads(content)) == []
        self.headers = found
        return content, status, found


@dataclass
class Vendor:
    """A simulated Stripe on a real port, the SDK's client for it, and a plain HTTP client."""

    world: World
    address: str
    http: CheckedClient
    client: stripe.StripeClient
    plain: httpx.AsyncClient

    @property
    def api(self) -> Any:
        return self.client.v1

    async def post(
        self, path: str, form: dict[str, str] | None = None, **headers: str
    ) -> httpx.Response:
        return await self.plain.post(f"/stripe/v1/{path}", data=form or {}, headers=headers)

    async def customer(self, card: str | None = "pm_card_visa", **params: Any) -> Any:
        customer = await self.api.customers.create_async({"email": "ada@example.test", **params})
        if card is not None:
            method = await self.api.payment_methods.attach_async(card, {"customer": customer.id})
            customer = await self.api.customers.update_async(
                customer.id, {"invoice_settings": {"default_payment_method": method.id}}
            )
        return customer

    async def draft(self, customer: str, amount: int = 4900, **params: Any) -> Any:
        invoice = await self.api.invoices.create_async(
            {"customer": customer, "currency": "eur", "auto_advance": False, **params}
        )
        return await self.api.invoices.add_lines_async(
            invoice.id, {"lines": [{"amount": amount, "description": "Team plan"}]}
        )

    async def opened(self, customer: str, amount: int = 4900, **params: Any) -> Any:
        draft = await self.draft(customer, amount, **params)
        return await self.api.invoices.finalize_invoice_async(draft.id)

    async def by_transfer(self, customer: str, amount: int = 4900, **params: Any) -> Any:
        terms = {"collection_method": "send_invoice", "days_until_due": 30}
        settings = {
            "payment_method_types": ["customer_balance"],
            "payment_method_options": {
                "customer_balance": {
                    "funding_type": "bank_transfer",
                    "bank_transfer": {
                        "type": "eu_bank_transfer",
                        "eu_bank_transfer": {"country": "DE"},
                    },
                }
            },
        }
        return await self.opened(customer, amount, **terms, payment_settings=settings, **params)

    async def fund(self, customer: str, amount: int, **params: Any) -> Any:
        return await self.api.test_helpers.customers.fund_cash_balance_async(
            customer, {"amount": amount, "currency": "eur", **params}
        )

    async def event_types(self) -> list[str]:
        found = await self.api.events.list_async({"limit": 100})
        return [event.type for event in reversed(found.data)]


@asynccontextmanager
async def playing(store: Store, settings: WorldSettings) -> AsyncGenerator[Vendor]:
    """Serve a Stripe over this store and yield clients for it."""
    world = World(store=store, journal=Journal(store), settings=settings)
    async with serving(assemble(world, [build_stripe(world)])) as address:
        http = CheckedClient(timeout=10)
        client = stripe.StripeClient(
            KEY,
            http_client=http,
            base_addresses={"api": f"{address}/stripe"},
            max_network_retries=0,
        )
        headers = {"Authorization": f"Bearer {KEY}"}
        async with httpx.AsyncClient(base_url=address, headers=headers) as plain:
            yield Vendor(world=world, address=address, http=http, client=client, plain=plain)
        await http.close_async()


@pytest.fixture
async def vendor() -> AsyncGenerator[Vendor]:
    async with playing(Store(None), WorldSettings()) as found:
        yield found


@pytest.fixture
async def hooked(endpoint: Endpoint) -> AsyncGenerator[Vendor]:
    settings = WorldSettings(webhook_url=endpoint.url, webhook_secret=SECRET)
    async with playing(Store(None), settings) as found:
        yield found
