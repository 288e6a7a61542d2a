"""`python -m workers`: run a worker process."""

import asyncio
import os
import sys

from config.logs import start_logging
from config.settings import Settings
from config.temporal import TemporalUnreachableError
from workers.main import run

if __name__ == "__main__":
    start_logging()
    try:
        asyncio.run(run(Settings.from_env(os.environ)))
    except TemporalUnreachableError as error:
        sys.exit(f"error: {error}")
