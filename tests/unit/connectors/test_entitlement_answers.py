"""Answers that no entitlement service should give: pages, halves, floods and redirects."""

import gzip
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from typing_extensions import override

from connectors import http_exchange
from connectors.entitlement_service import EntitlementSettings, RestEntitlementService
from domain.entitlements.grants import FeatureQuantity, Grant
from domain.entitlements.holds import Hold
from domain.failures import (
    OutcomeUnknownError,
    PerennialError,
    ThrottledError,
    UnavailableError,
)

START = datetime(2026, 3, 1, tzinfo=UTC)
HTML = b"<!doctype html><title>Sign in</title>"
Answers = Callable[[httpx.Request], httpx.Response]


def grant() -> Grant:
    return Grant(
        grant_id="sub-1-0001",
        version=2,
        account_id="acc-1",
        subscription_id="sub-1",
        features=(FeatureQuantity(key="seats", quantity=5),),
        starts_at=START,
        until=START + timedelta(days=60),
    )


def hold() -> Hold:
    return Hold(
        hold_id="sub-1-hold",
        version=2,
        account_id="acc-1",
        subscription_id="sub-1",
        is_active=True,
        reason="overdue",
        starts_at=START,
    )


def answering(status: int, content: bytes, **headers: str) -> Answers:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(status, content=content, headers=headers)

    return answer


async def with_service(
    answers: Answers, call: Callable[[RestEntitlementService], Awaitable[object]]
) -> None:
    """Call an entitlement service that gives these answers."""
    service = RestEntitlementService(EntitlementSettings(base_address="http://e", api_key="k"))
    await service.aclose()
    service._client = httpx.AsyncClient(base_url="http://e", transport=httpx.MockTransport(answers))
    try:
        await call(service)
    finally:
        await service.aclose()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        HTML,
        b"[]",
        b"{}",
        b'{"version": "2"}',
        b'{"version": true}',
        b'{"version": 1}',
        b'{"version": 2',
    ],
)
async def test_a_success_that_does_not_name_the_version_unlocks_nothing(content: bytes):
    answers = answering(200, content)
    with pytest.raises(OutcomeUnknownError):
        await with_service(answers, lambda service: service.put_grant(grant()))
    with pytest.raises(OutcomeUnknownError):
        await with_service(answers, lambda service: service.put_hold(hold()))


@pytest.mark.parametrize("content", [b'{"version": 2}', b'{"version": 3, "more": 1}'])
async def test_this_version_or_a_higher_one_is_what_was_asked_for(content: bytes):
    answers = answering(200, content)
    await with_service(answers, lambda service: service.put_grant(grant()))
    await with_service(answers, lambda service: service.put_hold(hold()))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        HTML,
        b"null",
        b"[]",
        b"{}",
        b'{"features": [], "grants": [], "holds": []}',
        b'{"features": {"seats": "many"}, "grants": [], "holds": []}',
    ],
)
async def test_access_that_makes_no_sense_is_asked_for_again(content: bytes):
    with pytest.raises(UnavailableError):
        await with_service(answering(200, content), lambda service: service.read_access("a"))


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_not_followed_and_nothing_was_done(status: int):
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        return httpx.Response(status, headers={"Location": "http://elsewhere/steal"})

    with pytest.raises(UnavailableError):
        await with_service(answer, lambda service: service.put_grant(grant()))
    assert seen == ["http://e/v1/accounts/acc-1/grants/sub-1-0001"]


@pytest.mark.parametrize("pause", ["1", "3600", "9" * 40])
async def test_a_paid_customer_never_waits_long_for_a_busy_service(pause: str):
    answers = answering(429, b"", **{"Retry-After": pause})
    with pytest.raises(ThrottledError) as raised:
        await with_service(answers, lambda service: service.put_grant(grant()))
    assert raised.value.retry_after is not None
    assert raised.value.retry_after <= timedelta(seconds=10)


async def test_an_answer_that_cannot_be_unpacked_is_no_answer():
    def streamed(_: httpx.Request) -> httpx.Response:
        return httpx.Response(
            200, headers={"Content-Encoding": "gzip"}, stream=Chunks(iter([b"no gzip at all"]))
        )

    with pytest.raises(OutcomeUnknownError):
        await with_service(streamed, lambda service: service.put_grant(grant()))
    with pytest.raises(UnavailableError):
        await with_service(streamed, lambda service: service.read_access("a"))


class Chunks(httpx.AsyncByteStream):
    """A body that is sent piece by piece; it counts what was taken."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts = parts
        self.taken = 0

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self._parts:
            self.taken += 1
            yield part


async def test_an_answer_that_comes_in_several_parts_is_put_together():
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=Chunks(iter([b'{"ver', b"", b'sion": 2}'])))

    await with_service(answer, lambda service: service.put_grant(grant()))


@pytest.mark.parametrize("status", [408, 500, 502, 504])
async def test_a_read_that_breaks_may_be_repeated_and_a_write_may_have_had_its_effect(status: int):
    answers = answering(status, b"")
    with pytest.raises(UnavailableError):
        await with_service(answers, lambda service: service.read_access("a"))
    with pytest.raises(OutcomeUnknownError):
        await with_service(answers, lambda service: service.put_grant(grant()))


@pytest.mark.parametrize("is_packed", [False, True])
async def test_a_flood_is_cut_off(is_packed: bool):
    part = gzip.compress(b"x" * 30_000_000) if is_packed else b"x" * 1_000_000
    headers = {"Content-Encoding": "gzip"} if is_packed else {}
    flood = Chunks(iter([part] * (1 if is_packed else 1000)))

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers=headers, stream=flood)

    with pytest.raises(OutcomeUnknownError):
        await with_service(answer, lambda service: service.put_grant(grant()))
    assert flood.taken <= http_exchange.LARGEST_ANSWER_BYTES // 1_000_000 + 1


async def test_a_refusal_is_told_without_addresses_and_in_one_line():
    answers = answering(422, b'{"detail": "ada@acme.example\\nFAKE log line"}')
    with pytest.raises(PerennialError) as raised:
        await with_service(answers, lambda service: service.put_grant(grant()))
    assert "\n" not in str(raised.value)
    assert "ada@acme" not in str(raised.value)
