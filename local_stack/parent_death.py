"""Runs a command that cannot outlive its parent: `python parent_death.py PARENT_PID COMMAND ...`.

Imports nothing of ours and starts in a few milliseconds. On Linux the kernel sends SIGTERM to the command
when the parent dies, even by SIGKILL. Elsewhere this process stays, watches its parent and passes
signals on.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from types import FrameType
from typing import Final

PR_SET_PDEATHSIG: Final = 1
_POLL_SECONDS: Final = 0.5


def bound(argv: Sequence[str]) -> tuple[str, ...]:
    """Return the command that runs `argv` and cannot outlive this process.

    It must be started by a thread that lives as long as the process: to Linux, the thread is the parent.
    """
    # No site packages: it must start fast and needs none.
    return (sys.executable, "-I", "-S", __file__, str(os.getpid()), *argv)


def signal_when_parent_ends(number: signal.Signals) -> bool:
    """Let the kernel send this process the signal when its parent ends; return whether it can."""
    if not sys.platform.startswith("linux"):
        return False
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, number)
    return True


def main(argv: Sequence[str]) -> int:
    """Run the command; on Linux this process becomes it."""
    parent, command = int(argv[0]), list(argv[1:])
    if not signal_when_parent_ends(signal.SIGTERM):
        return _watch(parent, command)
    if os.getppid() != parent:
        # The parent died before the kernel was asked.
        return 1
    return os.execvp(command[0], command)  # noqa: S606 - the whole point


def _watch(parent: int, command: list[str]) -> int:
    child = subprocess.Popen(command)  # noqa: S603 - given by our own supervisor

    def pass_on(number: int, _: FrameType | None) -> None:
        child.send_signal(number)

    signal.signal(signal.SIGTERM, pass_on)
    signal.signal(signal.SIGINT, pass_on)
    while child.poll() is None:
        if os.getppid() != parent:
            child.terminate()
            return child.wait()
        time.sleep(_POLL_SECONDS)
    return child.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
