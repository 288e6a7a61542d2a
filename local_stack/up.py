"""The local stack: every part is started in order, watched, and stopped in reverse order."""

import asyncio
import fcntl
import os
import signal
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from config.settings import Settings
from config.stack_file import Ports, Secrets, Stack, StackError
from local_stack import programs, tcp_ports
from local_stack.supervisor import Say, Supervisor
from starters.assemble import migrate_database

_PORT_PATIENCE_SECONDS: Final = 5.0
_POLL_SECONDS: Final = 0.2
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_TITLES: Final = {
    "temporal": "Temporal",
    "web_ui": "Temporal Web UI",
    "api": "API",
    "sandbox": "sandbox",
    "smtp": "sandbox mailbox",
}


class PortBusyError(StackError):
    """A port is taken; the message says which, by whom, and how to use others."""


class AlreadyRunningError(StackError):
    """Another `up` uses the same data folder."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RunningStack:
    """A stack that is up.

    Attributes:
        supervisor: Owns its processes; `pids` names them.
    """

    stack: Stack
    supervisor: Supervisor


@asynccontextmanager
async def running_stack(data: Path, ports: Ports, say: Say) -> AsyncGenerator[RunningStack]:
    """Start the stack and yield it when every part is ready; stop it at the end.

    Args:
        data: Folder of all its state; running subscriptions go on from there.
        ports: Where its parts listen.
        say: Called with what happens, one line at a time.

    Raises:
        AlreadyRunningError: The folder is in use by another stack.
        PortBusyError: A port is taken.
        local_stack.supervisor.StartError: A part did not become ready.
    """
    with _locked(data) as folder:
        before = Stack.read(folder)
        await require_free(ports, patience=_PORT_PATIENCE_SECONDS if before else 0.0)
        stack = Stack(
            pid=os.getpid(),
            data=folder,
            ports=ports,
            secrets=Secrets.new() if before is None else before.secrets,
        )
        stack.write()
        programs.write_temporal_profile(stack)
        try:
            async with Supervisor(folder / "logs", say) as supervisor:
                await _start_all(stack, supervisor, say)
                try:
                    yield RunningStack(stack=stack, supervisor=supervisor)
                finally:
                    say("stopping")
        finally:
            say(f"stopped; everything is kept in {folder}")


def stop_on_signals() -> None:
    """Cancel the current task at the first Ctrl-C, SIGTERM or SIGHUP, so that everything closes in order."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def stop() -> None:
        for number in _SIGNALS:
            # A second Ctrl-C must not interrupt the clean end.
            loop.add_signal_handler(number, lambda: None)
        if task is not None:
            task.cancel()

    for number in _SIGNALS:
        loop.add_signal_handler(number, stop)


async def require_free(ports: Ports, *, patience: float = 0.0) -> None:
    """Check that every port is free.

    Args:
        ports: Where we want to listen.
        patience: Seconds to wait for processes of a former stack that are still ending.

    Raises:
        PortBusyError: One stays taken.
    """
    deadline = asyncio.get_running_loop().time() + patience
    while taken := _taken(ports):
        if asyncio.get_running_loop().time() >= deadline:
            raise PortBusyError(_complaint(taken))
        await asyncio.sleep(_POLL_SECONDS)


def _taken(ports: Ports) -> dict[str, int]:
    return {name: port for name, port in ports.model_dump().items() if not tcp_ports.is_free(port)}


def _complaint(taken: dict[str, int]) -> str:
    lines = [
        f"port {port} ({_TITLES[name]}) is taken by "
        f"{tcp_ports.holder_of(port) or 'another process'}"
        for name, port in taken.items()
    ]
    advice = "stop it, or use other ports: --port-offset 100, or --ports auto"
    return "\n".join([*lines, advice])


async def _start_all(stack: Stack, supervisor: Supervisor, say: Say) -> None:
    say("starting Temporal and the sandbox")
    await supervisor.start(programs.temporal_server(stack), programs.sandbox(stack))
    say("bringing the database up to date")
    await migrate_database(Settings.from_env(stack.environment))
    say("starting the API and a worker")
    await supervisor.start(programs.api(stack), programs.worker(stack))


@contextmanager
def _locked(data: Path) -> Generator[Path]:
    data = data.absolute()
    # It holds names and email addresses of customers.
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (data / "up.lock").open("a") as lock:
        try:
            # Freed by the kernel however this process ends.
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            other = Stack.read(data)
            who = "another process" if other is None else f"process {other.pid}"
            raise AlreadyRunningError(
                f"{who} already runs the stack in {data}: use it, stop it with Ctrl-C in its shell, "
                "or start another one with --data DIR --ports auto"
            ) from None
        yield data
