"""Migrates a database to the tables of this version, in process; several processes may do so at once."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.tables import METADATA

HEAD: Final = "head"
BASE: Final = "base"
_MIGRATIONS: Final = Path(__file__).parent / "migrations"
# Any number that no other program locks in the same database.
_LOCK_ID: Final = 7_303_014_202


async def upgrade(url: str, revision: str = HEAD) -> None:
    """Upgrade the database to the revision; a second process waits for the first, then has nothing to do.

    Raises:
        UnavailableError: If the database could not serve it; nothing was changed.
    """
    await _run(url, lambda config: command.upgrade(config, revision))


async def downgrade(url: str, revision: str = BASE) -> None:
    """Downgrade the database to the revision; `base` removes all our tables.

    Raises:
        UnavailableError: If the database could not serve it; nothing was changed.
    """
    await _run(url, lambda config: command.downgrade(config, revision))


async def current(url: str) -> str | None:
    """Return the revision of the database, or None if it was never migrated.

    Raises:
        UnavailableError: If the database could not serve it.
    """
    async with _opened(url) as database, database.reading() as connection:
        return await connection.run_sync(_revision)


def latest() -> str | None:
    """Return the newest revision of this version."""
    return ScriptDirectory.from_config(_config()).get_current_head()


async def check(url: str) -> tuple[str, ...]:
    """Return the differences between the database and the tables of this version; empty if there are none.

    Raises:
        UnavailableError: If the database could not serve it.
    """
    async with _opened(url) as database, database.reading() as connection:
        return await connection.run_sync(_differences)


async def write_revision(url: str, message: str) -> None:
    """Write a revision file for the difference between the database and the tables of this version.

    Raises:
        UnavailableError: If the database could not serve it.
    """
    await _run(url, lambda config: command.revision(config, message, autogenerate=True))


async def _run(url: str, action: Callable[[Config], object]) -> None:
    async with _opened(url) as database, database.writing() as connection:
        await _lock(connection)
        await connection.run_sync(lambda sync: action(_config(sync)))


async def _lock(connection: AsyncConnection) -> None:
    # SQLite needs no other lock: `writing` already holds the database's write lock.
    if connection.dialect.name == "postgresql":
        await connection.execute(text("SELECT pg_advisory_xact_lock(:id)"), {"id": _LOCK_ID})


def _config(connection: Connection | None = None) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _differences(connection: Connection) -> tuple[str, ...]:
    context = MigrationContext.configure(connection)
    revision, newest = context.get_current_revision(), latest()
    behind = () if revision == newest else (f"revision is {revision}, not {newest}",)
    return (*behind, *(str(step) for step in compare_metadata(context, METADATA)))


@asynccontextmanager
async def _opened(url: str) -> AsyncGenerator[Database]:
    database = Database.open(url, pool_size=1)
    try:
        yield database
    finally:
        await database.dispose()
