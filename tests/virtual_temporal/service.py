"""The virtual server's face: the calls of Temporal's workflow service that clients make."""

from datetime import timedelta
from typing import Any, Final, NoReturn

from temporalio.api.common.v1 import (
    ActivityType,
    Payloads,
    SearchAttributes,
    WorkflowExecution,
    WorkflowType,
)
from temporalio.api.enums.v1 import (
    HistoryEventFilterType,
    PendingActivityState,
    WorkflowIdConflictPolicy,
    WorkflowIdReusePolicy,
)
from temporalio.api.enums.v1 import UpdateWorkflowExecutionLifecycleStage as Stage
from temporalio.api.history.v1 import History
from temporalio.api.update.v1 import UpdateRef
from temporalio.api.workflow.v1 import PendingActivityInfo
from temporalio.api.workflowservice.v1 import (
    DescribeWorkflowExecutionRequest,
    DescribeWorkflowExecutionResponse,
    ExecuteMultiOperationRequest,
    ExecuteMultiOperationResponse,
    GetWorkflowExecutionHistoryRequest,
    GetWorkflowExecutionHistoryResponse,
    QueryWorkflowRequest,
    QueryWorkflowResponse,
    RequestCancelWorkflowExecutionRequest,
    RequestCancelWorkflowExecutionResponse,
    SignalWorkflowExecutionRequest,
    SignalWorkflowExecutionResponse,
    StartWorkflowExecutionRequest,
    StartWorkflowExecutionResponse,
    TerminateWorkflowExecutionRequest,
    TerminateWorkflowExecutionResponse,
    UpdateWorkflowExecutionRequest,
    UpdateWorkflowExecutionResponse,
)
from temporalio.service import RPCError, RPCStatusCode

from tests.virtual_temporal.history import timestamp
from tests.virtual_temporal.run import Phase, Run, Update
from tests.virtual_temporal.server import VirtualServer

_PATIENCE: Final = timedelta(seconds=30)


class VirtualWorkflowService:
    """Answers clients; each call returns when everything that it set off at this instant has happened."""

    def __init__(self, server: VirtualServer) -> None:
        self._server = server

    async def start_workflow_execution(
        self, request: StartWorkflowExecutionRequest, **_: Any
    ) -> StartWorkflowExecutionResponse:
        """Start a workflow, as its policies for ids that are in use allow."""
        run = self._start(request)
        await self._server.loop.settle()
        return StartWorkflowExecutionResponse(run_id=run.run_id, started=True)

    async def signal_workflow_execution(
        self, request: SignalWorkflowExecutionRequest, **_: Any
    ) -> SignalWorkflowExecutionResponse:
        """Signal an open workflow."""
        run = self._open_run(request.workflow_execution)
        self._server.signal(run, request.signal_name, request.input)
        await self._server.loop.settle()
        return SignalWorkflowExecutionResponse()

    async def update_workflow_execution(
        self, request: UpdateWorkflowExecutionRequest, **_: Any
    ) -> UpdateWorkflowExecutionResponse:
        """Send an update, and wait until it has got as far as its sender wants to know."""
        return await self._update(request)

    async def execute_multi_operation(
        self, request: ExecuteMultiOperationRequest, **_: Any
    ) -> ExecuteMultiOperationResponse:
        """Start a workflow unless it is there, and send it an update."""
        start, update = request.operations
        run = self._start(start.start_workflow)
        answer = await self._update(update.update_workflow)
        response = ExecuteMultiOperationResponse()
        response.responses.add().start_workflow.run_id = run.run_id
        response.responses.add().update_workflow.CopyFrom(answer)
        return response

    async def query_workflow(
        self, request: QueryWorkflowRequest, **_: Any
    ) -> QueryWorkflowResponse:
        """Ask a workflow a question; it may have closed."""
        run = self._run(request.execution)
        answer = self._server.query(run, request.query.query_type, request.query.query_args)
        if answer.HasField("failed"):
            _refuse(RPCStatusCode.INVALID_ARGUMENT, answer.failed.message)
        return QueryWorkflowResponse(query_result=Payloads(payloads=[answer.succeeded.response]))

    async def request_cancel_workflow_execution(
        self, request: RequestCancelWorkflowExecutionRequest, **_: Any
    ) -> RequestCancelWorkflowExecutionResponse:
        """Ask an open workflow to cancel itself."""
        self._server.request_cancel(self._open_run(request.workflow_execution), request.reason)
        await self._server.loop.settle()
        return RequestCancelWorkflowExecutionResponse()

    async def terminate_workflow_execution(
        self, request: TerminateWorkflowExecutionRequest, **_: Any
    ) -> TerminateWorkflowExecutionResponse:
        """End an open workflow."""
        self._server.terminate(self._open_run(request.workflow_execution), request.reason)
        await self._server.loop.settle()
        return TerminateWorkflowExecutionResponse()

    async def get_workflow_execution_history(
        self, request: GetWorkflowExecutionHistoryRequest, **_: Any
    ) -> GetWorkflowExecutionHistoryResponse:
        """Return a history; one who waits for its end lets time pass."""
        run = self._run(request.execution)
        while request.wait_new_event and run.is_open:
            if not await self._server.loop.go_on():
                raise AssertionError(f"{run.workflow_id} waits for something that never comes")
        filter_type = HistoryEventFilterType.HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT
        is_close = request.history_event_filter_type == filter_type
        events = run.history.events[-1:] if is_close else run.history.events
        return GetWorkflowExecutionHistoryResponse(history=History(events=events))

    async def describe_workflow_execution(
        self, request: DescribeWorkflowExecutionRequest, **_: Any
    ) -> DescribeWorkflowExecutionResponse:
        """Return what operators see of a run."""
        run = self._run(request.execution)
        response = DescribeWorkflowExecutionResponse()
        info = response.workflow_execution_info
        info.execution.CopyFrom(run.execution)
        info.type.CopyFrom(WorkflowType(name=run.start.workflow_type.name))
        info.task_queue = run.start.task_queue.name
        info.status = run.status
        info.start_time.CopyFrom(timestamp(run.started_at))
        info.history_length = len(run.history)
        shown = {name: value for name, value in run.search_attributes.items() if value.data}
        info.search_attributes.CopyFrom(SearchAttributes(indexed_fields=shown))
        if run.metadata is not None:
            response.execution_config.user_metadata.CopyFrom(run.metadata)
        response.pending_activities.extend(_pending(run))
        return response

    def _start(self, request: StartWorkflowExecutionRequest) -> Run:
        known = self._server.find(request.workflow_id)
        conflict, reuse = request.workflow_id_conflict_policy, request.workflow_id_reuse_policy
        if known is None:
            return self._server.start(request)
        if known.is_open:
            if conflict == WorkflowIdConflictPolicy.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING:
                return known
            _refuse(RPCStatusCode.ALREADY_EXISTS, "Workflow execution is already running.")
        if reuse == WorkflowIdReusePolicy.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE:
            _refuse(RPCStatusCode.ALREADY_EXISTS, "Workflow execution already finished.")
        return self._server.start(request)

    async def _update(
        self, request: UpdateWorkflowExecutionRequest
    ) -> UpdateWorkflowExecutionResponse:
        run = self._open_run(request.workflow_execution)
        update_id = request.request.meta.update_id
        update = run.updates.get(update_id) or Update(request.request)
        if update_id not in run.updates:
            self._server.ask(run, update)
        await self._server.loop.settle()
        wanted = request.wait_policy.lifecycle_stage
        end = self._server.now() + _PATIENCE
        while not _has_reached(update, wanted):
            run = self._follow(run, update)
            if not await self._server.loop.go_on(until=end):
                _refuse(RPCStatusCode.DEADLINE_EXCEEDED, "the update got no answer in time")
        response = UpdateWorkflowExecutionResponse(
            update_ref=UpdateRef(workflow_execution=run.execution, update_id=update_id),
            stage=_stage(update),
        )
        if update.outcome is not None:
            response.outcome.CopyFrom(update.outcome)
        return response

    def _follow(self, run: Run, update: Update) -> Run:
        """Send an update that its run has not accepted to the next run; without one its sender hears so."""
        if run.is_open:
            return run
        following = self._server.runs.get(run.next_run_id)
        if following is None or not following.is_open or update.is_accepted:
            _refuse(RPCStatusCode.NOT_FOUND, "workflow execution already completed")
        self._server.ask(following, update)
        return following

    def _run(self, execution: WorkflowExecution) -> Run:
        run = self._server.find(execution.workflow_id, execution.run_id)
        if run is None:
            _refuse(RPCStatusCode.NOT_FOUND, f"workflow not found for ID: {execution.workflow_id}")
        return run

    def _open_run(self, execution: WorkflowExecution) -> Run:
        run = self._run(execution)
        if not run.is_open:
            _refuse(RPCStatusCode.NOT_FOUND, "workflow execution already completed")
        return run


def _refuse(status: RPCStatusCode, message: str) -> NoReturn:
    raise RPCError(message, status, b"")


def _has_reached(update: Update, wanted: Stage.ValueType) -> bool:
    return _stage(update) >= wanted


def _stage(update: Update) -> Stage.ValueType:
    if update.outcome is not None:
        return Stage.UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_COMPLETED
    if update.is_accepted:
        return Stage.UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_ACCEPTED
    return Stage.UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_ADMITTED


def _pending(run: Run) -> list[PendingActivityInfo]:
    states = {
        Phase.STARTED: PendingActivityState.PENDING_ACTIVITY_STATE_STARTED,
        Phase.SCHEDULED: PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED,
        Phase.BACKING_OFF: PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED,
    }
    return [
        PendingActivityInfo(
            activity_id=pending.command.activity_id,
            activity_type=ActivityType(name=pending.command.activity_type),
            state=states[pending.phase],
            attempt=pending.attempt,
            last_failure=pending.last_failure,
        )
        for pending in run.activities.values()
    ]
