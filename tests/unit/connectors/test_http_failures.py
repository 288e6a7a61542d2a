"""What transport errors and statuses mean."""

from datetime import timedelta

import httpx
import pytest

from connectors.http_failures import retry_after, status_failure, transport_failure
from domain.failures import (
    ConflictError,
    CredentialsError,
    OutcomeUnknownError,
    PerennialError,
    RejectedError,
    ThrottledError,
    UnavailableError,
    UnknownEntityError,
)


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (httpx.ConnectError(""), UnavailableError),
        (httpx.ConnectTimeout(""), UnavailableError),
        (httpx.PoolTimeout(""), UnavailableError),
        (httpx.ReadTimeout(""), OutcomeUnknownError),
        (httpx.WriteTimeout(""), OutcomeUnknownError),
        (httpx.ReadError(""), OutcomeUnknownError),
        (httpx.WriteError(""), OutcomeUnknownError),
        (httpx.RemoteProtocolError(""), OutcomeUnknownError),
    ],
)
def test_only_a_call_that_never_left_is_known_to_have_had_no_effect(
    error: Exception, failure: type[PerennialError]
):
    assert type(transport_failure(error, system="X")) is failure
    assert type(transport_failure(error, system="X", is_read=True)) is UnavailableError


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (300, RejectedError),
        (400, RejectedError),
        (401, CredentialsError),
        (403, CredentialsError),
        (404, UnknownEntityError),
        (408, OutcomeUnknownError),
        (409, ConflictError),
        (422, RejectedError),
        (429, ThrottledError),
        (500, OutcomeUnknownError),
        (502, OutcomeUnknownError),
        (503, UnavailableError),
        (504, OutcomeUnknownError),
        (599, OutcomeUnknownError),
    ],
)
def test_every_status_means_exactly_one_failure(status: int, failure: type[PerennialError]):
    assert type(status_failure(status, system="X")) is failure


@pytest.mark.parametrize("status", [408, 500, 502, 504])
def test_a_read_without_answer_is_merely_unavailable(status: int):
    assert type(status_failure(status, system="X", is_read=True)) is UnavailableError


def test_a_throttle_carries_the_pause_that_was_asked_for():
    failure = status_failure(429, system="X", headers=httpx.Headers({"Retry-After": "7"}))
    assert isinstance(failure, ThrottledError)
    assert failure.retry_after == timedelta(seconds=7)


@pytest.mark.parametrize(
    ("headers", "pause"),
    [
        ({}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "0"}, timedelta()),
        (
            {
                "Retry-After": "Sun, 22 Nov 2026 12:01:30 GMT",
                "Date": "Sun, 22 Nov 2026 12:00:00 GMT",
            },
            timedelta(seconds=90),
        ),
        (
            {
                "Retry-After": "Sun, 22 Nov 2026 11:00:00 GMT",
                "Date": "Sun, 22 Nov 2026 12:00:00 GMT",
            },
            timedelta(),
        ),
        ({"Retry-After": "Sun, 22 Nov 2026 12:01:30 GMT"}, None),
    ],
)
def test_a_pause_is_read_as_seconds_or_as_a_date_after_the_answers_own(
    headers: dict[str, str], pause: timedelta | None
):
    assert retry_after(httpx.Headers(headers)) == pause


def test_the_other_sides_words_are_cut():
    assert len(str(status_failure(400, system="X", detail="y" * 1000))) < 400
