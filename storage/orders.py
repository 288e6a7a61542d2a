"""Orders as submitted, and the account profiles that they contain."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pydantic import TypeAdapter
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.failures import ConflictError
from domain.parties.accounts import AccountProfile
from domain.parties.orders import Order, order_digest
from storage.database import Database
from storage.documents import ORDER
from storage.tables import ACCOUNTS, ORDERS

_PROFILE: Final = TypeAdapter(AccountProfile)


@dataclass(frozen=True, kw_only=True, slots=True)
class AddedOrder:
    """A submitted order: new, or already known with the same content."""

    order_id: str
    is_new: bool


class OrderStore:
    """Keeps orders for ever, because Temporal deletes workflow histories after their retention period."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        self._add = database.insert(ORDERS).on_conflict_do_nothing().returning(ORDERS.c.order_id)
        profile = database.insert(ACCOUNTS)
        self._put_profile = profile.on_conflict_do_update(
            index_elements=[ACCOUNTS.c.account_id],
            set_={
                column.name: profile.excluded[column.name]
                for column in ACCOUNTS.c
                if not column.primary_key
            },
        )

    async def add_order(self, order: Order) -> AddedOrder:
        """Store the order, and its account profile as the account's latest, in one transaction.

        If the same order comes again, nothing changes, not even a profile that a later order has updated.

        Raises:
            ConflictError: If the id is already used for an order with other content.
            UnavailableError: If the database could not serve the call.
        """
        row = {
            "order_id": order.order_id,
            "account_id": order.account.account_id,
            "digest": order_digest(order),
            "document": ORDER.encode(order),
            "received_at": self._clock(),
        }
        async with self._database.writing() as connection:
            added = (await connection.execute(self._add, row)).first()
            if added is None:
                await _require_digest(connection, order.order_id, row["digest"])
            else:
                await connection.execute(self._put_profile, self._profile_row(order))
        return AddedOrder(order_id=order.order_id, is_new=added is not None)

    async def find_order(self, order_id: str) -> Order | None:
        """Return the order, or None if it is unknown."""
        wanted = select(ORDERS.c.document).where(ORDERS.c.order_id == order_id)
        async with self._database.reading() as connection:
            found = (await connection.execute(wanted)).first()
        return None if found is None else ORDER.decode(found.document)

    async def find_account(self, account_id: str) -> AccountProfile | None:
        """Return the account's latest profile, or None if it is unknown."""
        async with self._database.reading() as connection:
            return (await read_accounts(connection, [account_id])).get(account_id)

    def _profile_row(self, order: Order) -> dict[str, object]:
        account = order.account
        return {
            "account_id": account.account_id,
            "name": account.name,
            "email": account.email,
            "country": account.country,
            "zone": account.zone,
            "vat_id": account.vat_id,
            "address": list(account.address),
            "order_id": order.order_id,
            "updated_at": self._clock(),
        }


async def read_accounts(
    connection: AsyncConnection, account_ids: Collection[str]
) -> dict[str, AccountProfile]:
    """Return the latest profiles of these accounts, by id; those that are unknown are left out."""
    wanted = select(ACCOUNTS).where(ACCOUNTS.c.account_id.in_(account_ids))
    found = (await connection.execute(wanted)).mappings()
    return {row["account_id"]: _PROFILE.validate_python(dict(row)) for row in found}


async def _require_digest(connection: AsyncConnection, order_id: str, digest: object) -> None:
    known = await connection.scalar(select(ORDERS.c.digest).where(ORDERS.c.order_id == order_id))
    if known != digest:
        raise ConflictError(f"order {order_id} is already known with other content")
