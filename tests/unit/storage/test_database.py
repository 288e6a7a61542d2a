"""The database: which URLs it takes, what its errors mean, what its transactions promise."""

import asyncio
import os
import socket
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Column, MetaData, Table, literal, select, text
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from domain.failures import (
    ConflictError,
    CredentialsError,
    RejectedError,
    UnavailableError,
)
from storage.columns import UtcInstant
from storage.database import Database, database_url, failure_of
from storage.tables import INBOUND_EVENTS
from tests.unit.storage.conftest import PostgresServer


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("sqlite:///a/b.db", "sqlite+aiosqlite:///a/b.db"),
        ("postgres://u@h/d", "postgresql+asyncpg://u@h/d"),
        ("postgresql://u@h:5/d?ssl=require", "postgresql+asyncpg://u@h:5/d?ssl=require"),
        ("postgresql+asyncpg://u@h/d", "postgresql+asyncpg://u@h/d"),
    ],
)
def test_a_url_gets_the_driver_that_we_use(given: str, used: str):
    assert str(database_url(given)) == used


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("mysql://u:secret@h/d", "mysql"),
        ("sqlite://", "memory"),
        ("sqlite:///:memory:", "memory"),
        ("secret", "cannot be read"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused_without_its_password(url: str, message: str):
    with pytest.raises(ValueError, match=message) as caught:
        Database.open(url)
    assert "secret" not in str(caught.value)


async def test_a_missing_directory_of_a_sqlite_file_is_made(tmp_path: Path):
    database = Database.open(f"sqlite:///{tmp_path / 'deep' / 'er' / 'x.db'}")
    await database.ping()
    await database.dispose()


async def test_a_new_sqlite_file_and_its_folder_are_for_their_owner_only(tmp_path: Path):
    folder = tmp_path / "data"
    old_mask = os.umask(0)
    try:
        database = Database.open(f"sqlite:///{folder / 'x.db'}")
        async with database.writing() as connection:
            await connection.execute(text("CREATE TABLE one (id INTEGER)"))
            files = {each.name: each.stat().st_mode & 0o777 for each in folder.iterdir()}
        await database.dispose()
    finally:
        os.umask(old_mask)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert files == {"x.db": 0o600, "x.db-wal": 0o600, "x.db-shm": 0o600}


async def test_a_sqlite_file_that_is_there_keeps_its_mode(tmp_path: Path):
    path = tmp_path / "x.db"
    path.touch()
    path.chmod(0o640)
    database = Database.open(f"sqlite:///{path}")
    await database.ping()
    await database.dispose()
    assert path.stat().st_mode & 0o777 == 0o640


async def test_a_ping_returns_when_the_database_answers(database: Database):
    await database.ping()


async def test_a_server_that_is_down_is_unavailable():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: connections are refused
        database = Database.open(f"postgresql://u@127.0.0.1:{taken.getsockname()[1]}/d")
        with pytest.raises(UnavailableError):
            await database.ping()
    await database.dispose()


async def test_a_database_that_does_not_exist_is_unavailable(postgres_server: PostgresServer):
    database = Database.open(postgres_server.get_uri().replace("/postgres?", "/nothing?"))
    with pytest.raises(UnavailableError, match="nothing"):
        await database.ping()
    await database.dispose()


async def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path):
    path = tmp_path / "broken.db"
    path.write_bytes(b"no database at all" * 100)
    database = Database.open(f"sqlite:///{path}")
    with pytest.raises(UnavailableError):
        await database.ping()
    await database.dispose()


async def test_a_database_without_our_tables_is_unavailable(empty_url: str):
    database = Database.open(empty_url)
    with pytest.raises(UnavailableError):
        async with database.reading() as connection:
            await connection.execute(select(INBOUND_EVENTS))
    await database.dispose()


async def test_a_connection_that_the_server_cuts_is_unavailable_and_then_replaced(
    postgres_server: PostgresServer, postgres_template: str
):
    database = Database.open(postgres_server.get_uri())
    await database.ping()
    with pytest.raises(UnavailableError):
        async with database.writing() as connection:
            await connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    await database.ping()
    await database.dispose()


async def test_a_violated_constraint_is_a_conflict(database: Database):
    row = "('entity', 'INV', 1)"
    with pytest.raises(ConflictError):
        async with database.writing() as connection:
            await connection.execute(
                text(
                    "INSERT INTO number_series (legal_entity, series, last_position)"
                    f" VALUES {row}, {row}"
                )
            )


async def test_a_number_that_fits_no_column_is_rejected_without_being_quoted(database: Database):
    row = {"legal_entity": "e", "series": "s", "number": 2**70}
    statement = "INSERT INTO number_series (legal_entity, series, last_position) VALUES (:legal_entity, :series, :number)"
    with pytest.raises(RejectedError) as caught:
        async with database.writing() as connection:
            await connection.execute(text(statement), row)
    assert str(2**70) not in str(caught.value)


async def test_what_raises_inside_a_transaction_undoes_it(database: Database):
    async def fail_halfway() -> None:
        async with database.writing() as connection:
            await connection.execute(
                text(
                    "INSERT INTO number_series (legal_entity, series, last_position) VALUES ('e', 'INV', 1)"
                )
            )
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail_halfway()
    async with database.reading() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM number_series")) == 0


async def test_a_reader_does_not_wait_for_a_writer(database: Database):
    async with database.writing() as connection:
        await connection.execute(
            text(
                "INSERT INTO number_series (legal_entity, series, last_position) VALUES ('e', 'INV', 1)"
            )
        )
        async with asyncio.timeout(5), database.reading() as reader:
            assert await reader.scalar(text("SELECT count(*) FROM number_series")) == 0


async def test_writers_of_two_processes_that_read_first_are_never_refused_by_sqlite(tmp_path: Path):
    databases = [Database.open(f"sqlite:///{tmp_path / 'x.db'}") for _ in range(2)]
    async with databases[0].writing() as connection:
        await connection.execute(text("CREATE TABLE counter AS SELECT 0 AS value"))

    async def count(database: Database) -> None:
        async with database.writing() as connection:
            value = await connection.scalar(text("SELECT value FROM counter"))
            await connection.execute(text("UPDATE counter SET value = :next"), {"next": value + 1})

    await asyncio.gather(*(count(databases[turn % 2]) for turn in range(20)))
    async with databases[0].reading() as connection:
        assert await connection.scalar(text("SELECT value FROM counter")) == 20
    for database in databases:
        await database.dispose()


async def test_sqlite_runs_in_wal_mode_with_foreign_keys(database: Database):
    if database.engine.dialect.name != "sqlite":
        return
    async with database.reading() as connection:
        assert await connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert await connection.scalar(text("PRAGMA foreign_keys")) == 1
        assert await connection.scalar(text("PRAGMA synchronous")) == 2
        assert await connection.scalar(text("PRAGMA busy_timeout")) == 15_000


def test_a_pool_without_a_free_connection_is_unavailable():
    assert type(failure_of(PoolTimeoutError("pool limit reached"))) is UnavailableError


@pytest.mark.parametrize(
    ("sqlstate", "failure"),
    [
        ("22021", RejectedError),
        ("23505", ConflictError),
        ("28P01", CredentialsError),
        ("40001", UnavailableError),
        ("40P01", UnavailableError),
        ("53300", UnavailableError),
        ("57P01", UnavailableError),
    ],
)
async def test_each_class_of_sqlstate_has_one_meaning(
    postgres_server: PostgresServer, sqlstate: str, failure: type[Exception]
):
    database = Database.open(postgres_server.get_uri())
    raising = f"DO $$ BEGIN RAISE EXCEPTION 'planted' USING ERRCODE = '{sqlstate}'; END $$"
    with pytest.raises(failure, match=r"planted|does not fit") as caught:
        async with database.writing() as connection:
            await connection.execute(text(raising))
    assert type(caught.value) is failure
    await database.dispose()


async def test_an_instant_keeps_its_value_and_comes_back_in_utc(database: Database):
    table = Table("instants", MetaData(), Column("at", UtcInstant))
    at = datetime(2026, 3, 29, 1, 30, 0, 1, tzinfo=timezone(timedelta(hours=2)))
    async with database.writing() as connection:
        await connection.run_sync(table.metadata.create_all)
        await connection.execute(table.insert().values(at=at))
        stored = await connection.scalar(select(table.c.at))
    assert stored == at
    assert stored is not None
    assert stored.tzinfo is UTC


async def test_a_naive_instant_is_refused(database: Database):
    naive = datetime(2026, 3, 1)  # noqa: DTZ001 - the point of the test
    with pytest.raises(RejectedError, match="naive"):
        async with database.reading() as connection:
            await connection.execute(select(literal(naive, UtcInstant)))
