"""A worker process: one worker per task queue, so that a slow vendor never delays an unlock."""

import asyncio
import logging
import os
import signal
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Final

from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.worker import (
    PollerBehaviorAutoscaling,
    Worker,
    WorkerDeploymentConfig,
)

from config.settings import Settings
from config.telemetry import start_tracing, tracing_interceptors
from config.temporal import connect, workflow_runner
from workers.assemble import assemble
from workers.registry import INTERCEPTORS, WORKFLOWS, WorkerActivities, activities_of
from workflows.contract import queues

DEPLOYMENT: Final = "perennial"

# Longer than a vendor call takes, and shorter than the 30 seconds that an orchestrator usually waits.
GRACE: Final = timedelta(seconds=20)
MOST_CACHED_WORKFLOWS: Final = 2000

_LOG = logging.getLogger(__name__)


def build_workers(
    client: Client, activities: WorkerActivities, settings: Settings, *, build_id: str
) -> list[Worker]:
    """Return the workers of all queues, ready to run.

    Args:
        client: Connected client.
        activities: The activities of all queues.
        settings: Rates of the vendor queues.
        build_id: Identifies the running code on Temporal's deployment pages.
    """
    # Set even without versioning: otherwise the SDK hashes every loaded module to make up a build id.
    deployment = WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(deployment_name=DEPLOYMENT, build_id=build_id),
        use_worker_versioning=False,
        default_versioning_behavior=VersioningBehavior.UNSPECIFIED,
    )
    per_second = {
        queues.ERP: settings.erp_per_second,
        queues.CRM: settings.crm_per_second,
        queues.EMAIL: settings.email_per_second,
    }
    return [
        Worker(
            client,
            task_queue=queue,
            workflows=WORKFLOWS if queue == queues.MAIN else [],
            activities=of_queue,
            interceptors=INTERCEPTORS,
            workflow_runner=workflow_runner(),
            deployment_config=deployment,
            max_cached_workflows=MOST_CACHED_WORKFLOWS if queue == queues.MAIN else 0,
            workflow_task_poller_behavior=PollerBehaviorAutoscaling(),
            activity_task_poller_behavior=PollerBehaviorAutoscaling(),
            max_task_queue_activities_per_second=per_second.get(queue),
            graceful_shutdown_timeout=GRACE,
        )
        for queue, of_queue in activities_of(activities).items()
    ]


@asynccontextmanager
async def running(workers: Sequence[Worker]) -> AsyncGenerator[Sequence[asyncio.Task[None]]]:
    """Run the workers; on exit, let activities finish and stop all workers at once.

    Yields one task per worker. A task ends before the exit only if its worker cannot continue.

    Raises:
        Exception: The error that stopped a worker; raised on exit.
    """
    async with AsyncExitStack() as stack:
        tasks = [asyncio.create_task(worker.run()) for worker in workers]

        async def stop() -> None:
            await asyncio.gather(*(worker.shutdown() for worker in workers))
            await asyncio.gather(*tasks)

        stack.push_async_callback(stop)
        yield tasks


async def until_over(stopped: asyncio.Event, tasks: Sequence[asyncio.Task[None]]) -> None:
    """Return when the process must stop, or when a worker has stopped by itself.

    A process that has lost a worker must end, so that its orchestrator starts a complete one. Otherwise the
    orchestrator would not notice that one of the queues is no longer served.
    """
    for task in tasks:
        task.add_done_callback(lambda _: stopped.set())
    await stopped.wait()


async def run(settings: Settings) -> None:
    """Run a worker process until it receives SIGTERM or SIGINT (Ctrl-C)."""
    stop_tracing = None
    if settings.otlp_endpoint is not None:
        stop_tracing = start_tracing(settings.otlp_endpoint, "perennial-worker")
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    client = await connect(interceptors=tracing_interceptors(settings.otlp_endpoint))
    build_id = os.environ.get("PERENNIAL_BUILD_ID", "development")
    async with assemble(settings, client) as activities:
        workers = build_workers(client, activities, settings, build_id=build_id)
        async with running(workers) as tasks:
            _LOG.info("worker ready on %s", ", ".join(queues.ALL))
            await until_over(stopped, tasks)
            _LOG.info("worker stopping, at most %s", GRACE)
    if stop_tracing is not None:
        stop_tracing()
