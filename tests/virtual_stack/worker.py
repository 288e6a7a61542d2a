"""The worker's process: its activities over real connectors and storage, assembled anew after each death."""

from contextlib import AsyncExitStack
from datetime import datetime

from temporalio.client import Client
from typing_extensions import override

from config.settings import Settings
from config.temporal import DATA_CONVERTER
from tests.virtual_temporal.activity_side import ActivitySide, Try
from tests.virtual_temporal.run import PendingActivity, Run
from tests.virtual_temporal.server import VirtualServer
from workers.assemble import assemble
from workers.registry import INTERCEPTORS, activities_of


class WorkerProcess(ActivitySide):
    """Runs activities as `python -m workers` does; nothing in memory outlives `die`.

    Args:
        settings: Settings of the worker.
        client: Its Temporal client.
        server: Gives it its time.
    """

    def __init__(self, settings: Settings, client: Client, server: VirtualServer) -> None:
        super().__init__({}, INTERCEPTORS, DATA_CONVERTER, is_patient=True)
        self._settings = settings
        self._client = client
        self._server = server
        self._opened = AsyncExitStack()
        self._alive: ActivitySide | None = None

    @override
    async def begin(self, run: Run, pending: PendingActivity, now: datetime) -> Try:
        if self._alive is None:
            self._alive = await self._assembled()
        return await self._alive.begin(run, pending, now)

    def die(self) -> None:
        """Forget everything in memory; the next activity finds a fresh process."""
        self._alive = None

    async def aclose(self) -> None:
        """Close the connections of every process that there was."""
        await self._opened.aclose()

    async def _assembled(self) -> ActivitySide:
        activities = await self._opened.enter_async_context(
            assemble(self._settings, self._client, self._server.now)
        )
        return ActivitySide(
            activities_of(activities), INTERCEPTORS, DATA_CONVERTER, is_patient=True
        )
