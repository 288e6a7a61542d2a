"""What transport errors and statuses mean."""

from datetime import timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.http_failures import retry_after, status_failure, transport_failure
from connectors.vendor_words import vendor_words
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
        (httpx.UnsupportedProtocol(""), UnavailableError),
        (httpx.ReadTimeout(""), OutcomeUnknownError),
        (httpx.WriteTimeout(""), OutcomeUnknownError),
        (httpx.ReadError(""), OutcomeUnknownError),
        (httpx.WriteError(""), OutcomeUnknownError),
        (httpx.RemoteProtocolError(""), OutcomeUnknownError),
        (httpx.DecodingError(""), OutcomeUnknownError),
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
        (301, UnavailableError),
        (302, UnavailableError),
        (303, OutcomeUnknownError),
        (304, RejectedError),
        (307, UnavailableError),
        (308, UnavailableError),
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
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "1.5"}, None),
        ({"Retry-After": "٣"}, None),
        ({"Retry-After": "86400"}, timedelta(minutes=10)),
        ({"Retry-After": "9" * 400}, timedelta(minutes=10)),
        ({"Retry-After": "9" * 5000}, timedelta(minutes=10)),
        (
            {
                "Retry-After": "Sun, 22 Nov 2037 12:01:30 GMT",
                "Date": "Sun, 22 Nov 2026 12:00:00 GMT",
            },
            timedelta(minutes=10),
        ),
        ({"Retry-After": "Sun, 22 Nov 2026 12:01:30 GMT", "Date": "yesterday"}, None),
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
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    assert retry_after(httpx.Headers(pairs)) == pause


def test_maintenance_may_say_how_long_it_takes():
    failure = status_failure(503, system="X", headers=httpx.Headers({"Retry-After": "120"}))
    assert isinstance(failure, ThrottledError)
    assert failure.retry_after == timedelta(seconds=120)
    assert type(status_failure(503, system="X")) is UnavailableError


def test_the_other_sides_words_are_one_line_without_addresses():
    said = 'no "Ada@acme.example"\r\n2026-01-01 ERROR forged\x1b[31m \x00(<bob@x.org>)'
    told = str(status_failure(400, system="X", detail=said))
    assert told == 'X answered 400: no "(address)" 2026-01-01 ERROR forged[31m (<(address)>)'


@given(st.text())
def test_whatever_is_said_can_be_logged_and_kept(said: str):
    told = vendor_words(said)
    assert told.isprintable()
    assert len(told) <= 300
    told.encode()


def test_the_other_sides_words_are_cut():
    assert len(str(status_failure(400, system="X", detail="y" * 1000))) < 400
