"""Supervision of child processes, with tiny ones in the place of servers."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from config.stack_file import Ports, Secrets, Stack, with_stack
from local_stack import tcp_ports
from local_stack.supervisor import Program, StartError, Supervisor
from local_stack.up import AlreadyRunningError, PortBusyError, _locked, require_free

SLEEPER = (sys.executable, "-S", "-c", "import time; time.sleep(60)")
DEAF = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"
STUBBORN = (
    *(sys.executable, "-S", "-c"),
    f"import signal, time; {DEAF}; print('up', flush=True); time.sleep(60)",
)


async def eventually(is_so: Callable[[], bool], seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not is_so():  # noqa: ASYNC110 - other processes set no event
            await asyncio.sleep(0.02)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
async def supervisor(tmp_path: Path, said: list[str]) -> AsyncGenerator[Supervisor]:
    async with Supervisor(tmp_path / "logs", said.append, first_pause=0.01) as opened:
        yield opened


def alive(pid: int) -> bool:
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


async def test_what_was_started_is_stopped(supervisor: Supervisor) -> None:
    await supervisor.start(Program(name="one", argv=SLEEPER), Program(name="two", argv=SLEEPER))
    pids = list(supervisor.pids.values())
    assert all(map(alive, pids))

    await supervisor.stop()

    assert len(pids) == 2
    assert not any(map(alive, pids))


async def test_a_crashed_process_is_started_again_and_said(
    supervisor: Supervisor, said: list[str]
) -> None:
    await supervisor.start(Program(name="one", argv=SLEEPER))
    first = supervisor.pids["one"]

    os.kill(first, signal.SIGKILL)
    await eventually(lambda: supervisor.pids.get("one", first) != first and len(said) == 2)

    assert said[0].startswith("one ended (SIGKILL), starting it again")
    assert said[1] == "one is back"


async def test_a_process_that_ends_at_once_is_told_with_its_log(supervisor: Supervisor) -> None:
    argv = (sys.executable, "-S", "-c", "print('no such table'); raise SystemExit(3)")

    async def never() -> bool:
        return False

    with pytest.raises(StartError, match=r"(?s)one ended with status 3.*no such table"):
        await supervisor.start(Program(name="one", argv=argv, is_ready=never))


async def test_a_process_that_is_never_ready_is_told(supervisor: Supervisor) -> None:
    async def never() -> bool:
        return False

    with pytest.raises(StartError, match="one did not become ready within"):
        await supervisor.start(Program(name="one", argv=SLEEPER, is_ready=never, start_seconds=0.2))


async def test_a_process_that_does_not_listen_is_killed(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    program = Program(
        name="stubborn",
        argv=STUBBORN,
        is_ready=_says_up(tmp_path / "logs" / "stubborn.log"),
        stop_seconds=0.2,
    )
    await supervisor.start(program)
    pid = supervisor.pids["stubborn"]

    await supervisor.stop()

    assert not alive(pid)


def _says_up(log: Path) -> Callable[[], Awaitable[bool]]:
    def has_said_up() -> bool:
        return log.exists() and "up" in log.read_text("utf-8")

    async def says() -> bool:
        return has_said_up()

    return says


async def test_a_child_does_not_outlive_a_killed_parent(tmp_path: Path) -> None:
    script = f"""
import asyncio, pathlib
from local_stack.supervisor import Program, Supervisor
async def main():
    async with Supervisor(pathlib.Path({str(tmp_path)!r}), print) as supervisor:
        await supervisor.start(Program(name="one", argv={SLEEPER!r}))
        print(supervisor.pids["one"], flush=True)
        await asyncio.sleep(60)
asyncio.run(main())
"""
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, stdout=subprocess.PIPE
    )
    assert parent.stdout is not None
    child = int(await parent.stdout.readline())
    # It asks the kernel, then becomes the command.
    await eventually(
        lambda: not any("parent_death" in part for part in psutil.Process(child).cmdline())
    )

    parent.kill()
    await parent.communicate()

    await eventually(lambda: not alive(child))


async def test_children_get_their_environment_and_lose_what_is_empty(
    supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEMPORAL_API_KEY", "of the user")
    code = "import os, time; print([os.environ.get('A'), os.environ.get('TEMPORAL_API_KEY')], flush=True); time.sleep(60)"
    log = supervisor.log_of("one")
    await supervisor.start(
        Program(
            name="one",
            argv=(sys.executable, "-S", "-c", code),
            environment={"A": "1", "TEMPORAL_API_KEY": ""},
        )
    )

    await eventually(lambda: log.read_text() == "['1', None]\n")


async def test_a_busy_port_is_named_with_its_holder_and_the_way_out() -> None:
    server = await asyncio.start_server(lambda _r, _w: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    ports = tcp_ports.free_stack_ports().model_copy(update={"api": port})

    with pytest.raises(PortBusyError) as caught:
        await require_free(ports)
    server.close()
    await server.wait_closed()

    message = str(caught.value)
    assert f"port {port} (API) is taken by process {os.getpid()} (" in message
    assert "--port-offset" in message
    assert "--ports auto" in message
    await require_free(ports)


def test_free_ports_are_different_and_free() -> None:
    ports = tcp_ports.free_stack_ports().model_dump().values()

    assert len(set(ports)) == 5
    assert all(map(tcp_ports.is_free, ports))


def test_an_offset_moves_every_port() -> None:
    assert Ports.shifted(100) == Ports(
        temporal=7333, web_ui=8333, api=8180, sandbox=8190, smtp=8125
    )


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    return Stack(pid=4711, data=tmp_path, ports=Ports(), secrets=Secrets.new())


def test_a_second_stack_in_the_same_folder_is_told_who_runs_the_first(stack: Stack) -> None:
    stack.write()

    with (
        _locked(stack.data),
        pytest.raises(AlreadyRunningError, match="process 4711 already runs the stack"),
        _locked(stack.data),
    ):
        pass
    with _locked(stack.data):
        pass


def test_the_stack_s_file_is_for_its_owner_only_and_reads_back(stack: Stack) -> None:
    stack.write()
    stack.write()

    assert (stack.data / "stack.json").stat().st_mode & 0o777 == 0o600
    assert Stack.read(stack.data) == stack


def test_a_broken_stack_file_is_no_stack(tmp_path: Path) -> None:
    (tmp_path / "stack.json").write_text("{")

    assert Stack.read(tmp_path) is None


def test_the_environment_wins_over_the_stack(stack: Stack) -> None:
    stack.write()
    given = {"PERENNIAL_DATA": str(stack.data), "PERENNIAL_API_PORT": "1"}

    completed = with_stack(given)

    assert completed["PERENNIAL_API_PORT"] == "1"
    assert completed["PERENNIAL_API_KEY"] == stack.secrets.api_key


def test_two_stacks_share_no_secret() -> None:
    first, second = Secrets.new(), Secrets.new()

    assert not set(first.model_dump().values()) & set(second.model_dump().values())
