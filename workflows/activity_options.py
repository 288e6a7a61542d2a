"""Named activity options; every activity call uses one of them.

Outages are retried without limit, because a sale must survive hours of vendor maintenance. A failure
that must not be retried fails the activity at once, and the workflow waits for an operator.
"""

from datetime import timedelta
from types import MappingProxyType
from typing import Final, TypedDict

from temporalio.common import RetryPolicy
from temporalio.workflow import ActivityCancellationType

from domain.effects.outbox import System
from workflows.contract import queues


class ActivityOptions(TypedDict, total=False):
    """How an activity is called: where, how long one try may take, and how it is repeated."""

    task_queue: str
    start_to_close_timeout: timedelta
    heartbeat_timeout: timedelta
    retry_policy: RetryPolicy
    cancellation_type: ActivityCancellationType


# The server notices a worker that dies during a call after this time, not after the call's timeout.
_DEAD_AFTER: Final = timedelta(seconds=10)

# When a run ends, an effect that is under way finishes and counts; one between two tries stays queued.
_FINISH_FIRST: Final = ActivityCancellationType.WAIT_CANCELLATION_COMPLETED

OWN_TABLES: Final = ActivityOptions(
    start_to_close_timeout=timedelta(seconds=20),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=10)
    ),
)
"""Our own database: quick, and back within seconds after a fail-over."""

RECORD_EFFECT: Final = ActivityOptions(
    start_to_close_timeout=timedelta(seconds=20),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=10)
    ),
    cancellation_type=_FINISH_FIRST,
)
"""Business events: our own database again, but after the unlock, from the outbox."""

GRANT_CALL: Final = ActivityOptions(
    start_to_close_timeout=timedelta(seconds=10),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(milliseconds=100), maximum_interval=timedelta(seconds=5)
    ),
)
"""The last step of an unlock: a customer has paid and waits, so retries are frequent."""

PAYMENT_CALL: Final = ActivityOptions(
    # Longer than the provider's own limit, so that we learn the outcome instead of guessing it.
    start_to_close_timeout=timedelta(seconds=90),
    heartbeat_timeout=_DEAD_AFTER,
    retry_policy=RetryPolicy(
        initial_interval=timedelta(milliseconds=500), maximum_interval=timedelta(seconds=30)
    ),
    cancellation_type=_FINISH_FIRST,
)
"""The payment provider; idempotency keys make retries safe."""

START_CALL: Final = ActivityOptions(
    start_to_close_timeout=timedelta(seconds=10),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(milliseconds=100), maximum_interval=timedelta(seconds=10)
    ),
    # If a withdrawn start succeeds anyway, the workflow must exist before it is signalled to stop.
    cancellation_type=_FINISH_FIRST,
)
"""Temporal itself, to start a workflow."""

ERP_EFFECT: Final = ActivityOptions(
    task_queue=queues.ERP,
    start_to_close_timeout=timedelta(minutes=2),
    heartbeat_timeout=_DEAD_AFTER,
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=30)
    ),
    cancellation_type=_FINISH_FIRST,
)
"""The ERP: slow, rate limited, with maintenance windows of hours."""

CRM_EFFECT: Final = ActivityOptions(
    task_queue=queues.CRM,
    start_to_close_timeout=timedelta(minutes=1),
    heartbeat_timeout=_DEAD_AFTER,
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=30)
    ),
    cancellation_type=_FINISH_FIRST,
)
"""The CRM: daily call limits."""

EMAIL_EFFECT: Final = ActivityOptions(
    task_queue=queues.EMAIL,
    start_to_close_timeout=timedelta(minutes=1),
    heartbeat_timeout=_DEAD_AFTER,
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=30)
    ),
    cancellation_type=_FINISH_FIRST,
)
"""The SMTP relay."""

EFFECTS: Final = MappingProxyType(
    {
        System.RECORD: RECORD_EFFECT,
        System.ERP: ERP_EFFECT,
        System.CRM: CRM_EFFECT,
        System.EMAIL: EMAIL_EFFECT,
    }
)
"""How the effects on each system are called."""
