"""The worker's side of activities: real activity code with its interceptors, one try at a time."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from google.protobuf.duration_pb2 import Duration
from temporalio import activity
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.common import RetryPolicy
from temporalio.converter import DataConverter
from temporalio.exceptions import CancelledError
from temporalio.testing import ActivityEnvironment
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor
from typing_extensions import override

from tests.virtual_temporal.loop import TURNS
from tests.virtual_temporal.run import PendingActivity, Run


@dataclass(frozen=True)
class Answer:
    """How a try ended: with a result, a failure, or called off."""

    result: Payload | None = None
    failure: Failure | None = None
    is_cancelled: bool = False


class Try:
    """One try of an activity that is under way."""

    def __init__(self, environment: ActivityEnvironment, work: asyncio.Task[Answer]) -> None:
        self.environment = environment
        self.work = work

    def call_off(self) -> None:
        """Tell the activity, as the answer to a heartbeat does, that the workflow has called it off."""
        self.environment.cancel()

    def kill(self) -> None:
        """End it as its process would end: nothing more of it happens, and no one hears of it."""
        self.work.cancel()


class ActivitySide:
    """Runs activities.

    Args:
        activities: The activities that each task queue serves.
        interceptors: The worker's interceptors.
        converter: The data converter.
        is_patient: Wait for each try until it ends, because it works with real files or sockets. A try
            over fakes in memory that has not ended after some turns of the event loop waits for its test.
    """

    def __init__(
        self,
        activities: Mapping[str, Sequence[Callable[..., Any]]],
        interceptors: Sequence[Interceptor],
        converter: DataConverter,
        *,
        is_patient: bool,
    ) -> None:
        self._functions = {
            (queue, _definition(function).name): function
            for queue, functions in activities.items()
            for function in functions
        }
        self._interceptors = interceptors
        self._converter = converter
        self._is_patient = is_patient

    async def begin(self, run: Run, pending: PendingActivity, now: datetime) -> Try:
        """Begin a try, and wait until it ends or waits for something that only its test can do."""
        environment = ActivityEnvironment()
        environment.info = _info(run, pending, now)
        environment.payload_converter = self._converter.payload_converter
        work = asyncio.create_task(self._work(environment, pending))
        begun = Try(environment, work)
        if self._is_patient:
            await asyncio.wait([work])
        for _ in range(TURNS):
            if work.done():
                break
            await asyncio.sleep(0)
        return begun

    async def _work(self, environment: ActivityEnvironment, pending: PendingActivity) -> Answer:
        command = pending.command
        function = self._functions[command.task_queue, command.activity_type]
        try:
            args = await self._converter.decode(
                list(command.arguments), _definition(function).arg_types
            )
            given = ExecuteActivityInput(fn=function, args=args, executor=None, headers={})
            result = await environment.run(self._intercepted, given)
            [payload] = await self._converter.encode([result])
            return Answer(result=payload)
        except (asyncio.CancelledError, CancelledError):
            if not pending.is_cancel_requested:
                raise
            return Answer(is_cancelled=True)
        except Exception as error:  # noqa: BLE001 - whatever fails an activity is its answer
            failure = Failure()
            await self._converter.encode_failure(error, failure)
            return Answer(failure=failure)

    async def _intercepted(self, given: ExecuteActivityInput) -> Any:
        inbound: ActivityInboundInterceptor = _Innermost()
        for interceptor in reversed(self._interceptors):
            inbound = interceptor.intercept_activity(inbound)
        return await inbound.execute_activity(given)


class _Innermost(ActivityInboundInterceptor):
    def __init__(self) -> None:
        """Call nothing further."""

    @override
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        return await input.fn(*input.args)


def _definition(function: Callable[..., Any]) -> Any:
    return activity._Definition.must_from_callable(function)  # pyright: ignore[reportUnknownMemberType] - the SDK leaves it open


def _info(run: Run, pending: PendingActivity, now: datetime) -> activity.Info:
    command = pending.command
    return replace(
        ActivityEnvironment.default_info(),
        activity_id=command.activity_id,
        activity_type=command.activity_type,
        attempt=pending.attempt,
        current_attempt_scheduled_time=now,
        heartbeat_timeout=_span(command.heartbeat_timeout),
        schedule_to_close_timeout=None,
        scheduled_time=pending.scheduled_at,
        start_to_close_timeout=_span(command.start_to_close_timeout),
        started_time=now,
        task_queue=command.task_queue,
        task_token=f"{run.run_id}/{command.seq}/{pending.attempt}".encode(),
        workflow_id=run.workflow_id,
        workflow_run_id=run.run_id,
        workflow_type=run.start.workflow_type.name,
        retry_policy=RetryPolicy.from_proto(command.retry_policy),
    )


def _span(limit: Duration) -> timedelta | None:
    return limit.ToTimedelta() or None
