"""Ends a PostgreSQL server whose starter was killed: `python postgresql_guard.py DATA_FOLDER`.

The server is a daemon, so its starter's death does not reach it. Standard input is a pipe that only the
starter holds open, and the kernel closes it however the starter ends. After an orderly end nothing is left
to do.
"""

import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

import psutil

_PATIENCE_SECONDS: Final = 5.0
_POLL_SECONDS: Final = 0.05


def main(data: str) -> None:
    """Wait for the end of the starter, then remove what is left of the server and its data."""
    sys.stdin.read()
    patience = time.monotonic() + _PATIENCE_SECONDS
    # Again and again: what prepares the folder may just be starting the next program.
    while found := list(_using(data)):
        # An immediate shutdown, which gives its shared memory back.
        number = signal.SIGQUIT if time.monotonic() < patience else signal.SIGKILL
        for process in found:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)
        time.sleep(_POLL_SECONDS)
    shutil.rmtree(data, ignore_errors=True)


def _using(data: str) -> Iterator[psutil.Process]:
    """Yield the processes that name the folder in their command."""
    for process in psutil.process_iter(["cmdline"]):
        # A process that has ended has no command any more.
        command: list[str] = process.info["cmdline"] or []
        if process.pid != os.getpid() and any(data in part for part in command):
            yield process


if __name__ == "__main__":
    main(sys.argv[1])
