"""A Temporal server in memory, on virtual time, with one worker."""

from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from temporalio.api.common.v1 import Payloads, SearchAttributes, WorkflowType
from temporalio.api.enums.v1 import (
    EventType,
    SignalExternalWorkflowExecutionFailedCause,
    WorkflowExecutionStatus,
)
from temporalio.api.failure.v1 import ApplicationFailureInfo, Failure
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import StartWorkflowExecutionRequest
from temporalio.bridge.proto.workflow_activation import WorkflowActivationJob
from temporalio.bridge.proto.workflow_commands import QueryResult, WorkflowCommand

from tests.virtual_temporal.activities import Activities
from tests.virtual_temporal.activity_side import ActivitySide
from tests.virtual_temporal.commands import Commands
from tests.virtual_temporal.core import initialization
from tests.virtual_temporal.loop import Loop
from tests.virtual_temporal.points import Observer, Point, PointKind, WorkerDiesError, pass_by
from tests.virtual_temporal.run import IDENTITY, PendingActivity, Run, Update, begin
from tests.virtual_temporal.tasks import WorkflowTasks
from tests.virtual_temporal.workflow_side import WorkflowSide


class VirtualServer:
    """Workflows by id, and what can be asked of them from outside.

    Args:
        start: The instant at which time begins.
        workflow_side: Runs workflow code.
        observer: Told of each point of the histories; may let the worker die there.
        is_caching: Keep workflow instances between tasks; without it every task replays from the start.
    """

    def __init__(
        self,
        start: datetime,
        workflow_side: WorkflowSide,
        *,
        observer: Observer = pass_by,
        is_caching: bool = True,
    ) -> None:
        self.loop = Loop(start, self.kill_worker)
        self.runs: dict[str, Run] = {}
        self._latest: dict[str, str] = {}
        self._workflow_side = workflow_side
        self._observer = observer
        self._tasks = WorkflowTasks(
            self.loop, workflow_side, self._carry_out, observer, is_caching=is_caching
        )
        self._activities: Activities | None = None

    def employ(self, activity_side: ActivitySide) -> None:
        """Let a worker run activities, which may themselves be clients of this server."""
        self._activities = Activities(self.loop, activity_side, self._tasks.tell, self._observer)

    @property
    def activities(self) -> Activities:
        assert self._activities is not None, "no worker runs activities"
        return self._activities

    def kill_worker(self) -> None:
        """Let the worker's process end at once, and a fresh one with nothing in memory take over."""
        self._workflow_side.forget()
        self.activities.lose_all()

    def find(self, workflow_id: str, run_id: str = "") -> Run | None:
        """Return the run of this id, or the workflow's latest."""
        return self.runs.get(run_id or self._latest.get(workflow_id, ""))

    def start(self, request: StartWorkflowExecutionRequest, after: Run | None = None) -> Run:
        """Begin a run of a workflow."""
        number = sum(run.workflow_id == request.workflow_id for run in self.runs.values())
        run_id = str(uuid5(NAMESPACE_URL, f"{request.workflow_id}/{number}"))
        run = begin(request, run_id=run_id, now=self.loop.now, after=after)
        self.runs[run_id] = run
        self._latest[run.workflow_id] = run_id
        self._tasks.tell(run, initialization(run))
        return run

    def signal(self, run: Run, name: str, given: Payloads) -> None:
        """Deliver a signal to an open run."""
        event = run.history.add(
            EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
            signal_name=name,
            input=given,
            identity=IDENTITY,
        )
        job = WorkflowActivationJob()
        job.signal_workflow.signal_name = name
        job.signal_workflow.input.extend(given.payloads)
        job.signal_workflow.identity = IDENTITY
        job.signal_workflow.originating_event_id = event.event_id
        self._tasks.tell(run, job)
        self._pass(PointKind.SIGNAL, run, name)

    def ask(self, run: Run, update: Update) -> None:
        """Deliver an update to an open run."""
        run.updates[update.update_id] = update
        job = WorkflowActivationJob()
        asked = update.request.input
        job.do_update.id = job.do_update.protocol_instance_id = update.update_id
        job.do_update.name = asked.name
        job.do_update.input.extend(asked.args.payloads)
        job.do_update.meta.CopyFrom(update.request.meta)
        job.do_update.run_validator = True
        self._tasks.tell(run, job)
        self._pass(PointKind.UPDATE, run, asked.name)

    def request_cancel(self, run: Run, reason: str) -> None:
        """Ask an open run to cancel itself."""
        run.history.add(
            EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED,
            cause=reason,
            identity=IDENTITY,
        )
        job = WorkflowActivationJob()
        job.cancel_workflow.reason = reason
        self._tasks.tell(run, job)

    def query(self, run: Run, name: str, given: Payloads) -> QueryResult:
        """Return a workflow's answer to a query."""
        job = WorkflowActivationJob()
        job.query_workflow.query_id = "query"
        job.query_workflow.query_type = name
        job.query_workflow.arguments.extend(given.payloads)
        return self._tasks.query(run, job)

    def terminate(self, run: Run, reason: str) -> None:
        """End an open run without asking it."""
        run.history.add(
            EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED, reason=reason, identity=IDENTITY
        )
        self.close(run, WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_TERMINATED)

    # What commands ask for.

    def _carry_out(self, run: Run, completed_id: int, commands: list[WorkflowCommand]) -> None:
        carrying = Commands(self, run, completed_id)
        for command in commands:
            carrying.carry_out(command)

    def schedule_activity(self, run: Run, activity: PendingActivity) -> None:
        """Let a worker take an activity."""
        self.activities.schedule(run, activity)

    def cancel_activity(self, run: Run, activity: PendingActivity) -> None:
        """Call an activity off."""
        self.activities.call_off(run, activity)

    def now(self) -> datetime:
        """Return the present instant."""
        return self.loop.now()

    def start_timer(self, run: Run, command: WorkflowCommand, event_id: int) -> None:
        """Start a timer."""
        timer = command.start_timer

        def fire() -> None:
            if not run.is_open:
                return
            del run.timers[timer.seq]
            run.history.add(
                EventType.EVENT_TYPE_TIMER_FIRED,
                timer_id=str(timer.seq),
                started_event_id=event_id,
            )
            job = WorkflowActivationJob()
            job.fire_timer.seq = timer.seq
            self._tasks.tell(run, job)
            self._pass(PointKind.TIMER, run, command.user_metadata.summary.data.decode())

        due = self.loop.after(timer.start_to_fire_timeout.ToTimedelta(), fire)
        run.timers[timer.seq] = (due, event_id)

    def signal_external(self, run: Run, command: WorkflowCommand, event_id: int) -> None:
        """Send a signal from one workflow to another."""

        async def deliver() -> None:
            self._deliver(run, command, event_id)

        self.loop.soon(deliver)

    def continue_as_new(self, run: Run, command: WorkflowCommand) -> str:
        """Begin the next run, and return its id."""
        new = command.continue_as_new_workflow_execution
        request = StartWorkflowExecutionRequest()
        request.CopyFrom(run.start)
        # What the command leaves out stays as it is.
        if new.workflow_type:
            request.workflow_type.CopyFrom(WorkflowType(name=new.workflow_type))
        if new.task_queue:
            request.task_queue.CopyFrom(TaskQueue(name=new.task_queue))
        request.input.CopyFrom(Payloads(payloads=new.arguments))
        request.search_attributes.CopyFrom(SearchAttributes(indexed_fields=run.search_attributes))
        run.next_run_id = self.start(request, after=run).run_id
        return run.next_run_id

    def close(self, run: Run, status: WorkflowExecutionStatus.ValueType) -> None:
        """Note that the run has closed: its timers and activities are no more."""
        run.status = status
        for due, _ in run.timers.values():
            due.call_off()
        run.timers.clear()
        self.activities.drop(run)

    def _deliver(self, run: Run, command: WorkflowCommand, event_id: int) -> None:
        signal = command.signal_external_workflow_execution
        target = self.find(signal.workflow_execution.workflow_id)
        job = WorkflowActivationJob()
        job.resolve_signal_external_workflow.seq = signal.seq
        about = {
            "initiated_event_id": event_id,
            "workflow_execution": {"workflow_id": signal.workflow_execution.workflow_id},
        }
        if target is None or not target.is_open:
            job.resolve_signal_external_workflow.failure.CopyFrom(_not_found())
            cause = SignalExternalWorkflowExecutionFailedCause.SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED_CAUSE_EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND
            event_type = EventType.EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED
            about["cause"] = cause
            target = None
        else:
            event_type = EventType.EVENT_TYPE_EXTERNAL_WORKFLOW_EXECUTION_SIGNALED
        if run.is_open:
            run.history.add(event_type, **about)
            self._tasks.tell(run, job)
        if target is not None:
            self.signal(target, signal.signal_name, Payloads(payloads=signal.args))

    def _pass(self, kind: PointKind, run: Run, detail: str) -> None:
        try:
            self._observer(Point(kind, run.workflow_id, detail))
        except WorkerDiesError:
            # The server goes on: the worker dies beside it.
            self.kill_worker()


def _not_found() -> Failure:
    return Failure(
        message="Unable to signal external workflow because it was not found",
        application_failure_info=ApplicationFailureInfo(
            type="ExternalWorkflowNotFound", non_retryable=True
        ),
    )
