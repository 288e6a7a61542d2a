"""What Temporal is told about a failure."""

from datetime import timedelta

import pytest
from temporalio.exceptions import ApplicationErrorCategory

from activities.failures import as_application_error, is_retryable
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


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (RejectedError("x"), False),
        (ConflictError("x"), False),
        (UnknownEntityError("x"), False),
        (UnavailableError("x"), True),
        (ThrottledError("x"), True),
        (NotReadyError("x"), True),
        (CredentialsError("x"), True),
        (OutcomeUnknownError("x"), True),
    ],
)
def test_a_refusal_is_final_and_an_outage_is_not(failure: PerennialError, expected: bool):
    assert is_retryable(failure) is expected
    error = as_application_error(failure)
    assert error.non_retryable is not expected
    assert error.type == type(failure).__name__


def test_a_failure_of_a_new_kind_has_the_verdict_of_its_parent():
    class NotSoldHereError(RejectedError):
        pass

    assert not is_retryable(NotSoldHereError("x"))


def test_the_pause_that_a_vendor_asks_for_is_kept():
    pause = timedelta(seconds=7)
    assert as_application_error(ThrottledError("slow", pause)).next_retry_delay == pause


def test_waiting_for_another_system_is_no_alarm():
    assert as_application_error(NotReadyError("x")).category is ApplicationErrorCategory.BENIGN
    assert (
        as_application_error(UnavailableError("x")).category is ApplicationErrorCategory.UNSPECIFIED
    )
