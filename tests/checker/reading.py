"""Reads the facts: the outside systems over HTTP, our tables from their database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import httpx
from sqlalchemy import select

from storage.database import Database
from storage.tables import METADATA
from tests.checker.facts import ClientAnswer, Entry, Facts, Row, WorkflowFact

SYSTEMS: Final = ("stripe", "workday", "salesforce", "entitlements", "mailbox")
_PAGE: Final = 100
# Longer than a scripted latency: a charge or an email that was sent cannot be taken back.
_UNDER_WAY: Final = timedelta(seconds=5)
_STRIPE: Final = {"Authorization": "Bearer sk_test_checker", "Stripe-Version": "2026-10-28.endive"}
# The version of the tables, of which no promise speaks.
_UNREAD: Final = frozenset({"alembic_version"})


@dataclass(frozen=True)
class Reader:
    """Reads one stack.

    Attributes:
        http: A client of the sandbox.
        entitlements_key: Opens the entitlement service.
        database_url: Our tables.
    """

    http: httpx.AsyncClient
    entitlements_key: str
    database_url: str

    async def facts(
        self,
        now: datetime,
        workflows: Sequence[WorkflowFact],
        answers: Sequence[ClientAnswer] = (),
        entries: Sequence[Entry] | None = None,
    ) -> Facts:
        """Return the facts at this instant, at which nothing may be under way.

        Args:
            now: The present instant.
            workflows: Every workflow that was ever started.
            answers: What clients were told.
            entries: What the outside systems did, in order; None takes the order of their clocks.
        """
        tables = await self._tables()
        accounts = [str(row["account_id"]) for row in tables["accounts"]]
        return Facts(
            now=now,
            under_way=_UNDER_WAY if entries is None else timedelta(),
            entries=await self._entries() if entries is None else entries,
            customers=await self._stripe("customers"),
            provider_invoices=await self._stripe("invoices"),
            provider_payments=await self._stripe("invoice_payments"),
            charges=await self._stripe("charges"),
            grants=[each for found in accounts for each in await self._listed(found, "grants")],
            holds=[each for found in accounts for each in await self._listed(found, "holds")],
            access={each: await self._access(each) for each in accounts},
            emails=(await self._get("/mailbox/api/messages"))["messages"],
            tables=tables,
            workflows=workflows,
            answers=answers,
        )

    async def _tables(self) -> dict[str, list[Row]]:
        database = Database.open(self.database_url, pool_size=1)
        try:
            async with database.reading() as connection:
                return {
                    name: [
                        dict(row) for row in (await connection.execute(select(table))).mappings()
                    ]
                    for name, table in METADATA.tables.items()
                    if name not in _UNREAD
                }
        finally:
            await database.dispose()

    async def _entries(self) -> list[Entry]:
        found: list[Entry] = []
        for system in SYSTEMS:
            for entry in await self._get(f"/_journal/{system}"):
                at = datetime.fromisoformat(entry["at"])
                found.append(
                    Entry(
                        order=at.timestamp(),
                        at=at,
                        system=system,
                        action=entry["action"],
                        key=entry["key"],
                        summary=entry["summary"],
                    )
                )
        # Equal instants keep the order of their system.
        return sorted(found, key=lambda entry: entry.order)

    async def _stripe(self, kind: str) -> list[Row]:
        found: list[Row] = []
        query: dict[str, str | int] = {"limit": _PAGE}
        while True:
            page = await self._get(f"/stripe/v1/{kind}", query, _STRIPE)
            found.extend(page["data"])
            if not page["has_more"]:
                return found
            query["starting_after"] = str(found[-1]["id"])

    async def _access(self, account: str) -> dict[str, int]:
        return (await self._entitlements(account, "access"))["features"]

    async def _listed(self, account: str, what: str) -> list[Row]:
        return (await self._entitlements(account, what))[what]

    async def _entitlements(self, account: str, what: str) -> Any:
        headers = {"Authorization": f"Bearer {self.entitlements_key}"}
        return await self._get(f"/entitlements/v1/accounts/{account}/{what}", {}, headers)

    async def _get(
        self,
        path: str,
        query: dict[str, str | int] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Any:
        answer = await self.http.get(path, params=query or {}, headers=headers or {})
        answer.raise_for_status()
        return answer.json()
