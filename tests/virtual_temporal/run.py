"""One run of a workflow as the server keeps it: its history, what it waits for, and what it has not been told yet."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Final

from temporalio.api.common.v1 import Payload, WorkflowExecution, WorkflowType
from temporalio.api.enums.v1 import ContinueAsNewInitiator, EventType, WorkflowExecutionStatus
from temporalio.api.failure.v1 import Failure
from temporalio.api.sdk.v1 import UserMetadata
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.update.v1 import Outcome
from temporalio.api.update.v1 import Request as UpdateRequest
from temporalio.api.workflowservice.v1 import StartWorkflowExecutionRequest
from temporalio.bridge.proto.workflow_activation import WorkflowActivation, WorkflowActivationJob
from temporalio.bridge.proto.workflow_commands import ScheduleActivity, WorkflowCommand

from tests.virtual_temporal.agenda import Due
from tests.virtual_temporal.history import History

IDENTITY: Final = "virtual"


class Phase(Enum):
    """Where an activity is between two answers."""

    SCHEDULED = "scheduled"
    STARTED = "started"
    BACKING_OFF = "backing off"


@dataclass
class PendingActivity:
    """An activity that the workflow waits for."""

    command: ScheduleActivity
    event_id: int
    scheduled_at: datetime
    phase: Phase = Phase.SCHEDULED
    attempt: int = 1
    last_failure: Failure | None = None
    is_cancel_requested: bool = False
    limits: list[Due] = field(default_factory=list[Due])

    def drop_limits(self) -> None:
        """Call off every timeout and pause of this activity."""
        for due in self.limits:
            due.call_off()
        self.limits.clear()


@dataclass
class Update:
    """An update on its way to its outcome."""

    request: UpdateRequest
    is_accepted: bool = False
    accepted_event_id: int = 0
    outcome: Outcome | None = None

    @property
    def update_id(self) -> str:
        return self.request.meta.update_id


@dataclass
class Task:
    """A workflow task that was done: what the worker was told, and what it commanded."""

    activations: list[WorkflowActivation]
    commands: list[list[WorkflowCommand]]
    flags: list[int]


@dataclass
class Run:
    """The state of one run."""

    workflow_id: str
    run_id: str
    first_run_id: str
    start: StartWorkflowExecutionRequest
    history: History
    started_at: datetime
    continued_from: str = ""
    status: WorkflowExecutionStatus.ValueType = (
        WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING
    )
    fresh: list[WorkflowActivationJob] = field(default_factory=list[WorkflowActivationJob])
    tasks: list[Task] = field(default_factory=list[Task])
    activities: dict[int, PendingActivity] = field(default_factory=dict[int, PendingActivity])
    timers: dict[int, tuple[Due, int]] = field(default_factory=dict[int, tuple[Due, int]])
    updates: dict[str, Update] = field(default_factory=dict[str, Update])
    search_attributes: dict[str, Payload] = field(default_factory=dict[str, Payload])
    metadata: UserMetadata | None = None
    is_task_scheduled: bool = False
    failed_tasks: int = 0
    next_run_id: str = ""

    @property
    def is_open(self) -> bool:
        return self.status == WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING

    @property
    def execution(self) -> WorkflowExecution:
        return WorkflowExecution(workflow_id=self.workflow_id, run_id=self.run_id)


def begin(
    start: StartWorkflowExecutionRequest,
    *,
    run_id: str,
    now: Callable[[], datetime],
    after: Run | None = None,
) -> Run:
    """Return a new run; it is told about its start by its first workflow task."""
    run = Run(
        workflow_id=start.workflow_id,
        run_id=run_id,
        first_run_id=after.first_run_id if after else run_id,
        start=start,
        history=History(now),
        started_at=now(),
        continued_from=after.run_id if after else "",
        search_attributes=dict(start.search_attributes.indexed_fields),
        metadata=start.user_metadata if start.HasField("user_metadata") else None,
    )
    run.history.add(
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED,
        workflow_type=WorkflowType(name=start.workflow_type.name),
        workflow_id=start.workflow_id,
        task_queue=TaskQueue(name=start.task_queue.name),
        input=start.input,
        workflow_task_timeout=start.workflow_task_timeout,
        original_execution_run_id=run_id,
        first_execution_run_id=run.first_run_id,
        continued_execution_run_id=run.continued_from or None,
        initiator=(ContinueAsNewInitiator.CONTINUE_AS_NEW_INITIATOR_WORKFLOW if after else None),
        attempt=1,
        memo=start.memo,
        search_attributes=start.search_attributes,
        header=start.header,
        identity=IDENTITY,
    )
    return run
