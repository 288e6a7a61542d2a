"""Child processes as one: started in order, checked, restarted after a crash, stopped in reverse order."""

import asyncio
import os
import signal
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from config.stack_file import StackError
from local_stack import parent_death

Say = Callable[[str], None]
_POLL_SECONDS: Final = 0.1
_LOG_LINES_SHOWN: Final = 15
_LARGEST_LOG: Final = 10 * 1024 * 1024
_LONGEST_PAUSE: Final = 10.0


class StartError(StackError):
    """A process did not become ready; the message says why and where its log is."""


async def _always() -> bool:
    return True


@dataclass(frozen=True, kw_only=True, slots=True)
class Program:
    """One child process.

    Attributes:
        name: Short name, also of its log file.
        argv: Command and arguments.
        environment: Variables next to those of this process; an empty value removes one.
        is_ready: Asked again and again until it is true.
        start_seconds: How long it may take to become ready.
        stop_seconds: How long it may take to stop before it is killed.
    """

    name: str
    argv: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    is_ready: Callable[[], Awaitable[bool]] = _always
    start_seconds: float = 60.0
    stop_seconds: float = 25.0


@dataclass(slots=True)
class _Running:
    program: Program
    process: asyncio.subprocess.Process
    watch: asyncio.Task[None] | None = None
    restarts: int = 0


class Supervisor:
    """Owns the child processes; use it as `async with`, so that none is left behind."""

    def __init__(self, logs: Path, say: Say, *, first_pause: float = 0.5) -> None:
        self._logs = logs
        self._say = say
        self._first_pause = first_pause
        self._running: dict[str, _Running] = {}
        self._is_stopping = False

    async def __aenter__(self) -> Self:
        self._logs.mkdir(parents=True, exist_ok=True)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def pids(self) -> Mapping[str, int]:
        """Process ids by name, of those that run."""
        return {
            name: running.process.pid
            for name, running in self._running.items()
            if running.process.returncode is None
        }

    def log_of(self, name: str) -> Path:
        """Return where a program's output goes."""
        return self._logs / f"{name}.log"

    async def start(self, *programs: Program) -> None:
        """Start the programs together and return when all are ready.

        Raises:
            StartError: One ended or took too long.
        """
        for program in programs:
            self._running[program.name] = _Running(program, await self._spawn(program))
        results = await asyncio.gather(*map(self._await_ready, programs), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        for program in programs:
            running = self._running[program.name]
            running.watch = asyncio.create_task(self._keep(running))

    async def stop(self) -> None:
        """Stop everything, the last started first; what does not listen is killed."""
        self._is_stopping = True
        for running in reversed(self._running.values()):
            if running.watch is not None:
                running.watch.cancel()
                with suppress(asyncio.CancelledError):
                    await running.watch
            await _stop(running.process, running.program.stop_seconds)
        self._running.clear()

    async def _spawn(self, program: Program) -> asyncio.subprocess.Process:
        log = self.log_of(program.name)
        _make_room(log)
        environment = {**os.environ, **program.environment}
        with log.open("ab") as output:
            return await asyncio.create_subprocess_exec(
                *parent_death.bound(program.argv),
                env={name: value for name, value in environment.items() if value},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
                # Ctrl-C reaches us only; we stop the others in order.
                start_new_session=True,
            )

    async def _await_ready(self, program: Program) -> None:
        process = self._running[program.name].process
        with suppress(TimeoutError):
            async with asyncio.timeout(program.start_seconds):
                while process.returncode is None:
                    if await program.is_ready():
                        return
                    await asyncio.sleep(_POLL_SECONDS)
        ending = (
            f"did not become ready within {program.start_seconds:g} s"
            if process.returncode is None
            else f"ended with status {process.returncode}"
        )
        log = self.log_of(program.name)
        raise StartError(f"{program.name} {ending}. Its log, {log}, ends:\n{_tail(log)}")

    async def _keep(self, running: _Running) -> None:
        name = running.program.name
        while True:
            status = await running.process.wait()
            if self._is_stopping:
                return
            pause = min(self._first_pause * 2**running.restarts, _LONGEST_PAUSE)
            running.restarts += 1
            self._say(
                f"{name} ended ({_in_words(status)}), starting it again; see {self.log_of(name)}"
            )
            await asyncio.sleep(pause)
            running.process = await self._spawn(running.program)
            with suppress(StartError):
                await self._await_ready(running.program)
                running.restarts = 0
                self._say(f"{name} is back")


async def _stop(process: asyncio.subprocess.Process, seconds: float) -> None:
    if process.returncode is not None:
        return
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(seconds):
            await process.wait()
    except TimeoutError:
        with suppress(ProcessLookupError):
            # Its session: children of its own must not stay behind either.
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def _make_room(log: Path) -> None:
    if log.exists() and log.stat().st_size > _LARGEST_LOG:
        log.replace(log.with_suffix(".log.1"))


def _tail(log: Path) -> str:
    with log.open("r", encoding="utf-8", errors="replace") as lines:
        return "".join(f"  {line}" for line in deque(lines, maxlen=_LOG_LINES_SHOWN))


def _in_words(status: int) -> str:
    return f"status {status}" if status >= 0 else signal.Signals(-status).name
