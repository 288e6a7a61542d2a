"""The way in that Stripe takes: a signed webhook to the whole API, in this process."""

import hashlib
import hmac
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from temporalio.client import Client

from config.clock import utc_now
from config.settings import Settings
from connectors.stripe.invoices import INVOICE_KEY
from starters.api.app import build_app
from starters.assemble import migrate_database, opened
from starters.temporal.workflow_client import TemporalWorkflowClient
from workflows.contract.messages import ProviderEventReceived


@dataclass(frozen=True, kw_only=True, slots=True)
class Webhook:
    """Delivers events of Stripe."""

    api: httpx.AsyncClient
    settings: Settings

    async def deliver(self, event: ProviderEventReceived, invoice_id: str) -> None:
        """Deliver an event about this invoice, signed now; Stripe's documentation gives the scheme.

        Raises:
            httpx.HTTPStatusError: It was not accepted.
        """
        at = int(utc_now().timestamp())
        body = json.dumps(
            {
                "id": event.event_id,
                "object": "event",
                "type": event.event_type,
                "api_version": self.settings.stripe_api_version,
                "created": at,
                "data": {
                    "object": {
                        "id": f"in_{invoice_id}",
                        "object": "invoice",
                        "metadata": {INVOICE_KEY: invoice_id},
                    }
                },
            }
        )
        secret = self.settings.stripe_webhook_secret.get_secret_value().encode()
        digest = hmac.new(secret, f"{at}.{body}".encode(), hashlib.sha256).hexdigest()
        answer = await self.api.post(
            "/webhooks/stripe",
            content=body,
            headers={"Stripe-Signature": f"t={at},v1={digest}"},
        )
        answer.raise_for_status()


@asynccontextmanager
async def open_webhook(client: Client, folder: Path) -> AsyncGenerator[Webhook]:
    """Open the API over a database of its own in the folder."""
    settings = Settings.from_env(
        {
            "PERENNIAL_DATABASE_URL": f"sqlite:///{folder / 'webhooks.db'}",
            "PERENNIAL_API_KEYS": "not-used-by-webhooks",
        }
    )
    await migrate_database(settings)
    async with opened(settings, TemporalWorkflowClient(client=client)) as services:
        transport = httpx.ASGITransport(build_app(services))
        async with httpx.AsyncClient(transport=transport, base_url="http://api") as api:
            yield Webhook(api=api, settings=settings)
