"""Migrations: complete, reversible, and safe to run by several processes at once."""

import asyncio
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from domain.failures import ConflictError
from domain.parties.orders import Order
from storage import migrate
from storage.database import Database
from storage.migrate import check, current, downgrade, latest, upgrade, write_revision
from storage.orders import OrderStore
from storage.recorder import Recorder
from storage.register import InvoiceRegister
from storage.tables import APPEND_ONLY
from tests.unit.storage.builders import SELLER, DraftBuilder, EventBuilder
from tests.unit.storage.conftest import PostgresServer, SteppingClock


async def test_upgrading_an_empty_database_leaves_no_drift(empty_url: str):
    assert await current(empty_url) is None
    await upgrade(empty_url)
    assert await current(empty_url) == latest()
    assert await check(empty_url) == ()


async def test_an_empty_database_is_reported_as_drift(empty_url: str):
    assert f"revision is None, not {latest()}" in await check(empty_url)


async def test_a_dropped_index_is_reported_as_drift(url: str, database: Database):
    async with database.writing() as connection:
        await connection.execute(text("DROP INDEX ix_orders_account_id"))
    assert len(await check(url)) == 1


async def test_upgrading_twice_changes_nothing(url: str):
    await upgrade(url)
    assert await check(url) == ()


async def test_downgrading_to_the_base_leaves_an_empty_database_that_upgrades_again(url: str):
    await downgrade(url)
    assert await current(url) is None
    await upgrade(url)
    assert await check(url) == ()


async def test_upgrading_in_steps_ends_where_one_upgrade_does(empty_url: str):
    await upgrade(empty_url, "0001")
    assert await current(empty_url) == "0001"
    await upgrade(empty_url)
    assert await check(empty_url) == ()


async def test_a_failing_migration_leaves_nothing_behind(empty_url: str):
    database = Database.open(empty_url)
    async with database.writing() as connection:
        await connection.execute(text("CREATE TABLE grants (grant_id VARCHAR)"))
    await database.dispose()
    with pytest.raises(Exception, match="exists"):
        await upgrade(empty_url)
    assert await current(empty_url) is None


@pytest.mark.slow
def test_several_processes_that_upgrade_at_once_all_succeed(empty_url: str):
    program = f"import asyncio, storage.migrate as m; asyncio.run(m.upgrade({empty_url!r}))"
    processes = [
        subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    errors = [process.communicate(timeout=60)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], errors
    assert asyncio.run(check(empty_url)) == ()


async def test_an_upgrade_of_postgresql_waits_for_the_one_before_it(
    postgres_server: PostgresServer,
):
    postgres_server.psql("CREATE DATABASE waiting")
    url = postgres_server.get_uri().replace("/postgres?", "/waiting?")
    other = Database.open(url)
    waiting = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    async with other.writing() as holder:
        await holder.execute(text("SELECT pg_advisory_xact_lock(:id)"), {"id": migrate._LOCK_ID})
        upgrading = asyncio.create_task(upgrade(url))
        async with asyncio.timeout(20), other.reading() as watcher:
            while not await watcher.scalar(waiting):
                assert not upgrading.done()
    await upgrading
    assert await check(url) == ()
    await other.dispose()


async def test_a_new_revision_is_written_for_what_the_tables_lack(
    empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    migrations = tmp_path / "migrations"
    (migrations / "versions").mkdir(parents=True)
    for name in ("env.py", "script.py.mako"):
        shutil.copy(f"storage/migrations/{name}", migrations)
    monkeypatch.setattr("storage.migrate._MIGRATIONS", migrations)
    await write_revision(empty_url, "everything")
    assert latest() is not None
    await upgrade(empty_url)
    assert await check(empty_url) == ()


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("change", ["UPDATE {} SET {}", "DELETE FROM {}"], ids=["update", "delete"])
async def test_a_row_of_an_append_only_table_cannot_be_changed(
    database: Database,
    clock: SteppingClock,
    draft: DraftBuilder,
    events: EventBuilder,
    an_order: Order,
    table: str,
    change: str,
):
    await Recorder(database).record([events.sale()])
    await OrderStore(database, clock).add_order(an_order)
    await InvoiceRegister(database, clock, seller=SELLER).take_number(
        draft("sub-1-0001"), series="INV", days_until_due=0
    )
    setting = {"events": "account_id = 'x'", "invoice_numbers": "number = 'x'"}.get(
        table, "document = '{}'"
    )
    with pytest.raises(ConflictError, match="append-only"):
        async with database.writing() as connection:
            await connection.execute(text(change.format(table, setting)))
    async with database.reading() as connection:
        count = await connection.scalar(text(f"SELECT count(*) FROM {table}"))
    assert count == 1


@pytest.mark.parametrize("table", APPEND_ONLY)
async def test_an_append_only_table_cannot_be_emptied_by_truncation(database: Database, table: str):
    if database.engine.dialect.name == "sqlite":
        return  # it has no such statement
    with pytest.raises(ConflictError, match="append-only"):
        async with database.writing() as connection:
            await connection.execute(text(f"TRUNCATE {table}"))


async def test_foreign_keys_are_enforced(database: Database):
    with pytest.raises(ConflictError) as caught:
        async with database.writing() as connection:
            await connection.execute(
                text(
                    "INSERT INTO invoice_numbers VALUES"
                    " ('i', 'NOBODY', 'X', 1, 'X-1', '2026-03-01', '2026-03-01', '2026-03-01')"
                )
            )
    assert isinstance(caught.value.__cause__, IntegrityError)
