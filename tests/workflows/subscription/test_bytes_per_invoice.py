"""How much an invoice takes in our tables, written by the real workflows."""

from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import String, cast, func, select

from config.clock import utc_now
from storage.database import Database
from storage.migrate import upgrade
from storage.orders import OrderStore
from storage.recorder import Recorder
from storage.register import InvoiceRegister
from storage.tables import METADATA
from tests.unit.storage.builders import SELLER
from tests.workflows.desk import CARD, Desk, order_of
from tests.workflows.fakes import FakeWorld

_BUDGET: Final = 5 * 1024
_RENEWALS: Final = 3


@pytest.mark.parametrize("is_patient", [True])
@pytest.mark.parametrize("is_caching", [True])
async def test_a_renewal_takes_at_most_five_kilobytes(desk: Desk, world: FakeWorld, tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'books.db'}"
    await upgrade(url)
    database = Database.open(url)
    await OrderStore(database, utc_now).add_order(order_of("A1", CARD))
    books: Any = world.books
    books.record = Recorder(database).record
    books.take_number = InvoiceRegister(database, utc_now, seller=SELLER).take_number
    await desk.sell()
    first = "sub-A1-0001/receipt"
    await desk.until(lambda: first in world.email_sender.sent, within=timedelta(minutes=5))
    before = await bytes_of(database)
    last = f"sub-A1-{_RENEWALS + 1:04d}/receipt"
    await desk.until(lambda: last in world.email_sender.sent, within=timedelta(days=100))
    per_invoice = (await bytes_of(database) - before) / _RENEWALS
    await database.dispose()
    assert 1024 < per_invoice <= _BUDGET


async def bytes_of(database: Database) -> int:
    """Return the bytes of all values in all tables, as text."""
    total = 0
    async with database.reading() as connection:
        for table in METADATA.sorted_tables:
            lengths = [
                func.sum(func.length(cast(column, String)))
                for column in table.c
                if column.name != "response_body"
            ]
            row = (await connection.execute(select(*lengths))).one()
            total += sum(length or 0 for length in row)
    return total
