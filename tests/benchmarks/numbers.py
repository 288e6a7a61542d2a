"""Legal numbers a second of one series, with many invoices waiting, against bare transactions of one row."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import text

from config.clock import utc_now
from storage.database import Database
from storage.migrate import upgrade
from storage.orders import OrderStore
from storage.register import InvoiceRegister
from tests.benchmarks.report import Measurement
from tests.unit.storage.builders import SELLER, draft_of
from tests.workflows.desk import CARD, order_of

_WAITING = 64


async def measure(*, count: int) -> Measurement:
    """Number `count` invoices on SQLite, `_WAITING` of them at any moment."""
    with TemporaryDirectory(prefix="perennial-numbers-") as folder:
        url = f"sqlite:///{Path(folder) / 'numbers.db'}"
        await upgrade(url)
        database = Database.open(url)
        await OrderStore(database, utc_now).add_order(order_of("n", CARD))
        register = InvoiceRegister(database, utc_now, seller=SELLER)

        async def number(n: int) -> None:
            await register.take_number(draft_of(f"n{n}-1"), series="INV", days_until_due=0)

        async def bare(n: int) -> None:
            async with database.writing() as connection:
                await connection.execute(text(f"INSERT INTO bare VALUES ({n})"))

        async with database.writing() as connection:
            await connection.execute(text("CREATE TABLE bare (n INTEGER)"))
        floor = await _rate(bare, count)
        ours = await _rate(number, count)
        await database.dispose()
    return Measurement(
        what=f"legal numbers of one series, {_WAITING} waiting",
        ours=ours,
        floor=floor,
        unit="a second",
        note="SQLite, synchronous=FULL; floor: one transaction for each bare row",
    )


async def _rate(do: Callable[[int], Awaitable[None]], count: int) -> float:
    slots = asyncio.Semaphore(_WAITING)

    async def one(n: int) -> None:
        async with slots:
            await do(n)

    begin = time.perf_counter()
    await asyncio.gather(*map(one, range(count)))
    return count / (time.perf_counter() - begin)
