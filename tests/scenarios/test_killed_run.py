"""A test run that is killed leaves no server and no other process."""

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from tests import processes

SERVERS = (
    # Temporal: of the SDK, of a machine, of the benchmarks.
    *("--headless", "--db-filename", "perennial-bench-", "temporal-test-server"),
    *("-m sandbox", "-m starters.cli api", "-m starters.cli up", "-m workers"),
    *("postgres -D", "localstripe --from-scratch", "-m http.server"),
)
"""A part of each one's command."""
HANGING = """
import pathlib, time

def test_it():
    pathlib.Path(__file__).with_name("running").touch()
    time.sleep(100)
"""
pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="elsewhere another process is the one to kill"
)
HOOKS = "from tests.conftest import pytest_configure as pytest_configure"


def command_of(process: psutil.Process) -> str:
    """Return its command; nothing if it has ended."""
    with suppress(psutil.Error):
        return " ".join(process.cmdline())
    return ""


@dataclass
class Run:
    """A test run; its folder of temporary files is named by the command or environment of what it starts."""

    folder: Path
    leader: psutil.Process
    seen: dict[psutil.Process, str] = field(default_factory=dict[psutil.Process, str])

    def look(self) -> None:
        """Note what runs now, daemons too."""
        started = set[psutil.Process]()
        with suppress(psutil.NoSuchProcess):
            started.update(self.leader.children(recursive=True))
        started.update(filter(self._is_named, psutil.process_iter()))
        for process in started:
            if command := command_of(process):
                self.seen[process] = command

    def missing(self) -> list[str]:
        """Return the servers that were not seen yet."""
        self.look()
        commands = [each for each in self.seen.values() if "parent_death" not in each]
        return [name for name in SERVERS if not any(name in each for each in commands)]

    def left(self) -> dict[psutil.Process, str]:
        """Return what still runs."""
        self.look()
        return {each: command for each in self.seen if (command := command_of(each))}

    def _is_named(self, process: psutil.Process) -> bool:
        # Others end meanwhile, or belong to other users.
        with suppress(psutil.Error):
            texts = (*process.cmdline(), process.environ().get("TMPDIR", ""))
            return any(str(self.folder) in text for text in texts)
        return False


@contextmanager
def running(folder: Path, *arguments: str) -> Generator[Run]:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")
    }
    leader = processes.start(
        (sys.executable, "-m", *arguments),
        folder / "run.log",
        environment | {"TMPDIR": str(folder)},
    )
    started = Run(folder, psutil.Process(leader.pid))
    try:
        yield started
    finally:
        for process in (started.leader, *started.left()):
            with suppress(psutil.NoSuchProcess):
                process.kill()
        leader.wait()


@pytest.fixture
def folder() -> Generator[Path]:
    # Not below pytest's own folder, which other users may not enter: as root PostgreSQL runs as one.
    made = Path(tempfile.mkdtemp(prefix="perennial-killed-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


def wait_until(is_so: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def test_a_run_that_is_killed_leaves_no_server(folder: Path) -> None:
    with running(folder, "tests.scenarios.every_server", str(folder)) as run:
        assert wait_until(lambda: not run.missing(), 60), (run.missing(), run.seen)

        run.leader.kill()

        wait_until(lambda: not run.left(), 20)
        assert run.left() == {}
        assert [*folder.glob("perennial-postgres-*")] == []


def test_a_test_that_hangs_ends_with_the_process_that_leads_the_run(folder: Path) -> None:
    (folder / "conftest.py").write_text(HOOKS)
    (folder / "test_planted.py").write_text(HANGING)
    options = ("-n", "1", "-p", "no:cacheprovider", "--rootdir", str(folder), str(folder))
    with running(folder, "pytest", "-c", os.devnull, *options) as run:
        assert wait_until((folder / "running").exists, 60), (folder / "run.log").read_text()
        (xdist,) = run.leader.children()

        run.leader.kill()

        # By itself xdist would wait for five seconds before it ends a test.
        assert wait_until(lambda: not command_of(xdist), 4)
