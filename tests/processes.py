"""Programs that tests start. None outlives the process that started it, however that ends."""

import os
import shlex
import signal
import subprocess
import tempfile
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from local_stack import parent_death

ROOT: Final = Path(__file__).parents[1]
_STOP_SECONDS: Final = 30.0


def start(
    argv: Sequence[str], output: Path, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own, whose output is added to the file.

    Args:
        argv: Command and arguments.
        output: Where it writes.
        environment: All its variables; without it those of this process.
    """
    with output.open("ab") as log:
        return subprocess.Popen(
            parent_death.bound(argv),
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def end(process: subprocess.Popen[bytes]) -> int:
    """End a program in order and return its status."""
    process.terminate()
    try:
        return process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        kill(process)
        return process.wait()


def kill(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL: no goodbye, nothing is finished."""
    # Its session: where the kernel knows no death of a parent, the program is a child of what we started.
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(_STOP_SECONDS)


@contextmanager
def bound_program(program: Path) -> Generator[str]:
    """Yield the path of a program that becomes this one and cannot outlive this process.

    For libraries that start a server by themselves and take only its path.
    """
    with tempfile.TemporaryDirectory(prefix="perennial-bound-") as folder:
        script = Path(folder) / program.name
        script.write_text(
            f'#!/bin/sh\nexec {shlex.join(parent_death.bound([str(program)]))} "$@"\n'
        )
        script.chmod(0o700)
        yield str(script)
