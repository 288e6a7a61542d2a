"""Reads what Stripe, Workday, Salesforce, the entitlement service and the inbox hold.

Nothing here asks Perennial: a step counts as done only when the other side says so.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

import httpx

from config.stack_file import LOOPBACK, Stack

T = TypeVar("T")

_PATIENCE_SECONDS: Final = 60.0
_POLL_SECONDS: Final = 0.05


class StoryFailedError(Exception):
    """A step of a story could not be verified; the message says what was awaited and what was seen."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that an outside system did, from its own journal."""

    at: datetime
    action: str
    key: str
    summary: str


class Outside:
    """The outside systems of one stack, over HTTP."""

    def __init__(self, stack: Stack) -> None:
        self._http = httpx.AsyncClient(
            base_url=f"http://{LOOPBACK}:{stack.ports.sandbox}", timeout=10.0
        )
        self._stripe = {"Authorization": "Bearer sk_test_demo"}
        self._entitlements = {"Authorization": f"Bearer {stack.secrets.entitlements_key}"}

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def journal(self, system: str) -> list[Entry]:
        """Return what the system did, oldest first."""
        entries = await self._get(f"/_journal/{system}")
        return [
            Entry(datetime.fromisoformat(e["at"]), e["action"], e["key"], e["summary"])
            for e in entries
        ]

    async def find(self, system: str, action: str, about: str) -> Entry:
        """Return the system's one entry of this action about this key, waiting for it.

        Raises:
            StoryFailedError: It is not there in time, or it is there more than once.
        """

        async def look() -> list[Entry]:
            return [
                entry
                for entry in await self.journal(system)
                if entry.action == action and about in f"{entry.key} {entry.summary}"
            ]

        found = await self.until(look, f"{system}: {action} of {about}")
        if len(found) != 1:
            raise StoryFailedError(f"{system}: {action} of {about} happened {len(found)} times")
        return found[0]

    async def stripe_invoice(self, invoice_id: str) -> Mapping[str, Any]:
        """Return Stripe's invoice that carries our invoice id, waiting for it to be finalized."""

        async def look() -> Mapping[str, Any] | None:
            listed = await self._get("/stripe/v1/invoices?limit=100", self._stripe)
            return next(
                (
                    invoice
                    for invoice in listed["data"]
                    if invoice["metadata"].get("perennial_invoice_id") == invoice_id
                    and invoice["status"] != "draft"
                ),
                None,
            )

        return await self.until(look, f"stripe: invoice {invoice_id}")

    async def successful_charges(self, invoice: str) -> list[Mapping[str, Any]]:
        """Return the successful charges that Stripe counts to this invoice of its own."""
        payments = await self._get(
            f"/stripe/v1/invoice_payments?invoice={invoice}&limit=100", self._stripe
        )
        charges: list[Mapping[str, Any]] = []
        for payment in payments["data"]:
            intent = payment["payment"].get("payment_intent")
            path = f"/stripe/v1/charges?payment_intent={intent}&limit=100"
            charges += (await self._get(path, self._stripe))["data"] if intent else []
        return [charge for charge in charges if charge["status"] == "succeeded"]

    async def transfer(self, customer: str, *, amount: int, currency: str) -> None:
        """Let a bank transfer (minor units) from this customer arrive at Stripe."""
        answer = await self._http.post(
            f"/stripe/v1/test_helpers/customers/{customer}/fund_cash_balance",
            data={"amount": str(amount), "currency": currency},
            headers=self._stripe,
        )
        _demand_success(answer)

    async def features(self, account_id: str) -> dict[str, int]:
        """Return what the account may use right now: feature -> quantity (0 for a switch)."""
        access = await self._get(
            f"/entitlements/v1/accounts/{account_id}/access", self._entitlements
        )
        features: dict[str, int] = access["features"]
        return features

    async def email(self, to: str, subject: str) -> str:
        """Return the subject of the email whose subject holds these words, waiting for it."""

        async def look() -> str | None:
            listed = await self._get(f"/mailbox/api/messages?to={to}")
            subjects = [message["subject"] for message in listed["messages"]]
            return next((found for found in subjects if subject in found), None)

        return await self.until(look, f"inbox: {subject!r} to {to}")

    async def until(self, look: Callable[[], Awaitable[T | None]], awaited: str) -> T:
        """Return what `look` finds once it finds something.

        Raises:
            StoryFailedError: It finds nothing in time.
        """
        deadline = asyncio.get_running_loop().time() + _PATIENCE_SECONDS
        while True:
            found = await look()
            if found:
                return found
            if asyncio.get_running_loop().time() > deadline:
                raise StoryFailedError(f"{awaited} did not come within {_PATIENCE_SECONDS:.0f} s")
            await asyncio.sleep(_POLL_SECONDS)

    async def _get(self, path: str, headers: Mapping[str, str] | None = None) -> Any:  # noqa: ANN401 - the vendors' own JSON, read key by key
        answer = await self._http.get(path, headers=headers)
        _demand_success(answer)
        return answer.json()


def _demand_success(answer: httpx.Response) -> None:
    if not answer.is_success:
        path = answer.request.url.path
        raise StoryFailedError(f"the sandbox answers {answer.status_code} to {path}")
