"""Stacks as real processes: one that a test takes apart piece by piece, and `perennial up` as people run it."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from config.settings import Settings
from config.stack_file import Secrets, Stack
from local_stack import programs, tcp_ports
from local_stack.supervisor import Program
from starters.assemble import migrate_database
from tests import processes

PROGRAMS: Final[Mapping[str, Callable[[Stack], Program]]] = {
    "temporal": programs.temporal_server,
    "sandbox": programs.sandbox,
    "api": programs.api,
    "worker": programs.worker,
}
_READY_SECONDS: Final = 60.0
_STEERING: Final = ("PERENNIAL_", "TEMPORAL_")


def clean_environment() -> dict[str, str]:
    """This process's variables without those that would steer a stack."""
    return {name: value for name, value in os.environ.items() if not name.startswith(_STEERING)}


class Machine:
    """The programs of `perennial up` on free ports, without the supervisor that brings a killed one back.

    Attributes:
        overrides: Variables of our own programs beside those of the stack; read at each start.
    """

    def __init__(self, data: Path, overrides: Mapping[str, str] | None = None) -> None:
        self.stack = Stack(
            pid=os.getpid(), data=data, ports=tcp_ports.free_stack_ports(), secrets=Secrets.new()
        )
        self.overrides = dict(overrides or {})
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def environment(self) -> dict[str, str]:
        """What makes a command part of this stack."""
        return {**programs.environment_of(self.stack), **self.overrides}

    async def start_all(self) -> None:
        self.stack.write()
        programs.write_temporal_profile(self.stack)
        await asyncio.gather(self.start("temporal"), self.start("sandbox"))
        await migrate_database(Settings.from_env(self.environment))
        await asyncio.gather(self.start("api"), self.start("worker"))

    async def start(self, name: str) -> None:
        """Start one program and wait until it says that it is ready."""
        program = PROGRAMS[name](self.stack)
        ours = self.environment if program.environment else {}
        process = _start(program.argv, ours, self._log(name))
        self._running[name] = process
        deadline = time.monotonic() + _READY_SECONDS
        while not await program.is_ready():
            assert process.poll() is None, f"{name} ended: {self.log_of(name)}"
            assert time.monotonic() < deadline, f"{name} is not ready: {self.log_of(name)}"
            await asyncio.sleep(0.05)

    def kill(self, name: str) -> None:
        """SIGKILL: no goodbye, nothing is finished."""
        processes.kill(self._running.pop(name))

    def stop(self, name: str) -> None:
        """SIGTERM, as a deployment does; one that does not run is left alone."""
        process = self._running.pop(name, None)
        if process is not None:
            processes.end(process)

    async def restart(self, name: str, overrides: Mapping[str, str] | None = None) -> None:
        """Stop a program and start it again; from now on with these variables beside the stack's."""
        self.stop(name)
        if overrides is not None:
            self.overrides = dict(overrides)
        await self.start(name)

    def is_running(self, name: str) -> bool:
        """Whether it was started, and has neither been stopped nor ended by itself."""
        process = self._running.get(name)
        return process is not None and process.poll() is None

    def close(self) -> None:
        for name in reversed(PROGRAMS):
            self.stop(name)

    def log_of(self, name: str) -> str:
        """The end of a program's output."""
        return self._log(name).read_text("utf-8", errors="replace")[-3000:]

    def _log(self, name: str) -> Path:
        logs = self.stack.data / "logs"
        logs.mkdir(exist_ok=True)
        return logs / f"{name}.log"


class Up:
    """`perennial up` on one folder, which may be ended and started again."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> Stack:
        """Return its addresses once it serves; they are others after each start."""
        argv = (sys.executable, "-m", "starters.cli", "up", "--ports", "auto", "--data", self._data)
        log = self._data.with_suffix(".log")
        log.unlink(missing_ok=True)
        self._process = _start([str(part) for part in argv], {}, log)
        deadline = time.monotonic() + _READY_SECONDS
        while "Perennial is up" not in (said := log.read_text("utf-8")):
            assert self._process.poll() is None, f"up ended: {said}"
            assert time.monotonic() < deadline, f"up is not ready: {said}"
            await asyncio.sleep(0.05)
        stack = Stack.read(self._data)
        assert stack is not None
        return stack

    def stop(self) -> int | None:
        """Ctrl-C; return its status, None if it did not run."""
        process, self._process = self._process, None
        return None if process is None else processes.end(process)


def _start(
    argv: Sequence[str], environment: Mapping[str, str], log: Path
) -> subprocess.Popen[bytes]:
    values = {**clean_environment(), **environment}
    return processes.start(argv, log, {name: value for name, value in values.items() if value})
