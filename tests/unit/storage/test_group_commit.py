"""Numbers of invoices that ask at the same time: one transaction, no gap, dates that rise, and no one pays for another."""

import asyncio
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event, select, text

from domain.failures import PerennialError, RejectedError, UnavailableError
from domain.invoicing.invoices import InvoiceNumber
from domain.parties.orders import Order
from storage.database import Database
from storage.group_commit import MOST_AT_ONCE, GroupCommit
from storage.orders import OrderStore
from storage.register import InvoiceRegister
from storage.tables import INVOICE_DOCUMENTS, INVOICE_NUMBERS
from tests import processes
from tests.unit.storage.builders import SELLER, DraftBuilder
from tests.unit.storage.conftest import SteppingClock


@pytest.fixture
async def register(database: Database, clock: SteppingClock, an_order: Order) -> InvoiceRegister:
    await OrderStore(database, clock).add_order(an_order)
    return InvoiceRegister(database, clock, seller=SELLER)


async def take(
    register: InvoiceRegister, draft: DraftBuilder, invoice_id: str, **changes: Any
) -> InvoiceNumber | Exception:
    asked = register.take_number(
        replace(draft(invoice_id), **changes), series="INV", days_until_due=0
    )
    try:
        return await asked
    except PerennialError as error:
        return error


def numbers_of(taken: Sequence[InvoiceNumber | Exception]) -> list[str]:
    return [one.number for one in taken if isinstance(one, InvoiceNumber)]


async def test_those_who_wait_together_are_numbered_in_few_transactions_in_their_order(
    register: InvoiceRegister, database: Database, draft: DraftBuilder
):
    begun: list[object] = []
    event.listen(database.engine.sync_engine, "commit", begun.append)
    taken = await asyncio.gather(*(take(register, draft, f"sub-{n}-1") for n in range(64)))
    # The first goes alone, the others together.
    assert len(begun) <= 2
    assert numbers_of(taken) == [f"INV-{n:06d}" for n in range(1, 65)]
    async with database.reading() as connection:
        documents = (await connection.execute(select(INVOICE_DOCUMENTS))).mappings().all()
    assert {row["document"]["number"] for row in documents} == set(numbers_of(taken))


async def test_one_that_is_refused_neither_takes_a_number_nor_fails_the_others(
    register: InvoiceRegister, draft: DraftBuilder
):
    taken = await asyncio.gather(
        take(register, draft, "a-1"),
        take(register, draft, "b-1"),
        take(register, draft, "c-1", account_id="stranger"),
        take(register, draft, "d-1"),
    )
    assert numbers_of(taken) == ["INV-000001", "INV-000002", "INV-000003"]
    assert isinstance(taken[2], RejectedError)


async def test_one_that_the_database_refuses_fails_alone(
    register: InvoiceRegister, database: Database, draft: DraftBuilder
):
    async with database.writing() as connection:
        # A row that cannot be: the document is there without its number.
        await connection.execute(INVOICE_DOCUMENTS.insert(), {"invoice_id": "c-1", "document": {}})
    taken = await asyncio.gather(*(take(register, draft, f"{name}-1") for name in "abcd"))
    assert [type(one).__name__ for one in taken] == [
        "InvoiceNumber",
        "InvoiceNumber",
        "ConflictError",
        "InvoiceNumber",
    ]
    assert numbers_of(taken) == ["INV-000001", "INV-000002", "INV-000003"]


async def test_the_same_invoice_twice_in_one_group_has_one_number(
    register: InvoiceRegister, draft: DraftBuilder
):
    taken = await asyncio.gather(*(take(register, draft, name) for name in ("x", "a", "a", "b")))
    assert numbers_of(taken) == ["INV-000001", "INV-000002", "INV-000002", "INV-000003"]


async def test_dates_never_go_back_although_the_clock_of_the_next_process_does(
    database: Database, draft: DraftBuilder, clock: SteppingClock, an_order: Order
):
    await OrderStore(database, clock).add_order(an_order)
    clock.now = datetime(2026, 3, 2, 0, 0, 1, tzinfo=UTC)
    ahead = InvoiceRegister(database, clock, seller=SELLER)
    behind = InvoiceRegister(database, lambda: clock.now - timedelta(seconds=5), seller=SELLER)
    first = await ahead.take_number(draft("a-1"), series="INV", days_until_due=0)
    second = await behind.take_number(draft("b-1"), series="INV", days_until_due=0)
    assert (second.number, second.issued_on) == ("INV-000002", first.issued_on)
    assert second.taken_at == first.taken_at
    clock.advance(timedelta(days=1))
    third = await behind.take_number(draft("c-1"), series="INV", days_until_due=0)
    assert third.taken_at > first.taken_at


async def test_dates_never_go_back_although_the_seller_moves_to_another_zone(
    database: Database, draft: DraftBuilder, clock: SteppingClock, an_order: Order
):
    await OrderStore(database, clock).add_order(an_order)
    clock.now = datetime(2026, 3, 1, 20, tzinfo=UTC)
    tokyo = InvoiceRegister(database, clock, seller=SELLER, zone=ZoneInfo("Asia/Tokyo"))
    first = await tokyo.take_number(draft("a-1"), series="INV", days_until_due=0)
    moved = InvoiceRegister(database, clock, seller=SELLER, zone=ZoneInfo("UTC"))
    second = await moved.take_number(draft("b-1"), series="INV", days_until_due=0)
    assert first.issued_on == second.issued_on == date(2026, 3, 2)


async def test_a_fault_of_ours_reaches_every_caller_and_the_next_request_is_done():
    answers: list[list[int]] = [[], [7]]

    async def too_few(requests: Any) -> list[int]:
        return answers.pop(0)

    group = GroupCommit[int, int](too_few)
    with pytest.raises(ValueError, match="0 results for 1 requests"):
        await group.do(1)
    assert await group.do(2) == 7


async def test_when_the_work_is_cancelled_no_one_waits_for_ever_and_nothing_of_it_is_done_later():
    groups: list[list[int]] = []
    is_let_go = asyncio.Event()

    async def end_with_the_process(requests: Sequence[int]) -> list[int]:
        groups.append(list(requests))
        if len(groups) == 1:
            await is_let_go.wait()
            raise asyncio.CancelledError
        return list(requests)

    group = GroupCommit[int, int](end_with_the_process)
    under_way = asyncio.create_task(group.do(1))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    waiting = asyncio.create_task(group.do(2))
    await asyncio.sleep(0)
    is_let_go.set()
    async with asyncio.timeout(5):
        ended = await asyncio.gather(under_way, waiting, return_exceptions=True)
    assert [type(one) for one in ended] == [asyncio.CancelledError] * 2
    assert await group.do(3) == 3
    assert groups == [[1], [3]]


async def test_a_caller_that_gives_up_leaves_the_others_alone(
    register: InvoiceRegister, draft: DraftBuilder
):
    asked = [asyncio.create_task(take(register, draft, f"{name}-1")) for name in "abc"]
    await asyncio.sleep(0)
    asked[1].cancel()
    assert isinstance(await asked[2], InvoiceNumber)
    # Its number was taken all the same, and is found when it asks again.
    assert numbers_of([await take(register, draft, "b-1")]) == ["INV-000002"]


async def test_an_outage_reaches_everyone_and_takes_no_number():
    asked: list[int] = []

    async def down(requests: Sequence[int]) -> list[int]:
        asked.extend(requests)
        raise UnavailableError("the database is down")

    group = GroupCommit[int, int](down)
    failed = await asyncio.gather(*(group.do(n) for n in range(5)), return_exceptions=True)
    assert [type(one) for one in failed] == [UnavailableError] * 5
    # Each alone would not do better, and would meet a database that comes back with five times the calls.
    assert asked == list(range(5))


async def test_a_group_is_never_larger_than_the_limit():
    sizes: list[int] = []

    async def count(requests: Any) -> list[int]:
        sizes.append(len(requests))
        await asyncio.sleep(0)
        return list(requests)

    group = GroupCommit[int, int](count)
    wanted = list(range(3 * MOST_AT_ONCE))
    assert await asyncio.gather(*map(group.do, wanted)) == wanted
    assert max(sizes) == MOST_AT_ONCE


TAKER = """
import asyncio, sys
from config.clock import utc_now
from storage.database import Database
from storage.register import InvoiceRegister
from tests import processes
from tests.unit.storage.builders import SELLER, draft_of

async def main(url, name):
    register = InvoiceRegister(Database.open(url), utc_now, seller=SELLER)
    for n in range(10_000):
        wanted = [draft_of(f"{name}{n}x{k}-1") for k in range(8)]
        await asyncio.gather(
            *(register.take_number(each, series="INV", days_until_due=0) for each in wanted)
        )

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.slow
async def test_processes_that_are_killed_while_they_number_leave_no_gap_and_no_date_goes_back(
    url: str, database: Database, clock: SteppingClock, an_order: Order, tmp_path: Path
):
    await OrderStore(database, clock).add_order(an_order)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    for round_ in range(2):
        takers = [
            processes.start(
                [sys.executable, "-c", TAKER, url, f"p{round_}{number}"],
                tmp_path / "takers.log",
                environment,
            )
            for number in range(2)
        ]
        before = await count_of(database)
        async with asyncio.timeout(60):
            while await count_of(database) < before + 40:  # noqa: ASYNC110 - another process writes it
                await asyncio.sleep(0.01)
        for taker in takers:
            processes.kill(taker)
    async with database.reading() as connection:
        wanted = select(INVOICE_NUMBERS).order_by(INVOICE_NUMBERS.c.position)
        rows = (await connection.execute(wanted)).mappings().all()
    assert [row["position"] for row in rows] == list(range(1, len(rows) + 1))
    dates = [(row["issued_on"], row["taken_at"]) for row in rows]
    assert dates == sorted(dates)


async def count_of(database: Database) -> int:
    async with database.reading() as connection:
        return await connection.scalar(text("SELECT count(*) FROM invoice_numbers")) or 0
