"""Ends a process that may have used Temporal's native library."""

import logging
import os
import sys
from typing import Final, NoReturn

_NATIVE: Final = "temporalio.bridge.temporal_sdk_bridge"


def leave(code: str | int | None) -> NoReturn:
    """End the process as `sys.exit` does: with this status, or with 1 and this text on standard error.

    Temporal's native threads may still request the interpreter's lock while the interpreter shuts down.
    About one run in fifty then crashes after its work is done (temporalio/sdk-python issue 300). If the
    native library is loaded, the process therefore ends without shutting the interpreter down.
    """
    if _NATIVE not in sys.modules:
        sys.exit(code)
    if isinstance(code, str):
        sys.stderr.write(f"{code}\n")
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))
