"""The worker's side of workflow tasks: instances of workflow code, kept in a cache or built anew by a replay."""

import hashlib
import warnings
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC
from typing import Final

from temporalio import workflow
from temporalio.api.common.v1 import ActivityType, Payloads
from temporalio.api.enums.v1 import RetryState
from temporalio.api.failure.v1 import ActivityFailureInfo, CanceledFailureInfo, Failure
from temporalio.bridge.proto.workflow_activation import (
    InitializeWorkflow,
    RemoveFromCache,
    WorkflowActivation,
    WorkflowActivationJob,
)
from temporalio.bridge.proto.workflow_commands import (
    ActivityCancellationType,
    QueryResult,
    ScheduleActivity,
    WorkflowCommand,
)
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.common import Priority
from temporalio.converter import (
    DataConverter,
    decode_search_attributes,
    decode_typed_search_attributes,
)
from temporalio.worker import UnsandboxedWorkflowRunner, WorkflowRunner
from temporalio.worker._workflow_instance import WorkflowInstance, WorkflowInstanceDetails

from tests.virtual_temporal.history import timestamp
from tests.virtual_temporal.run import IDENTITY, Run, Task

NAMESPACE: Final = "default"
_THREAD: Final = ThreadPoolExecutor(max_workers=1, thread_name_prefix="workflow")


class NotDeterministicError(AssertionError):
    """A replay commanded something else than the first time."""


class WorkflowTaskFailedError(Exception):
    """Workflow code failed its workflow task."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


class WorkflowSide:
    """Runs workflow code; forgets and replays it when it is told to."""

    def __init__(
        self,
        workflows: Iterable[type],
        converter: DataConverter,
        runner: WorkflowRunner | None = None,
    ) -> None:
        definitions = [workflow._Definition.must_from_class(found) for found in workflows]
        self._definitions = {definition.name: definition for definition in definitions}
        self._converter = converter
        self._runner = runner or UnsandboxedWorkflowRunner()
        self._cached: dict[str, WorkflowInstance] = {}

    def forget(self, run_id: str | None = None) -> None:
        """Drop one instance, or all of them as when the worker's process ends."""
        for forgotten in [run_id] if run_id else list(self._cached):
            instance = self._cached.pop(forgotten, None)
            if instance is not None:
                _evict(instance, forgotten)

    def perform(self, run: Run, activation: WorkflowActivation) -> Task:
        """Run a workflow task and return what it commands.

        Raises:
            WorkflowTaskFailedError: Workflow code failed the task.
            NotDeterministicError: A replay that was needed commanded something else.
        """
        instance = self._cached.get(run.run_id) or self._replayed(run, activation)
        self._cached[run.run_id] = instance
        task = Task([], [], [])
        following: WorkflowActivation | None = activation
        while following is not None:
            task.activations.append(following)
            completion = _activate(instance, following)
            if completion.HasField("failed"):
                raise WorkflowTaskFailedError(completion.failed.failure)
            task.flags.extend(completion.successful.used_internal_flags)
            task.commands.append(list(completion.successful.commands))
            following = _answered_at_once(run, task)
        return task

    def query(self, run: Run, activation: WorkflowActivation) -> QueryResult:
        """Return a workflow's answer to a query; it leaves nothing behind."""
        instance = self._cached.get(run.run_id) or self._replayed(run, activation)
        self._cached[run.run_id] = instance
        (command,) = _activate(instance, activation).successful.commands
        return command.respond_to_query

    def _replayed(self, run: Run, activation: WorkflowActivation) -> WorkflowInstance:
        first = run.tasks[0].activations[0] if run.tasks else activation
        instance = self._runner.create_instance(self._details(run, first))
        for task in run.tasks:
            for told, commanded in zip(task.activations, task.commands, strict=True):
                again = WorkflowActivation()
                again.CopyFrom(told)
                again.is_replaying = True
                again.available_internal_flags.extend(task.flags)
                for job in again.jobs:
                    if job.HasField("do_update"):
                        # Only what was accepted is in the history, and a replay does not ask again.
                        job.do_update.run_validator = False
                commands = list(_activate(instance, again).successful.commands)
                if commands != commanded:
                    raise NotDeterministicError(
                        f"{run.workflow_id}: first {commanded}, replayed {commands}"
                    )
        return instance

    def _details(self, run: Run, activation: WorkflowActivation) -> WorkflowInstanceDetails:
        init = next(
            job.initialize_workflow
            for job in activation.jobs
            if job.HasField("initialize_workflow")
        )
        definition = self._definitions[init.workflow_type]
        return WorkflowInstanceDetails(
            payload_converter_factory=self._converter._new_payload_converter,
            failure_converter_class=self._converter.failure_converter_class,
            interceptor_classes=[],
            defn=definition,
            info=_info(run, init, activation),
            randomness_seed=init.randomness_seed,
            extern_functions={},
            disable_eager_activity_execution=True,
            worker_level_failure_exception_types=[],
            patch_activation_callback=None,
            last_completion_result=Payloads(),
            last_failure=None,
        )


def initialization(run: Run) -> WorkflowActivationJob:
    """Return the job that begins a run."""
    start = run.start
    return WorkflowActivationJob(
        initialize_workflow=InitializeWorkflow(
            workflow_type=start.workflow_type.name,
            workflow_id=run.workflow_id,
            arguments=start.input.payloads,
            randomness_seed=_seed_of(run.run_id),
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


def _seed_of(run_id: str) -> int:
    return int.from_bytes(hashlib.sha256(run_id.encode()).digest()[:8], "big")


def _info(run: Run, init: InitializeWorkflow, activation: WorkflowActivation) -> workflow.Info:
    return workflow.Info(
        attempt=1,
        continued_run_id=run.continued_from or None,
        cron_schedule=None,
        execution_timeout=None,
        first_execution_run_id=run.first_run_id,
        headers=dict(init.headers),
        namespace=NAMESPACE,
        original_execution_run_id=run.run_id,
        parent=None,
        root=None,
        priority=Priority.default,
        raw_memo=dict(init.memo.fields),
        retry_policy=None,
        run_id=run.run_id,
        run_timeout=None,
        search_attributes=decode_search_attributes(init.search_attributes),
        start_time=activation.timestamp.ToDatetime(UTC),
        workflow_start_time=init.start_time.ToDatetime(UTC),
        task_queue=run.start.task_queue.name,
        task_timeout=run.start.workflow_task_timeout.ToTimedelta(),
        typed_search_attributes=decode_typed_search_attributes(init.search_attributes),
        workflow_id=run.workflow_id,
        workflow_type=init.workflow_type,
    )


def _answered_at_once(run: Run, task: Task) -> WorkflowActivation | None:
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


def _evict(instance: WorkflowInstance, run_id: str) -> None:
    activation = WorkflowActivation(run_id=run_id)
    activation.jobs.append(WorkflowActivationJob(remove_from_cache=RemoveFromCache()))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _activate(instance, activation)


def _activate(
    instance: WorkflowInstance, activation: WorkflowActivation
) -> WorkflowActivationCompletion:
    # In a thread of its own, as in a worker: workflow code has its own event loop.
    return _THREAD.submit(instance.activate, activation).result()
