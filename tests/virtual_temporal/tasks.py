"""The server's side of workflow tasks: what a run has not been told yet is told, and its answer is written."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from temporalio.api.enums.v1 import EventType, WorkflowTaskFailedCause
from temporalio.api.failure.v1 import Failure
from temporalio.api.sdk.v1 import WorkflowTaskCompletedMetadata
from temporalio.bridge.proto.workflow_activation import WorkflowActivation, WorkflowActivationJob
from temporalio.bridge.proto.workflow_commands import QueryResult, WorkflowCommand

from tests.virtual_temporal.core import without_unsent
from tests.virtual_temporal.history import duration, timestamp
from tests.virtual_temporal.loop import Loop
from tests.virtual_temporal.points import Observer, Point, PointKind, WorkerDiesError
from tests.virtual_temporal.run import IDENTITY, Run, Task
from tests.virtual_temporal.workflow_side import WorkflowSide, WorkflowTaskFailedError

_TIMEOUT: Final = timedelta(seconds=10)
_LONG: Final = 4096
# Flags of the SDK's core with which it records histories now.
_CORE_FLAGS: Final = (4, 1, 2, 3)

CarryOut = Callable[[Run, int, list[WorkflowCommand]], None]


class WorkflowTasks:
    """Workflow tasks of all runs.

    Args:
        loop: Orders the tasks.
        side: The worker that runs workflow code.
        carry_out: Does what a task commands, given the event id of the completed task.
        observer: Told of each task.
        is_caching: Keep workflow instances between tasks.
    """

    def __init__(
        self,
        loop: Loop,
        side: WorkflowSide,
        carry_out: CarryOut,
        observer: Observer,
        *,
        is_caching: bool,
    ) -> None:
        self._loop = loop
        self._side = side
        self._carry_out = carry_out
        self._observer = observer
        self._is_caching = is_caching

    def tell(self, run: Run, job: WorkflowActivationJob) -> None:
        """Tell the run something with its next workflow task."""
        run.fresh.append(job)
        if not run.is_task_scheduled:
            run.is_task_scheduled = True
            self._loop.soon(lambda: self._perform(run))

    def query(self, run: Run, job: WorkflowActivationJob) -> QueryResult:
        """Return a workflow's answer to a query, which is no event of its history."""
        return self._side.query(run, _activation(run, [job], self._loop))

    async def _perform(self, run: Run) -> None:
        run.is_task_scheduled = False
        if not run.is_open:
            return
        told, run.fresh = run.fresh, []
        try:
            self._take(run, told)
        except WorkflowTaskFailedError as failed:
            self._write_failure(run, failed.failure)
            self._put_back(run, told)
        except WorkerDiesError:
            # Nothing of the task has reached the server, which notices after its timeout.
            self._put_back(run, told)
            raise
        if not self._is_caching or not run.is_open:
            self._side.forget(run.run_id)

    def _take(self, run: Run, told: list[WorkflowActivationJob]) -> None:
        task = self._side.perform(run, _activation(run, told, self._loop))
        names = ", ".join(str(job.WhichOneof("variant")) for job in told)
        self._observer(Point(PointKind.WORKFLOW_TASK, run.workflow_id, names))
        run.failed_tasks = 0
        commands = without_unsent(task)
        refused = _refused(run, commands)
        # A task that only refuses leaves nothing in the history.
        leaves_nothing = len(refused) == len(commands) == len(told)
        completed_id = 0 if leaves_nothing else _write_completion(run, task)
        _strike(task, refused)
        if not leaves_nothing:
            run.tasks.append(task)
        self._carry_out(run, completed_id, commands)

    def _write_failure(self, run: Run, failure: Failure) -> None:
        self._side.forget(run.run_id)
        run.failed_tasks += 1
        if run.failed_tasks > 1:
            return  # later tries of the same task leave no event
        cause = WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE
        run.history.add(
            EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED,
            **_write_start(run),
            cause=cause,
            failure=failure,
            identity=IDENTITY,
        )

    def _put_back(self, run: Run, told: list[WorkflowActivationJob]) -> None:
        run.fresh = told + run.fresh
        run.is_task_scheduled = True
        self._loop.after(_TIMEOUT, lambda: self._loop.soon(lambda: self._perform(run)))


def _activation(run: Run, told: list[WorkflowActivationJob], loop: Loop) -> WorkflowActivation:
    # The events of this task's schedule and start are counted, as a worker sees them.
    length = len(run.history) + 2
    return WorkflowActivation(
        run_id=run.run_id,
        timestamp=timestamp(loop.now()),
        history_length=length,
        history_size_bytes=run.history.size_bytes,
        continue_as_new_suggested=length > _LONG,
        jobs=told,
    )


def _refused(run: Run, commands: list[WorkflowCommand]) -> set[str]:
    """Return the ids of the updates that this task refuses before it accepts them."""
    answers = [command.update_response for command in commands if _is_refusal(command)]
    accepted = {
        command.update_response.protocol_instance_id
        for command in commands
        if command.HasField("update_response") and command.update_response.HasField("accepted")
    }
    return {
        answer.protocol_instance_id
        for answer in answers
        if answer.protocol_instance_id not in accepted
        and not run.updates[answer.protocol_instance_id].is_accepted
    }


def _is_refusal(command: WorkflowCommand) -> bool:
    return command.HasField("update_response") and command.update_response.HasField("rejected")


def _strike(task: Task, refused: set[str]) -> None:
    """Strike refused updates from what a replay is told and must command."""
    for activation in task.activations:
        kept = [job for job in activation.jobs if job.do_update.id not in refused]
        del activation.jobs[:]
        activation.jobs.extend(kept)
    task.commands[:] = [
        [
            command
            for command in commands
            if command.update_response.protocol_instance_id not in refused
        ]
        for commands in task.commands
    ]


def _write_completion(run: Run, task: Task) -> int:
    return run.history.add(
        EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED,
        **_write_start(run),
        identity=IDENTITY,
        sdk_metadata=WorkflowTaskCompletedMetadata(
            core_used_flags=_CORE_FLAGS if not run.tasks else [],
            lang_used_flags=sorted(set(task.flags)),
        ),
    ).event_id


def _write_start(run: Run) -> dict[str, int]:
    queue = run.start.task_queue.name
    scheduled = run.history.add(
        EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED,
        task_queue={"name": queue},
        start_to_close_timeout=duration(_TIMEOUT),
        attempt=1,
    )
    started = run.history.add(
        EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED,
        scheduled_event_id=scheduled.event_id,
        identity=IDENTITY,
        history_size_bytes=run.history.size_bytes,
    )
    return {"scheduled_event_id": scheduled.event_id, "started_event_id": started.event_id}
