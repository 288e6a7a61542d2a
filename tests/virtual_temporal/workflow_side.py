"""The worker's side of workflow tasks: instances of workflow code, kept in a cache or built anew by a replay."""

import warnings
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Final

from temporalio import workflow
from temporalio.api.common.v1 import Payloads
from temporalio.api.failure.v1 import Failure
from temporalio.bridge.proto.workflow_activation import (
    RemoveFromCache,
    WorkflowActivation,
    WorkflowActivationJob,
)
from temporalio.bridge.proto.workflow_commands import (
    QueryResult,
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

from tests.virtual_temporal.core import answered_at_once, seed_of
from tests.virtual_temporal.run import Run, Task

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
            following = answered_at_once(run, task)
        return task

    def query(self, run: Run, activation: WorkflowActivation) -> QueryResult:
        """Return a workflow's answer to a query; it leaves nothing behind."""
        instance = self._cached.get(run.run_id) or self._replayed(run, activation)
        self._cached[run.run_id] = instance
        (command,) = _activate(instance, activation).successful.commands
        return command.respond_to_query

    def _replayed(self, run: Run, activation: WorkflowActivation) -> WorkflowInstance:
        first = run.tasks[0].activations[0] if run.tasks else activation
        instance = self._runner.create_instance(self._details(run, first.timestamp.ToDatetime(UTC)))
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

    def _details(self, run: Run, begun_at: datetime) -> WorkflowInstanceDetails:
        return WorkflowInstanceDetails(
            payload_converter_factory=self._converter._new_payload_converter,
            failure_converter_class=self._converter.failure_converter_class,
            interceptor_classes=[],
            defn=self._definitions[run.start.workflow_type.name],
            info=_info(run, begun_at),
            randomness_seed=seed_of(run.run_id),
            extern_functions={},
            disable_eager_activity_execution=True,
            worker_level_failure_exception_types=[],
            patch_activation_callback=None,
            last_completion_result=Payloads(),
            last_failure=None,
        )


def _info(run: Run, begun_at: datetime) -> workflow.Info:
    start = run.start
    return workflow.Info(
        attempt=1,
        continued_run_id=run.continued_from or None,
        cron_schedule=None,
        execution_timeout=None,
        first_execution_run_id=run.first_run_id,
        headers=dict(start.header.fields),
        namespace=NAMESPACE,
        original_execution_run_id=run.run_id,
        parent=None,
        root=None,
        priority=Priority.default,
        raw_memo=dict(start.memo.fields),
        retry_policy=None,
        run_id=run.run_id,
        run_timeout=None,
        search_attributes=decode_search_attributes(start.search_attributes),
        start_time=begun_at,
        workflow_start_time=run.started_at,
        task_queue=start.task_queue.name,
        task_timeout=start.workflow_task_timeout.ToTimedelta(),
        typed_search_attributes=decode_typed_search_attributes(start.search_attributes),
        workflow_id=run.workflow_id,
        workflow_type=start.workflow_type.name,
    )


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
