"""Every kind of server that tests and benchmarks start, until this process is killed: see `test_killed_run.py`.

`python -m tests.scenarios.every_server FOLDER`
"""

import asyncio
import sys
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

from tests.benchmarks.child import output_of
from tests.benchmarks.stage import open_stage
from tests.postgresql import running_server
from tests.scenarios.machine import PROGRAMS, Machine, Up
from tests.unit.connectors.conftest import free_port, start_sandbox
from tests.unit.connectors.test_localstripe import start_localstripe
from tests.workflows.stage import real, time_skipping


async def hold(opened: AbstractAsyncContextManager[Any]) -> None:
    async with opened:
        await asyncio.Event().wait()


async def main(folder: Path) -> None:
    """Start everything; no matter whether it gets ready, it must end from its first moment on."""
    machine, home = Machine(folder), folder / "localstripe"
    home.mkdir()
    start_localstripe(home, free_port())
    start_sandbox(free_port(), free_port(), folder / "sandbox.log")
    with running_server():
        await asyncio.gather(
            *map(machine.start, PROGRAMS),
            Up(folder / "up").start(),
            *map(hold, (real(), time_skipping(), open_stage(print))),
            output_of("http.server", "0", environment={}),
            return_exceptions=True,
        )


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
