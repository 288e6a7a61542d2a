"""Whether a worker serves a task queue."""

from datetime import UTC, timedelta
from typing import Final

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client

from config.clock import utc_now

_FRESH: Final = timedelta(seconds=70)


async def has_poller(client: Client, queue: str, *, is_workflow: bool) -> bool:
    """Return whether a worker has asked this queue for tasks within the last minute."""
    kind = (
        TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW
        if is_workflow
        else TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY
    )
    description = await client.workflow_service.describe_task_queue(
        DescribeTaskQueueRequest(
            namespace=client.namespace, task_queue=TaskQueue(name=queue), task_queue_type=kind
        )
    )
    return any(
        utc_now() - poller.last_access_time.ToDatetime(UTC) < _FRESH
        for poller in description.pollers
    )
