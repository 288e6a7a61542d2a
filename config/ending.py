"""How a process of ours ends that may have used Temporal's native library."""

import logging
import os
import sys
from typing import Final, NoReturn

_NATIVE: Final = "temporalio.bridge.temporal_sdk_bridge"


def leave(code: str | int | None) -> NoReturn:
    """End the process as `sys.exit` would: with this status, or with 1 and these last words on standard error.

    Temporal's native threads may still want the interpreter's lock while the interpreter goes away, and
    one run in fifty then ends with a crash after all is said (temporalio/sdk-python issue 300). Where
    they were started, the process leaves without taking the interpreter down.
    """
    if _NATIVE not in sys.modules:
        sys.exit(code)
    if isinstance(code, str):
        sys.stderr.write(f"{code}\n")
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))
