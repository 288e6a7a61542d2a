"""Answers that no org should give: pages, halves and redirects, with a status that looks fine."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import httpx
import pytest

from connectors.salesforce.crm import SalesforceCrm
from connectors.salesforce.failures import Refusal, failure_of
from connectors.salesforce.settings import SalesforceSettings
from domain.effects.outbox import LoseOpportunity, WinOpportunity
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
from tests.unit.connectors.conftest import account, day, usd

HTML = b"<!doctype html><title>Sign in</title>"
Answers = Callable[[httpx.Request], httpx.Response]


def answering(status: int, content: bytes, **headers: str) -> Answers:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(status, content=content, headers=headers)

    return answer


TOKEN = b'{"access_token": "t", "instance_url": "http://org/"}'
WON = WinOpportunity(
    opportunity_id="opp-1",
    account_id="acc-1",
    subscription_id="sub-1",
    plan="team",
    amount=usd(4900),
    closed_on=day(),
)
LOST = LoseOpportunity(opportunity_id="opp-1", account_id="acc-1", reason="unpaid", closed_on=day())


async def with_org(answers: Answers, call: Callable[[SalesforceCrm], Awaitable[object]]) -> None:
    """Call an org that grants tokens and gives these answers to everything else."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/oauth2/token"):
            return httpx.Response(200, content=TOKEN)
        return answers(request)

    crm = SalesforceCrm(
        SalesforceSettings(login_address="http://login", client_id="c", client_secret="s")
    )
    await crm.aclose()
    crm._session._client = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    try:
        await call(crm)
    finally:
        await crm.aclose()


def composite(*parts: str) -> bytes:
    return f'{{"compositeResponse": [{", ".join(parts)}]}}'.encode()


def part(name: str, status: object = 200, body: str = "{}") -> str:
    return f'{{"referenceId": "{name}", "httpStatusCode": {status}, "body": {body}}}'


@pytest.mark.parametrize(
    "content",
    [
        b"",
        HTML,
        b"[]",
        b"{}",
        b'{"compositeResponse": 5}',
        composite(),
        composite(part("account"), part("opportunity")),
        composite(part("account"), part("opportunity"), part("account")),
        composite(part("account"), part("opportunity"), part("outcome", '"200"')),
        composite(part("account"), part("opportunity"), "1"),
        composite(part("account"), part("opportunity"), '{"referenceId": "outcome"}'),
    ],
)
async def test_a_composite_that_does_not_answer_each_step_tells_nothing(content: bytes):
    with pytest.raises(OutcomeUnknownError):
        await with_org(answering(200, content), lambda crm: crm.win_opportunity(account("1"), WON))
    with pytest.raises(UnavailableError):
        await with_org(answering(200, content), lambda crm: crm.lose_opportunity(LOST))


async def test_the_steps_of_a_composite_are_known_by_name_not_by_place():
    content = composite(
        part("outcome", body='{"IsWon": true}'), part("opportunity", 201), part("account", 201)
    )
    await with_org(answering(200, content), lambda crm: crm.win_opportunity(account("1"), WON))


@pytest.mark.parametrize(
    ("status", "content", "failure"),
    [
        (401, HTML, CredentialsError),
        (302, b"", UnavailableError),
        (300, b"[]", ConflictError),
        (503, HTML, UnavailableError),
        (403, b'[{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "x"}]', ThrottledError),
    ],
)
async def test_an_org_that_is_not_there_is_one_failure(
    status: int, content: bytes, failure: type[PerennialError]
):
    with pytest.raises(failure):
        await with_org(
            answering(status, content), lambda crm: crm.win_opportunity(account("1"), WON)
        )


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        ("INVALID_SESSION_ID", CredentialsError),
        ("INVALID_AUTH_HEADER", CredentialsError),
        ("invalid_client", CredentialsError),
        ("invalid_client_id", CredentialsError),
        ("invalid_grant", CredentialsError),
        ("API_DISABLED_FOR_ORG", CredentialsError),
        ("UNABLE_TO_LOCK_ROW", UnavailableError),
        ("SERVER_UNAVAILABLE", UnavailableError),
        ("REQUEST_LIMIT_EXCEEDED", ThrottledError),
        ("REQUIRED_FIELD_MISSING", RejectedError),
        ("FIELD_CUSTOM_VALIDATION_EXCEPTION", RejectedError),
        ("FIELD_INTEGRITY_EXCEPTION", RejectedError),
        ("INVALID_FIELD", RejectedError),
        ("INVALID_FIELD_FOR_INSERT_UPDATE", RejectedError),
        ("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", RejectedError),
        ("INVALID_TYPE", RejectedError),
        ("INSUFFICIENT_ACCESS", RejectedError),
        ("INSUFFICIENT_ACCESS_OR_READONLY", RejectedError),
        ("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", RejectedError),
        ("JSON_PARSER_ERROR", RejectedError),
        ("MALFORMED_ID", RejectedError),
        ("STRING_TOO_LONG", RejectedError),
        ("DUPLICATES_DETECTED", ConflictError),
        ("DUPLICATE_VALUE", UnavailableError),
        ("DUPLICATE_EXTERNAL_ID", UnavailableError),
        ("ENTITY_IS_DELETED", UnknownEntityError),
        ("INVALID_CROSS_REFERENCE_KEY", NotReadyError),
        ("NOT_FOUND", UnknownEntityError),
    ],
)
@pytest.mark.parametrize("status", [400, 500])
def test_the_code_decides_and_not_the_status(status: int, code: str, failure: type[PerennialError]):
    assert type(failure_of(status, Refusal(code=code, message="x"))) is failure


async def test_any_401_fetches_one_new_token():
    refused: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        refused.append(request.url.host)
        return httpx.Response(401, content=HTML)

    with pytest.raises(CredentialsError):
        await with_org(answer, lambda crm: crm.lose_opportunity(LOST))
    assert refused == ["org", "org"]


@pytest.mark.parametrize(
    ("said", "pause"),
    [("TotalRequests Limit exceeded.", timedelta(minutes=5)), ("ConcurrentRequests", None)],
)
async def test_a_spent_daily_allowance_is_not_asked_for_every_second(
    said: str, pause: timedelta | None
):
    content = f'[{{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "{said}"}}]'.encode()
    with pytest.raises(ThrottledError) as raised:
        await with_org(answering(403, content), lambda crm: crm.lose_opportunity(LOST))
    assert raised.value.retry_after == pause
