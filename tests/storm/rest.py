"""Waits until nothing is under way on a real Temporal server, and returns what every workflow is."""

import asyncio
import time
from typing import Any, Final

from temporalio.client import Client, WorkflowExecutionDescription, WorkflowExecutionStatus

from tests.checker.facts import WorkflowFact
from workflows.contract import messages
from workflows.contract.search_attributes import ATTENTION

_PATIENCE_SECONDS: Final = 240.0
_POLL_SECONDS: Final = 1.0
_CALM_LOOKS: Final = 3


async def until_at_rest(temporal: Client) -> list[WorkflowFact]:
    """Return a fact for each workflow once only subscriptions run, and none of them does anything, or in minutes."""
    await _resume(temporal)
    deadline, calm = time.monotonic() + _PATIENCE_SECONDS, 0
    while True:
        busy = await _busy(temporal)
        calm = 0 if busy else calm + 1
        if calm == _CALM_LOOKS:
            return await _facts(temporal)
        if time.monotonic() > deadline:
            # The checker calls it by its name too.
            print(f"still under way: {', '.join(busy)}", flush=True)
            return await _facts(temporal)
        await asyncio.sleep(_POLL_SECONDS)


async def _resume(temporal: Client) -> None:
    """Do what an operator does when a vendor is mended that refused something for good."""
    async for found in temporal.list_workflows(
        f"ExecutionStatus = 'Running' AND {ATTENTION.name} = true"
    ):
        handle: Any = temporal.get_workflow_handle(found.id)
        await handle.execute_update(messages.RESUME)


async def _busy(temporal: Client) -> list[str]:
    busy: list[str] = []
    async for found in temporal.list_workflows("ExecutionStatus = 'Running'"):
        if found.id.startswith("subscription/"):
            described = await temporal.get_workflow_handle(found.id).describe()
            if not described.raw_description.pending_activities:
                continue
        busy.append(found.id)
    return busy


async def _facts(temporal: Client) -> list[WorkflowFact]:
    latest: dict[str, WorkflowFact] = {}
    async for found in temporal.list_workflows():
        if found.id not in latest:
            described = await temporal.get_workflow_handle(found.id).describe()
            latest[found.id] = _fact(described)
    return list(latest.values())


def _fact(found: WorkflowExecutionDescription) -> WorkflowFact:
    pending = found.raw_description.pending_activities
    task = found.raw_description.pending_workflow_task
    return WorkflowFact(
        workflow_id=found.id,
        is_open=found.status is WorkflowExecutionStatus.RUNNING,
        is_completed=found.status is WorkflowExecutionStatus.COMPLETED,
        is_stuck=any(each.attempt > 1 for each in pending) or task.attempt > 1,
        needs_attention=bool(found.typed_search_attributes.get(ATTENTION)),
    )
