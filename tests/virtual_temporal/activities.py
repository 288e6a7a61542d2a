"""The server's side of activities: tries, pauses between them, timeouts, and being called off."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from temporalio.api.enums.v1 import EventType, RetryState, TimeoutType
from temporalio.api.failure.v1 import Failure, TimeoutFailureInfo
from temporalio.bridge.proto.workflow_activation import WorkflowActivationJob
from temporalio.bridge.proto.workflow_commands import ActivityCancellationType

from tests.virtual_temporal.activity_side import ActivitySide, Answer, Try
from tests.virtual_temporal.core import as_activity_failure, cancelled
from tests.virtual_temporal.loop import Loop
from tests.virtual_temporal.points import AnswerLostError, Observer, Point, PointKind
from tests.virtual_temporal.run import IDENTITY, PendingActivity, Phase, Run

_HEARTBEATS_PER_TIMEOUT: Final = 3

Tell = Callable[[Run, WorkflowActivationJob], None]


class Activities:
    """Every pending activity of every run.

    Args:
        loop: Orders the tries.
        side: The worker that runs them.
        tell: Tells a run how an activity ended.
        observer: Told of each try's points.
    """

    def __init__(self, loop: Loop, side: ActivitySide, tell: Tell, observer: Observer) -> None:
        self._loop = loop
        self._side = side
        self._tell = tell
        self._observer = observer
        self._under_way: dict[int, tuple[Run, PendingActivity, Try]] = {}

    def schedule(self, run: Run, pending: PendingActivity) -> None:
        """Let a worker take the activity."""
        pending.phase = Phase.SCHEDULED
        attempt = pending.attempt

        async def take() -> None:
            if self._is_current(run, pending, attempt) and pending.phase is Phase.SCHEDULED:
                await self._try(run, pending)

        self._loop.soon(take)

    def call_off(self, run: Run, pending: PendingActivity) -> None:
        """Call the activity off: at once between tries, and else with the next heartbeat."""
        if pending.phase is not Phase.STARTED:
            self._end(run, pending, None)
            return
        heartbeat = pending.command.heartbeat_timeout.ToTimedelta()
        if heartbeat and (under_way := self._under_way.get(id(pending))):
            pending.limits.append(
                self._loop.after(heartbeat / _HEARTBEATS_PER_TIMEOUT, under_way[2].call_off)
            )

    def lose_all(self) -> None:
        """Lose every try that is under way, as when the worker's process ends."""
        for run, pending, begun in list(self._under_way.values()):
            begun.kill()
            self._lose(run, pending)

    def drop(self, run: Run) -> None:
        """Forget the activities of a run that has closed."""
        for pending in run.activities.values():
            pending.drop_limits()
        run.activities.clear()

    async def _try(self, run: Run, pending: PendingActivity) -> None:
        pending.phase = Phase.STARTED
        attempt = pending.attempt
        self._limit(run, pending, pending.command.start_to_close_timeout.ToTimedelta())
        try:
            self._pass(PointKind.ACTIVITY_STARTED, run, pending)
        except Exception:
            self._lose(run, pending)
            raise
        begun = await self._side.begin(run, pending, self._loop.now())
        self._under_way[id(pending)] = (run, pending, begun)
        if begun.work.done():
            self._pass_effect(run, pending, attempt, begun)
        else:
            self._park(run, pending, begun)

    def _park(self, run: Run, pending: PendingActivity, begun: Try) -> None:
        """Take the answer of a try that waits for its test once the test has let it end."""
        attempt = pending.attempt

        def come_back(work: asyncio.Task[Answer]) -> None:
            self._loop.parked.discard(work)
            if not work.cancelled():
                self._loop.soon(lambda: self._answer(run, pending, attempt, begun))

        self._loop.parked.add(begun.work)
        begun.work.add_done_callback(come_back)

    def _pass_effect(self, run: Run, pending: PendingActivity, attempt: int, begun: Try) -> None:
        try:
            self._pass(PointKind.EFFECT_DONE, run, pending)
        except AnswerLostError:
            self._lose(run, pending)
            return
        # What else is ready comes before the answer: the workflow may call it off meanwhile.
        self._loop.soon(lambda: self._answer(run, pending, attempt, begun))

    async def _answer(self, run: Run, pending: PendingActivity, attempt: int, begun: Try) -> None:
        if self._under_way.pop(id(pending), None) is None:
            return  # it was lost
        if self._is_current(run, pending, attempt):
            self._take_answer(run, pending, begun.work.result())

    def _take_answer(self, run: Run, pending: PendingActivity, answer: Answer) -> None:
        if answer.failure is None:
            self._end(run, pending, answer)
            return
        pause = self._pause(pending, answer.failure)
        if pause is None or pending.is_cancel_requested:
            self._end(run, pending, answer)
            return
        self._back_off(run, pending, answer.failure, pause)

    def _back_off(
        self, run: Run, pending: PendingActivity, failure: Failure, pause: timedelta
    ) -> None:
        pending.drop_limits()
        pending.phase, pending.last_failure = Phase.BACKING_OFF, failure
        pending.attempt += 1
        pending.limits.append(self._loop.after(pause, lambda: self.schedule(run, pending)))

    def _pause(self, pending: PendingActivity, failure: Failure) -> timedelta | None:
        """Return the pause before the next try, or None if there is none."""
        policy, told = pending.command.retry_policy, failure.application_failure_info
        if told.non_retryable or told.type in policy.non_retryable_error_types:
            return None
        if 0 < policy.maximum_attempts <= pending.attempt:
            return None
        if told.HasField("next_retry_delay"):
            return told.next_retry_delay.ToTimedelta()
        first = policy.initial_interval.ToTimedelta() or timedelta(seconds=1)
        most = policy.maximum_interval.ToTimedelta() or 100 * first
        factor = (policy.backoff_coefficient or 2.0) ** min(pending.attempt - 1, 60)
        return min(timedelta(seconds=min(first.total_seconds() * factor, 1e9)), most)

    def _limit(self, run: Run, pending: PendingActivity, span: timedelta) -> None:
        attempt = pending.attempt

        def time_out() -> None:
            if self._is_current(run, pending, attempt):
                if under_way := self._under_way.pop(id(pending), None):
                    under_way[2].kill()
                kind = TimeoutType.TIMEOUT_TYPE_START_TO_CLOSE
                failure = Failure(
                    message="activity timed out",
                    timeout_failure_info=TimeoutFailureInfo(timeout_type=kind),
                )
                self._take_answer(run, pending, Answer(failure=failure))

        pending.limits.append(self._loop.after(span, time_out))

    def _lose(self, run: Run, pending: PendingActivity) -> None:
        """Let no one report this try; the server notices when heartbeats or the answer fail to come."""
        self._under_way.pop(id(pending), None)
        pending.drop_limits()
        limits = (pending.command.heartbeat_timeout, pending.command.start_to_close_timeout)
        spans = [limit.ToTimedelta() for limit in limits]
        self._limit(run, pending, min(span for span in spans if span))

    def _end(self, run: Run, pending: PendingActivity, answer: Answer | None) -> None:
        """Write how the activity ended, and tell the run unless the SDK has told it already."""
        del run.activities[pending.command.seq]
        pending.drop_limits()
        job = _resolution(run, pending, answer)
        waits = ActivityCancellationType.WAIT_CANCELLATION_COMPLETED
        if not pending.is_cancel_requested or pending.command.cancellation_type == waits:
            self._tell(run, job)

    def _is_current(self, run: Run, pending: PendingActivity, attempt: int) -> bool:
        known = run.activities.get(pending.command.seq)
        return run.is_open and known is pending and pending.attempt == attempt

    def _pass(self, kind: PointKind, run: Run, pending: PendingActivity) -> None:
        self._observer(Point(kind, run.workflow_id, pending.command.activity_type))


def _resolution(run: Run, pending: PendingActivity, answer: Answer | None) -> WorkflowActivationJob:
    """Write how an activity ended, and return the job that tells of it."""
    history, ids = run.history, {"scheduled_event_id": pending.event_id}
    if answer is not None:
        # A try's start is written with its end, so that repeated tries leave one pair of events.
        started = history.add(
            EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED,
            attempt=pending.attempt,
            last_failure=pending.last_failure,
            identity=IDENTITY,
            **ids,
        )
        ids["started_event_id"] = started.event_id
    if answer is None or answer.is_cancelled:
        history.add(EventType.EVENT_TYPE_ACTIVITY_TASK_CANCELED, **ids)
        return cancelled(pending.command, pending.event_id)
    job = WorkflowActivationJob()
    job.resolve_activity.seq = pending.command.seq
    if answer.result is not None:
        history.add(
            EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED,
            result={"payloads": [answer.result]},
            **ids,
        )
        job.resolve_activity.result.completed.result.CopyFrom(answer.result)
        return job
    assert answer.failure is not None
    state = (
        RetryState.RETRY_STATE_CANCEL_REQUESTED
        if pending.is_cancel_requested
        else RetryState.RETRY_STATE_NON_RETRYABLE_FAILURE
    )
    history.add(
        EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED, failure=answer.failure, retry_state=state, **ids
    )
    job.resolve_activity.result.failed.failure.CopyFrom(
        as_activity_failure(pending.command, pending.event_id, answer.failure, state)
    )
    return job
