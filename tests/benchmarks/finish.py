"""A finish line: the driver waits for a key, an in-memory activity crosses it and the clock stops."""

import asyncio
import time


class FinishLine:
    """Instants (`time.perf_counter`) at which keys were crossed, in this process."""

    def __init__(self) -> None:
        self._crossings: dict[str, asyncio.Future[float]] = {}

    def cross(self, key: str) -> None:
        """Stop the clock of the key; only the first time counts."""
        crossing = self._crossing(key)
        if not crossing.done():
            crossing.set_result(time.perf_counter())

    async def wait(self, key: str, seconds: float = 60.0) -> float:
        """Return when the key was crossed.

        Raises:
            TimeoutError: It was not crossed in time.
        """
        async with asyncio.timeout(seconds):
            return await asyncio.shield(self._crossing(key))

    def _crossing(self, key: str) -> asyncio.Future[float]:
        if key not in self._crossings:
            self._crossings[key] = asyncio.get_running_loop().create_future()
        return self._crossings[key]
