"""Exchanges with outside systems go on to their end, also when no one waits for them any more."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

# The event loop alone does not keep a task alive.
_UNDER_WAY: set[asyncio.Task[Any]] = set()


async def to_its_end(work: Coroutine[Any, Any, T]) -> T:
    """Return the result of the work; if the caller is cancelled, the work goes on by its own limits.

    An exchange that is cancelled inside httpx may keep its place in the connection pool for ever: httpcore
    guards its closing against anyio's cancellation, not against asyncio's. When all places are lost, no call
    of that system succeeds until the process is restarted. A call whose limit has passed may also still have
    its effect, and every call here can be repeated.
    """
    task = asyncio.create_task(work)
    _UNDER_WAY.add(task)
    task.add_done_callback(_forget)
    return await asyncio.shield(task)


def _forget(task: asyncio.Task[Any]) -> None:
    _UNDER_WAY.discard(task)
    if not task.cancelled():
        # Asked for, so that a failure that no one waits for is not reported as lost.
        task.exception()
