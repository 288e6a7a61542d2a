"""The worker's process: its activities over real connectors and storage, assembled anew after each death."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime

from typing_extensions import override

from config.settings import Settings
from config.temporal import DATA_CONVERTER
from tests.virtual_temporal.activity_side import ActivitySide, Try
from tests.virtual_temporal.environment import VirtualEnvironment
from tests.virtual_temporal.run import PendingActivity, Run
from workers.assemble import assemble
from workers.registry import INTERCEPTORS, activities_of


class WorkerProcess(ActivitySide):
    """Runs activities as `python -m workers` does; nothing in memory outlives `die`.

    Args:
        settings: Settings of the worker.
        environment: Gives it its Temporal client and its time.
        opened: Closes the connections of every process that there was.
    """

    def __init__(
        self, settings: Settings, environment: VirtualEnvironment, opened: AsyncExitStack
    ) -> None:
        super().__init__({}, INTERCEPTORS, DATA_CONVERTER, is_patient=True)
        self._settings = settings
        self._client = environment.client
        self._clock = environment.server.now
        self._opened = opened
        self._alive: ActivitySide | None = None

    @override
    async def begin(self, run: Run, pending: PendingActivity, now: datetime) -> Try:
        if self._alive is None:
            self._alive = await self._assembled()
        return await self._alive.begin(run, pending, now)

    def die(self) -> None:
        """Forget everything in memory; the next activity finds a fresh process."""
        self._alive = None

    async def _assembled(self) -> ActivitySide:
        activities = await self._opened.enter_async_context(
            assemble(self._settings, self._client, self._clock)
        )
        return ActivitySide(
            activities_of(activities), INTERCEPTORS, DATA_CONVERTER, is_patient=True
        )


@asynccontextmanager
async def employed(
    settings: Settings, environment: VirtualEnvironment
) -> AsyncGenerator[WorkerProcess]:
    """Let a worker's process run the activities of a virtual server for as long as the block lasts."""
    async with AsyncExitStack() as opened:
        worker = WorkerProcess(settings, environment, opened)
        environment.server.employ(worker)
        yield worker
