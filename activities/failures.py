"""Which failures Temporal retries: one verdict per failure class, applied in one place."""

from types import MappingProxyType
from typing import Any, Final

from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
)
from typing_extensions import override

from domain.failures import (
    ConflictError,
    CredentialsError,
    NotReadyError,
    OutcomeUnknownError,
    PerennialError,
    RejectedError,
    ThrottledError,
    UnavailableError,
    UnknownEntityError,
)
from domain.transitions import IllegalTransitionError

IS_RETRYABLE: Final = MappingProxyType[type[PerennialError], bool](
    {
        # A failure without a verdict of its own is retried: waiting loses less than giving up.
        PerennialError: True,
        RejectedError: False,
        ConflictError: False,
        UnknownEntityError: False,
        IllegalTransitionError: False,
        UnavailableError: True,
        ThrottledError: True,
        NotReadyError: True,
        # An operator fixes credentials while the workflow waits; giving up would lose the sale.
        CredentialsError: True,
        # The activity looks the object up before it acts again.
        OutcomeUnknownError: True,
    }
)
"""Whether Temporal retries the activity after this failure; every failure class has exactly one verdict."""

# Waiting for another system's backlog is normal and must not raise an alarm.
_EXPECTED: Final = (NotReadyError, ThrottledError)


def is_retryable(failure: PerennialError) -> bool:
    """Return the verdict of the failure's class, or of the nearest class above it that has one."""
    return next(IS_RETRYABLE[kind] for kind in type(failure).__mro__ if kind in IS_RETRYABLE)


def as_application_error(failure: PerennialError) -> ApplicationError:
    """Return the failure as Temporal's error, with its verdict and, if there is one, the requested pause."""
    return ApplicationError(
        str(failure),
        type=type(failure).__name__,
        non_retryable=not is_retryable(failure),
        next_retry_delay=failure.retry_after if isinstance(failure, ThrottledError) else None,
        category=(
            ApplicationErrorCategory.BENIGN
            if isinstance(failure, _EXPECTED)
            else ApplicationErrorCategory.UNSPECIFIED
        ),
    )


class FailureInterceptor(Interceptor):
    """Worker interceptor that turns every `PerennialError` of an activity into Temporal's error."""

    @override
    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Return the next interceptor wrapped."""
        return _TranslateFailures(next)


MOST_SURPRISES: Final = 8
"""Tries after which an unexpected error is shown to an operator: about 20 seconds."""


class _TranslateFailures(ActivityInboundInterceptor):
    @override
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        try:
            return await super().execute_activity(input)
        except PerennialError as failure:
            # The cause is left out: a vendor's text may name people, and histories cannot be edited.
            raise as_application_error(failure) from None
        except ApplicationError:
            raise
        except Exception as error:
            if activity.info().attempt < MOST_SURPRISES:
                raise
            # An error of our own code: endless retries would hide it. The workflow goes on after `resume`.
            raise ApplicationError(
                f"unexpected {type(error).__name__}, see the worker's log",
                type="UnexpectedError",
                non_retryable=True,
            ) from None
