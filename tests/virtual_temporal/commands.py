"""What the server does with each command of a workflow task."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, Protocol

from temporalio.api.common.v1 import (
    ActivityType,
    Header,
    Payload,
    Payloads,
    SearchAttributes,
    WorkflowType,
)
from temporalio.api.enums.v1 import EventType, WorkflowExecutionStatus
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.update.v1 import Outcome
from temporalio.bridge.proto.workflow_commands import (
    ActivityCancellationType,
    WorkflowCommand,
)

from tests.virtual_temporal.run import IDENTITY, PendingActivity, Run

_CHANGE_VERSIONS: Final = "TemporalChangeVersion"


class Server(Protocol):
    """What commands need of the server."""

    def schedule_activity(self, run: Run, activity: PendingActivity) -> None: ...
    def cancel_activity(self, run: Run, activity: PendingActivity) -> None: ...
    def start_timer(self, run: Run, command: WorkflowCommand, event_id: int) -> None: ...
    def signal_external(self, run: Run, command: WorkflowCommand, event_id: int) -> None: ...
    def continue_as_new(self, run: Run, command: WorkflowCommand) -> str: ...
    def close(self, run: Run, status: WorkflowExecutionStatus.ValueType) -> None: ...
    def now(self) -> datetime: ...


class Commands:
    """Carries out the commands of one run's workflow task.

    Args:
        server: The server.
        run: The run.
        completed_id: The event id of the completed workflow task.
    """

    def __init__(self, server: Server, run: Run, completed_id: int) -> None:
        self._server = server
        self._run = run
        self._completed_id = completed_id

    def carry_out(self, command: WorkflowCommand) -> None:
        """Carry one command out."""
        variant = command.WhichOneof("variant")
        handler: Callable[[WorkflowCommand], None] = getattr(self, f"_{variant}")
        handler(command)

    def _add(self, event_type: EventType.ValueType, **attributes: Any) -> int:
        return self._run.history.add(
            event_type, workflow_task_completed_event_id=self._completed_id, **attributes
        ).event_id

    def _start_timer(self, command: WorkflowCommand) -> None:
        timer = command.start_timer
        event_id = self._add(
            EventType.EVENT_TYPE_TIMER_STARTED,
            timer_id=str(timer.seq),
            start_to_fire_timeout=timer.start_to_fire_timeout,
        )
        self._server.start_timer(self._run, command, event_id)

    def _cancel_timer(self, command: WorkflowCommand) -> None:
        pending = self._run.timers.pop(command.cancel_timer.seq, None)
        if pending is None:
            return  # it has fired, and the workflow has not been told yet
        due, started_id = pending
        due.call_off()
        self._add(
            EventType.EVENT_TYPE_TIMER_CANCELED,
            timer_id=str(command.cancel_timer.seq),
            started_event_id=started_id,
            identity=IDENTITY,
        )

    def _schedule_activity(self, command: WorkflowCommand) -> None:
        scheduled = command.schedule_activity
        event_id = self._add(
            EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
            activity_id=scheduled.activity_id,
            activity_type=ActivityType(name=scheduled.activity_type),
            task_queue=TaskQueue(name=scheduled.task_queue),
            header=Header(fields=scheduled.headers),
            input=Payloads(payloads=scheduled.arguments),
            start_to_close_timeout=scheduled.start_to_close_timeout,
            heartbeat_timeout=scheduled.heartbeat_timeout,
            retry_policy=scheduled.retry_policy,
        )
        activity = PendingActivity(scheduled, event_id, self._server.now())
        self._run.activities[scheduled.seq] = activity
        self._server.schedule_activity(self._run, activity)

    def _request_cancel_activity(self, command: WorkflowCommand) -> None:
        activity = self._run.activities.get(command.request_cancel_activity.seq)
        if activity is None:
            return  # it has ended, and the workflow has not been told yet
        self._add(
            EventType.EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED,
            scheduled_event_id=activity.event_id,
        )
        activity.is_cancel_requested = True
        if activity.command.cancellation_type == ActivityCancellationType.ABANDON:
            return
        self._server.cancel_activity(self._run, activity)

    def _set_patch_marker(self, command: WorkflowCommand) -> None:
        patch = command.set_patch_marker
        data = f'{{"id":"{patch.patch_id}","deprecated":{str(patch.deprecated).lower()}}}'
        self._add(
            EventType.EVENT_TYPE_MARKER_RECORDED,
            marker_name="core_patch",
            details={"patch-data": Payloads(payloads=[_json(data)])},
        )
        self._add(
            EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES,
            search_attributes=SearchAttributes(
                indexed_fields={_CHANGE_VERSIONS: _json(f'["{patch.patch_id}"]')}
            ),
        )

    def _upsert_workflow_search_attributes(self, command: WorkflowCommand) -> None:
        written = command.upsert_workflow_search_attributes.search_attributes
        self._add(EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES, search_attributes=written)
        for name, value in written.indexed_fields.items():
            self._run.search_attributes[name] = value

    def _signal_external_workflow_execution(self, command: WorkflowCommand) -> None:
        signal = command.signal_external_workflow_execution
        event_id = self._add(
            EventType.EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED,
            namespace=signal.workflow_execution.namespace,
            workflow_execution={
                "workflow_id": signal.workflow_execution.workflow_id,
                "run_id": signal.workflow_execution.run_id,
            },
            signal_name=signal.signal_name,
            input=Payloads(payloads=signal.args),
            header=Header(fields=signal.headers),
            control=str(signal.seq),
        )
        self._server.signal_external(self._run, command, event_id)

    def _update_response(self, command: WorkflowCommand) -> None:
        response = command.update_response
        update = self._run.updates[response.protocol_instance_id]
        match response.WhichOneof("response"):
            case "accepted":
                update.is_accepted = True
                update.accepted_event_id = self._run.history.add(
                    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED,
                    protocol_instance_id=update.update_id,
                    accepted_request_message_id=f"{update.update_id}/request",
                    accepted_request_sequencing_event_id=self._completed_id - 2,
                    accepted_request=update.request,
                ).event_id
            case "completed":
                self._complete_update(
                    response.protocol_instance_id,
                    Outcome(success=Payloads(payloads=[response.completed])),
                )
            case _:
                outcome = Outcome(failure=response.rejected)
                if update.is_accepted:
                    self._complete_update(response.protocol_instance_id, outcome)
                else:
                    # A refused update leaves nothing behind; its sender alone hears of it.
                    update.outcome = outcome
                    del self._run.updates[response.protocol_instance_id]

    def _complete_update(self, update_id: str, outcome: Outcome) -> None:
        update = self._run.updates[update_id]
        update.outcome = outcome
        self._run.history.add(
            EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED,
            meta=update.request.meta,
            accepted_event_id=update.accepted_event_id,
            outcome=outcome,
        )

    def _complete_workflow_execution(self, command: WorkflowCommand) -> None:
        result = Payloads(payloads=[command.complete_workflow_execution.result])
        self._add(EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED, result=result)
        self._server.close(self._run, WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_COMPLETED)

    def _fail_workflow_execution(self, command: WorkflowCommand) -> None:
        self._add(
            EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED,
            failure=command.fail_workflow_execution.failure,
        )
        self._server.close(self._run, WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_FAILED)

    def _cancel_workflow_execution(self, command: WorkflowCommand) -> None:
        del command
        self._add(EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED)
        self._server.close(self._run, WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_CANCELED)

    def _continue_as_new_workflow_execution(self, command: WorkflowCommand) -> None:
        new = command.continue_as_new_workflow_execution
        run_id = self._server.continue_as_new(self._run, command)
        self._add(
            EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW,
            new_execution_run_id=run_id,
            workflow_type=WorkflowType(name=new.workflow_type),
            task_queue=TaskQueue(name=new.task_queue),
            input=Payloads(payloads=new.arguments),
        )
        self._server.close(
            self._run, WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW
        )


def _json(text: str) -> Payload:
    return Payload(metadata={"encoding": b"json/plain"}, data=text.encode())
