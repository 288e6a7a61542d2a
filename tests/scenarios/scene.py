"""Where a scenario happens: our API on one side, the outside systems read back on the other."""

import asyncio
import itertools
import os
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

import httpx
from sqlalchemy import text
from temporalio.client import Client as TemporalClient
from temporalio.client import WorkflowExecutionStatus
from temporalio.service import RPCError

from config.stack_file import LOOPBACK, Stack
from domain.ids import invoice_id, invoice_workflow_id, sale_workflow_id, subscription_id
from local_stack.programs import connect_to
from perennial.client import Client
from perennial.orders import Account, CardPayment, Order, TransferPayment
from storage.database import Database

T = TypeVar("T")
Json = Mapping[str, Any]
SYSTEMS: Final = ("stripe", "workday", "salesforce", "entitlements", "mailbox")
_TURN: Final = itertools.count(1)
_RUN: Final = f"{os.getpid():x}{int(time.monotonic() * 1000) % 0xFFFFFF:x}"


def new_name(word: str) -> str:
    """An id that no other scenario of this machine uses."""
    return f"{word}-{_RUN}-{next(_TURN)}"


def an_order(plan: str = "team", *, card: str | None = "pm_card_visa", **terms: object) -> Order:
    """An order of an account of its own; without a card it is paid by transfer."""
    name = new_name(plan)
    interval = {"unit": "second", "count": 5} if plan == "heartbeat" else "month"
    payment = CardPayment(payment_method=card) if card else TransferPayment(days_until_due=30)
    account = Account(
        account_id=f"acc-{name}", name=f"{name} Ltd", email=f"{name}@customer.example", country="US"
    )
    given = {"plan": plan, "interval": interval, "currency": "USD", "payment": payment, **terms}
    return Order.model_validate({"order_id": name, "account": account, **given})


def first_invoice(order: Order) -> str:
    return invoice_id(subscription_id(order.order_id), 1)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that an outside system did."""

    sequence: int
    at: datetime
    action: str
    key: str
    summary: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """What all outside systems hold of one account, and the words of what they did for it.

    Attributes:
        charges: Successful ones.
        erp: Actions about its customer, its invoices and their payments, oldest first.
        crm: Likewise about its account, its opportunity and its tasks.
        emails: Subjects of its emails, oldest first.
    """

    customers: Sequence[Json]
    provider_invoices: Sequence[Json]
    charges: Sequence[Json]
    erp: Sequence[str]
    crm: Sequence[str]
    grants: Sequence[Json]
    features: Mapping[str, int]
    emails: Sequence[str]


class Scene:
    """One stack, seen from both sides."""

    def __init__(self, stack: Stack, database_url: str, temporal: TemporalClient) -> None:
        self.stack = stack
        self.temporal = temporal
        self.client = Client.from_env(stack.environment)
        self.http = httpx.AsyncClient(
            base_url=f"http://{LOOPBACK}:{stack.ports.sandbox}", timeout=30.0
        )
        self._database_url = database_url
        self._stripe = {"Authorization": "Bearer sk_test_scenario"}
        self._entitlements = {"Authorization": f"Bearer {stack.secrets.entitlements_key}"}

    @classmethod
    async def of(cls, stack: Stack, database_url: str | None = None) -> "Scene":
        url = database_url or stack.environment["PERENNIAL_DATABASE_URL"]
        return cls(stack, url, await connect_to(stack))

    async def aclose(self) -> None:
        await self.client.aclose()
        await self.http.aclose()

    # Our own side.

    async def sell(self, order: Order) -> str:
        return (await self.client.sell(order)).subscription_id

    async def rows(self, query: str, **values: object) -> list[dict[str, Any]]:
        """Read our own tables."""
        database = Database.open(self._database_url)
        try:
            async with database.reading() as connection:
                found = await connection.execute(text(query), values)
                return [dict(row) for row in found.mappings()]
        finally:
            await database.dispose()

    async def event_types(self, order: Order) -> list[str]:
        """What happened to the order's subscription, in our own words, oldest first."""
        events = await self.client.events(subscription_id(order.order_id))
        return [event.event_type.value for event in events]

    async def is_closed(self, workflow_id: str) -> bool:
        try:
            found = await self.temporal.get_workflow_handle(workflow_id).describe()
        except RPCError:
            return False
        return found.status is WorkflowExecutionStatus.COMPLETED

    async def until(
        self, look: Callable[[], Awaitable[T | None]], awaited: str, seconds: float = 30.0
    ) -> T:
        """What `look` finds, once it finds something."""
        deadline = time.monotonic() + seconds
        while not (found := await look()):
            assert time.monotonic() < deadline, f"{awaited}: not within {seconds:g} s"
            await asyncio.sleep(0.05)
        return found

    async def until_closed(self, order: Order, seconds: float = 45.0) -> None:
        """Wait until the sale and its first invoice have nothing left to do: all effects have followed."""
        for workflow_id in (
            invoice_workflow_id(first_invoice(order)),
            sale_workflow_id(order.order_id),
        ):
            await self.until(lambda: self.is_closed(workflow_id), workflow_id, seconds)  # noqa: B023 - awaited here

    # The other side.

    async def fault(self, system: str, fault: str, **how: object) -> None:
        """Switch a scripted fault of an outside system on."""
        answer = await self.http.post(f"/_faults/{system}", json={"fault": fault, **how})
        assert answer.status_code == 201, answer.text

    async def mend(self, *systems: str) -> None:
        for system in systems or SYSTEMS:
            await self.http.delete(f"/_faults/{system}")

    async def journal(self, system: str) -> list[Entry]:
        return [
            Entry(e["seq"], datetime.fromisoformat(e["at"]), e["action"], e["key"], e["summary"])
            for e in await self.get(f"/_journal/{system}")
        ]

    async def journals(self) -> dict[str, list[Entry]]:
        return {system: await self.journal(system) for system in SYSTEMS}

    async def until_seen(
        self, system: str, action: str, about: str = "", *, after: int = 0, seconds: float = 30.0
    ) -> Entry:
        """The system's first entry of this action about this, later than entry number `after`."""

        async def look() -> Entry | None:
            entries = (entry for entry in await self.journal(system) if entry.sequence > after)
            return next(
                (e for e in entries if e.action == action and about in f"{e.key} {e.summary}"), None
            )

        return await self.until(look, f"{system}: {action} of {about}", seconds)

    async def seen(self, order: Order) -> Seen:
        """Read everything back that the outside systems hold of the order's account."""
        account = order.account.account_id
        listed = await self.get("/stripe/v1/customers", email=order.account.email, limit=100)
        customers = [str(customer["id"]) for customer in listed["data"]]
        provider_invoices = await self._listed("invoices", customers)
        charges = await self._listed("charges", customers)
        numbers = [
            re.escape(str(provider_invoice["number"])) for provider_invoice in provider_invoices
        ]
        of_invoices = re.compile(rf"\b({'|'.join(numbers)})\b") if numbers else re.compile("(?!)")
        grants = await self.get(f"/entitlements/v1/accounts/{account}/grants")
        access = await self.get(f"/entitlements/v1/accounts/{account}/access")
        mails = await self.get("/mailbox/api/messages", to=order.account.email)
        return Seen(
            customers=listed["data"],
            provider_invoices=sorted(
                provider_invoices, key=lambda provider_invoice: str(provider_invoice["number"])
            ),
            charges=[charge for charge in charges if charge["status"] == "succeeded"],
            erp=[
                e.action
                for e in await self.journal("workday")
                if e.key == account or of_invoices.search(f"{e.key} {e.summary}")
            ],
            crm=[
                f"{e.action} {e.summary}" if e.action.startswith("opportunity") else e.action
                for e in await self.journal("salesforce")
                if e.key == account or order.order_id in f"{e.key} {e.summary}"
            ],
            grants=grants["grants"],
            features=access["features"],
            emails=[mail["subject"] for mail in mails["messages"]],
        )

    async def _listed(self, kind: str, customers: list[str]) -> list[Any]:
        pages = [
            await self.get(f"/stripe/v1/{kind}", customer=customer, limit=100)
            for customer in customers
        ]
        return [found for page in pages for found in page["data"]]

    async def verify_sold_once(self, order: Order, *, seconds: float = 45.0) -> Seen:
        """Verify that every outside system has exactly one of everything that a sale needs."""
        await self.until_closed(order, seconds)
        # The subscription lives on: its record may come later, when a worker died with it.
        await self.until(lambda: self._is_activated(order), f"activation of {order.order_id}")
        seen = await self.seen(order)
        assert len(seen.customers) == 1
        assert [provider_invoice["status"] for provider_invoice in seen.provider_invoices] == [
            "paid"
        ]
        assert [charge["amount"] for charge in seen.charges] == [
            seen.provider_invoices[0]["amount_paid"]
        ]
        assert sorted(seen.erp) == ["customer.created", "invoice.submitted", "payment.put"]
        assert seen.erp.index("invoice.submitted") < seen.erp.index("payment.put")
        assert seen.crm == ["account.created", "opportunity.created Closed Won"]
        assert [grant["grant_id"] for grant in seen.grants] == [first_invoice(order)]
        assert seen.features
        number = seen.provider_invoices[0]["number"]
        assert seen.emails.count(f"Payment received for invoice {number}") == 1
        assert len(set(seen.emails)) == len(seen.emails)
        return seen

    async def _is_activated(self, order: Order) -> bool:
        return "subscription_activated" in await self.event_types(order)

    async def pay_by_transfer(self, provider_invoice: Json) -> None:
        """Let the money for this provider invoice arrive at the bank."""
        answer = await self.http.post(
            f"/stripe/v1/test_helpers/customers/{provider_invoice['customer']}/fund_cash_balance",
            data={
                "amount": str(provider_invoice["amount_due"]),
                "currency": str(provider_invoice["currency"]),
            },
            headers=self._stripe,
        )
        answer.raise_for_status()

    async def open_provider_invoice(self, order: Order) -> Json:
        """The order's first provider invoice, once the customer can pay it."""

        async def look() -> Json | None:
            provider_invoices = (await self.seen(order)).provider_invoices
            return next((each for each in provider_invoices if each["status"] == "open"), None)

        return await self.until(look, f"open provider invoice of {order.order_id}")

    async def get(self, path: str, **query: object) -> Any:
        headers = self._entitlements if path.startswith("/entitlements") else self._stripe
        params = {name: str(value) for name, value in query.items()}
        answer = await self.http.get(path, params=params, headers=headers)
        answer.raise_for_status()
        return answer.json()
