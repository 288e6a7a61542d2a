"""`python -m workers`: run a worker process."""

import asyncio
import logging
import os

from config.settings import Settings
from workers.main import run

if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    asyncio.run(run(Settings.from_env(os.environ)))
