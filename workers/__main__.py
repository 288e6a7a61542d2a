"""`python -m workers`: run a worker process."""

import asyncio
import os
import traceback

from config.ending import leave
from config.logs import start_logging
from config.settings import Settings
from config.temporal import TemporalUnreachableError
from workers.main import run

if __name__ == "__main__":
    start_logging()
    try:
        asyncio.run(run(Settings.from_env(os.environ)))
    except TemporalUnreachableError as error:
        leave(f"error: {error}")
    except Exception:  # noqa: BLE001 - printed as usual, but the interpreter must not shut down (see `leave`)
        traceback.print_exc()
        leave(1)
    leave(0)
