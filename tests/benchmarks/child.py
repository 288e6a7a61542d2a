"""Python modules of ours in processes of their own."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import NoReturn

from local_stack import parent_death


class ChildError(Exception):
    """A child process failed; the message holds what it wrote."""


async def output_of(module: str, *arguments: str, environment: Mapping[str, str]) -> str:
    """Return what `python -m module` prints.

    Raises:
        ChildError: It failed.
    """
    process = await asyncio.create_subprocess_exec(
        *parent_death.bound((sys.executable, "-m", module, *arguments)),
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        output, errors = await process.communicate()
    finally:
        if process.returncode is None:
            # Its session: elsewhere than on Linux the module is a child of what we started.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    if process.returncode:
        raise ChildError(f"{module} ended with {process.returncode}:\n{errors.decode()}")
    return output.decode().strip()


def leave(status: int) -> NoReturn:
    """End this process without tearing the interpreter down.

    The threads of Temporal's native library may still want the interpreter's lock while it goes away, which
    ends some runs with a crash (temporalio/sdk-python issue 300).
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
