"""Heartbeats for every activity whose options ask for them, so that a dead worker is noticed in seconds."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Final

from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor
from typing_extensions import override

_HEARTBEATS_PER_TIMEOUT: Final = 3


class HeartbeatInterceptor(Interceptor):
    """Worker interceptor that sends heartbeats while an activity runs.

    The response to a heartbeat also reports that the workflow has withdrawn the activity. A call that is
    under way still finishes, because stopping it would leave its outcome unknown.
    """

    @override
    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Return the next interceptor wrapped."""
        return _HeartbeatSender(next)


class _HeartbeatSender(ActivityInboundInterceptor):
    @override
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        limit = activity.info().heartbeat_timeout
        if limit is None:
            return await super().execute_activity(input)
        work = asyncio.ensure_future(super().execute_activity(input))
        async with _sending_heartbeats(limit / _HEARTBEATS_PER_TIMEOUT):
            while True:
                try:
                    return await asyncio.shield(work)
                except asyncio.CancelledError:
                    if work.done() or not _is_withdrawn():
                        work.cancel()
                        raise


def _is_withdrawn() -> bool:
    """Whether the workflow asked for the cancellation; otherwise the worker stops or has lost the task."""
    details = activity.cancellation_details()
    return details is not None and details.cancel_requested


@asynccontextmanager
async def _sending_heartbeats(every: timedelta) -> AsyncGenerator[None]:
    async def send() -> None:
        # The first one is not due at once: most calls end before it, and each heartbeat is a call of the server.
        while True:
            await asyncio.sleep(every.total_seconds())
            activity.heartbeat()

    heartbeats = asyncio.create_task(send())
    try:
        yield
    finally:
        heartbeats.cancel()
