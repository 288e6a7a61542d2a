"""What the SDK's core does between the server and workflow code: it begins runs, and answers some commands itself."""

import hashlib

from temporalio.api.common.v1 import ActivityType
from temporalio.api.enums.v1 import RetryState
from temporalio.api.failure.v1 import ActivityFailureInfo, CanceledFailureInfo, Failure
from temporalio.bridge.proto.workflow_activation import (
    InitializeWorkflow,
    WorkflowActivation,
    WorkflowActivationJob,
)
from temporalio.bridge.proto.workflow_commands import (
    ActivityCancellationType,
    ScheduleActivity,
    WorkflowCommand,
)

from tests.virtual_temporal.history import timestamp
from tests.virtual_temporal.run import IDENTITY, Run, Task


def initialization(run: Run) -> WorkflowActivationJob:
    """Return the job that begins a run."""
    start = run.start
    return WorkflowActivationJob(
        initialize_workflow=InitializeWorkflow(
            workflow_type=start.workflow_type.name,
            workflow_id=run.workflow_id,
            arguments=start.input.payloads,
            randomness_seed=seed_of(run.run_id),
            headers=start.header.fields,
            identity=IDENTITY,
            continued_from_execution_run_id=run.continued_from,
            first_execution_run_id=run.first_run_id,
            original_execution_run_id=run.run_id,
            attempt=1,
            memo=start.memo,
            search_attributes=start.search_attributes,
            start_time=timestamp(run.started_at),
        )
    )


def seed_of(run_id: str) -> int:
    """Return the seed of the run's random numbers."""
    return int.from_bytes(hashlib.sha256(run_id.encode()).digest()[:8], "big")


def answered_at_once(run: Run, task: Task) -> WorkflowActivation | None:
    """Return what the SDK tells workflow code in the same task: calls that are called off end at once.

    So do those of `TRY_CANCEL`, and those that were never sent because the same task began them.
    """
    last = task.activations[-1]
    following = WorkflowActivation()
    following.CopyFrom(last)
    del following.jobs[:]
    sent = {
        command.schedule_activity.seq: command.schedule_activity
        for commands in task.commands
        for command in commands
        if command.HasField("schedule_activity")
    }
    for command in task.commands[-1]:
        if command.HasField("request_cancel_activity"):
            seq = command.request_cancel_activity.seq
            pending = run.activities.get(seq)
            activity = sent.get(seq) or (pending.command if pending else None)
            waits = ActivityCancellationType.WAIT_CANCELLATION_COMPLETED
            if activity and (seq in sent or activity.cancellation_type != waits):
                following.jobs.append(cancelled(activity, pending.event_id if pending else 0))
    return following if following.jobs else None


def cancelled(activity: ScheduleActivity, event_id: int) -> WorkflowActivationJob:
    """Return the job that tells of an activity that ended by being called off."""
    job = WorkflowActivationJob()
    job.resolve_activity.seq = activity.seq
    job.resolve_activity.result.cancelled.failure.CopyFrom(
        as_activity_failure(
            activity,
            event_id,
            Failure(message="Activity cancelled", canceled_failure_info=CanceledFailureInfo()),
            RetryState.RETRY_STATE_CANCEL_REQUESTED,
        )
    )
    return job


def as_activity_failure(
    activity: ScheduleActivity, event_id: int, cause: Failure, retry_state: RetryState.ValueType
) -> Failure:
    """Return the failure with which an activity ends, around its cause."""
    return Failure(
        message="Activity task failed",
        cause=cause,
        activity_failure_info=ActivityFailureInfo(
            activity_id=activity.activity_id,
            activity_type=ActivityType(name=activity.activity_type),
            scheduled_event_id=event_id,
            identity=IDENTITY,
            retry_state=retry_state,
        ),
    )


def without_unsent(task: Task) -> list[WorkflowCommand]:
    """Return the commands that reach the server: what one task begins and ends again does not."""
    commands = [command for commands in task.commands for command in commands]
    begun = {_begins(command) for command in commands} - {None}
    ended = {_ends(command) for command in commands} & begun
    return [
        command
        for command in commands
        if _begins(command) not in ended and _ends(command) not in ended
    ]


def _begins(command: WorkflowCommand) -> tuple[str, int] | None:
    if command.HasField("start_timer"):
        return ("timer", command.start_timer.seq)
    if command.HasField("schedule_activity"):
        return ("activity", command.schedule_activity.seq)
    return None


def _ends(command: WorkflowCommand) -> tuple[str, int] | None:
    if command.HasField("cancel_timer"):
        return ("timer", command.cancel_timer.seq)
    if command.HasField("request_cancel_activity"):
        return ("activity", command.request_cancel_activity.seq)
    return None
