"""The database of one URL: connections, transactions, and the domain failures for its errors."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, nullcontext, suppress
from pathlib import Path
from typing import Final, Self

from sqlalchemy import URL, Connection, Table, event, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    SQLAlchemyError,
    StatementError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from domain.failures import (
    ConflictError,
    CredentialsError,
    PerennialError,
    RejectedError,
    UnavailableError,
)

_DRIVERS: Final = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
}
_SQLITE_BUSY_SECONDS: Final = 15
_POSTGRESQL_CONNECT_SECONDS: Final = 10
_POSTGRESQL_COMMAND_SECONDS: Final = 30
_READ_ONLY: Final = "perennial_read_only"
_MEANINGS: Final = (
    (IntegrityError, ConflictError),
    (OSError, UnavailableError),
    (PoolTimeoutError, UnavailableError),
)


class Database:
    """One engine with its connection pool; share one instance per process and event loop.

    SQLite runs in WAL mode: readers never wait, writers take turns. A write transaction takes its lock
    at the start (`BEGIN IMMEDIATE`), because SQLite may refuse at once to upgrade a lock later.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._reader = engine.execution_options(**{_READ_ONLY: True})
        # Waiting for this lock is much faster than SQLite's own polling for its write lock.
        self._turn = asyncio.Lock() if engine.dialect.name == "sqlite" else nullcontext()

    @classmethod
    def open(cls, url: str, *, pool_size: int = 10) -> Self:
        """Return the database of this URL without connecting to it yet.

        Args:
            url: `sqlite:///path/to/file.db` or `postgresql://user:password@host/name`.
            pool_size: Connections kept open; a burst may open as many again for a short time.

        Raises:
            ValueError: If the URL does not name a usable database, or its driver is missing.
        """
        parsed = database_url(url)
        if parsed.get_backend_name() == "sqlite":
            return cls(_sqlite_engine(parsed, pool_size))
        return cls(_postgresql_engine(parsed, pool_size))

    @property
    def engine(self) -> AsyncEngine:
        """The engine, for migrations; everything else uses `writing` and `reading`."""
        return self._engine

    async def dispose(self) -> None:
        """Close every pooled connection."""
        await self._engine.dispose()

    async def ping(self) -> None:
        """Check that the database answers.

        Raises:
            UnavailableError: If it does not answer.
        """
        async with self.reading() as connection:
            await connection.execute(text("SELECT 1"))

    @asynccontextmanager
    async def writing(self) -> AsyncGenerator[AsyncConnection]:
        """Open one transaction that is committed at the end, or rolled back if anything is raised.

        Raises:
            UnavailableError: If the database could not serve it; every writer can safely be called again.
            ConflictError: If a constraint was violated that no writer expects.
            RejectedError: If the database cannot store a value.
        """
        async with self._turn, _translated(), self._engine.begin() as connection:
            yield connection

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[AsyncConnection]:
        """Open one transaction that only reads and never waits for a writer.

        Raises:
            UnavailableError: If the database could not serve it.
        """
        async with _translated(), self._reader.begin() as connection:
            yield connection

    def insert(self, table: Table) -> sqlite.Insert | postgresql.Insert:
        """Return an insert that supports `ON CONFLICT`, in the dialect of this database."""
        if self._engine.dialect.name == "sqlite":
            return sqlite.insert(table)
        return postgresql.insert(table)


def database_url(url: str) -> URL:
    """Return the URL with the driver that we use.

    Raises:
        ValueError: If it is not the URL of a SQLite file or a PostgreSQL database.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ValueError(
            "the database URL cannot be read: expected sqlite:/// or postgresql://"
        ) from None
    driver = _DRIVERS.get(parsed.drivername)
    if driver is None:
        raise ValueError(f"cannot use a {parsed.drivername!r} database: sqlite and postgresql only")
    if driver.startswith("sqlite") and parsed.database in {None, "", ":memory:"}:
        raise ValueError("SQLite needs a file: a database in memory cannot be shared by processes")
    return parsed.set(drivername=driver)


def _sqlite_engine(url: URL, pool_size: int) -> AsyncEngine:
    name = url.database or ""
    if not name.startswith("file:"):
        _make_missing(Path(name))
    engine = create_async_engine(
        url,
        hide_parameters=True,
        pool_size=pool_size,
        max_overflow=pool_size,
        connect_args={"timeout": _SQLITE_BUSY_SECONDS},
    )
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def _make_missing(path: Path) -> None:
    # The file contains names and email addresses of customers, so only its owner may read it. SQLite gives
    # its other files the same mode.
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with suppress(OSError):
        # If the file cannot be created, the first connection reports it.
        path.touch(mode=0o600)


def _prepare_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    # The driver sends its own BEGIN too late and never before DDL; `_begin_sqlite` sends it instead.
    connection.isolation_level = None
    cursor = connection.cursor()
    # synchronous=FULL: an invoice number that was given out must survive a power failure.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    is_read_only = connection.get_execution_options().get(_READ_ONLY, False)
    connection.exec_driver_sql("BEGIN" if is_read_only else "BEGIN IMMEDIATE")


def _postgresql_engine(url: URL, pool_size: int) -> AsyncEngine:
    try:
        return create_async_engine(
            url,
            hide_parameters=True,
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_use_lifo=True,
            connect_args={
                "timeout": _POSTGRESQL_CONNECT_SECONDS,
                "command_timeout": _POSTGRESQL_COMMAND_SECONDS,
            },
        )
    except ModuleNotFoundError as missing:
        raise ValueError(
            f"PostgreSQL needs {missing.name}: install perennial[postgres]"
        ) from missing


@asynccontextmanager
async def _translated() -> AsyncGenerator[None]:
    try:
        yield
    except (SQLAlchemyError, OSError, OverflowError) as error:
        raise failure_of(error) from error


def failure_of(error: SQLAlchemyError | OSError | OverflowError) -> PerennialError:
    """Return the domain failure for a database error; its message contains no values of rows."""
    cause = error.orig if isinstance(error, StatementError) else None
    # The messages of the driver and the server quote the value, which may be personal data.
    if isinstance(error, DataError | OverflowError):
        return RejectedError("database: a value does not fit its column")
    message = f"database: {_first_line(cause or error)}"
    for kind, failure in _MEANINGS:
        if isinstance(error, kind):
            return failure(message)
    if isinstance(error, DBAPIError):
        return _failure_of_state(str(getattr(cause, "sqlstate", None) or ""), message)
    return RejectedError(message)


def _failure_of_state(sqlstate: str, message: str) -> PerennialError:
    match sqlstate[:2]:
        case "22":  # data exception: the value will never fit, and the message may quote it
            return RejectedError("database: a value does not fit its column")
        case "23":  # integrity constraint violation
            return ConflictError(message)
        case "28":  # invalid authorization
            return CredentialsError(message)
        case _:
            return UnavailableError(message)


def _first_line(error: BaseException) -> str:
    # PostgreSQL puts the offending values, which may be personal data, on the DETAIL line that follows.
    lines = str(error).splitlines()
    return lines[0] if lines else type(error).__name__
