"""The Salesforce connector against the sandbox's org, and its error table."""

import dataclasses

import httpx
import pytest

from connectors.salesforce.crm import SalesforceCrm
from connectors.salesforce.failures import FAILURE_BY_CODE, Refusal, failure_of, refusal_of
from connectors.salesforce.settings import SalesforceSettings
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
from tests.unit.connectors.conftest import Sandbox, account, usd
from tests.unit.connectors.salesforce_org import lost, record, task, won


async def test_a_won_opportunity_belongs_to_the_account_and_counts_as_won(
    crm: SalesforceCrm, salesforce_settings: SalesforceSettings, name: str
):
    await crm.win_opportunity(account(name), won(name))
    owner = await record(salesforce_settings, "Account", f"acc-{name}")
    opportunity = await record(salesforce_settings, "Opportunity", f"opp-{name}")
    assert owner["Name"] == "Ada Lovelace Ltd"
    assert opportunity["AccountId"] == owner["Id"]
    assert (opportunity["IsWon"], opportunity["Amount"]) == (True, 49.99)


@pytest.mark.parametrize(
    "evil",
    [
        "@{account.id}",
        "Acme @{nobody.id} Ltd",
        "@@{account.id}",
        "@{account.id",
        "Acme' OR Name != '",
        '"},{"',
        "Ünïcode 名前 <b>",
        "x" * 200,
    ],
)
async def test_a_name_is_only_a_name(
    crm: SalesforceCrm, salesforce_settings: SalesforceSettings, name: str, evil: str
):
    await crm.win_opportunity(account(name, name=evil), won(name))
    owner = await record(salesforce_settings, "Account", f"acc-{name}")
    opportunity = await record(salesforce_settings, "Opportunity", f"opp-{name}")
    assert owner["Name"] == evil.replace("@{", "@ {")
    assert opportunity["Name"] == f"{evil}: team".replace("@{", "@ {")[:120]
    assert opportunity["AccountId"] == owner["Id"]


@pytest.mark.parametrize("field", ["BillingCountry", "BillingCountryCode"])
async def test_the_country_stands_in_the_field_that_the_org_fills(
    salesforce_settings: SalesforceSettings, name: str, field: str
):
    crm = SalesforceCrm(dataclasses.replace(salesforce_settings, country_field=field))
    await crm.win_opportunity(account(name), won(name))
    await crm.aclose()
    owner = await record(salesforce_settings, "Account", f"acc-{name}")
    countries = {key: value for key, value in owner.items() if key.startswith("BillingCountry")}
    assert {key: value for key, value in countries.items() if value is not None} == {field: "DE"}


async def test_words_longer_than_their_field_are_cut(
    crm: SalesforceCrm, salesforce_settings: SalesforceSettings, name: str
):
    await crm.win_opportunity(account(name, name="n" * 300), won(name))
    await crm.lose_opportunity(dataclasses.replace(lost(name), reason="r" * 300))
    await crm.add_task(dataclasses.replace(task(name), subject="s" * 300))
    owner = await record(salesforce_settings, "Account", f"acc-{name}")
    left = await record(salesforce_settings, "Task", f"sub-{name}-0001.declined")
    assert (len(owner["Name"]), len(left["Subject"])) == (255, 255)


async def test_winning_twice_leaves_one_account_and_one_opportunity(
    crm: SalesforceCrm, salesforce_settings: SalesforceSettings, name: str
):
    await crm.win_opportunity(account(name), won(name))
    first = await record(salesforce_settings, "Opportunity", f"opp-{name}")
    await crm.win_opportunity(account(name), won(name))
    again = await record(salesforce_settings, "Opportunity", f"opp-{name}")
    assert again["Id"] == first["Id"]


async def test_a_stage_that_does_not_count_as_won_is_refused(
    salesforce_settings: SalesforceSettings, name: str
):
    crm = SalesforceCrm(dataclasses.replace(salesforce_settings, won_stage="Prospecting"))
    with pytest.raises(RejectedError, match="does not count as won"):
        await crm.win_opportunity(account(name), won(name))
    await crm.aclose()


async def test_a_lost_opportunity_is_closed_and_not_won(
    crm: SalesforceCrm, salesforce_settings: SalesforceSettings, name: str
):
    await crm.win_opportunity(account(name), won(name))
    for _ in range(2):
        await crm.lose_opportunity(lost(name))
    opportunity = await record(salesforce_settings, "Opportunity", f"opp-{name}")
    assert (opportunity["IsClosed"], opportunity["IsWon"]) == (True, False)


async def test_an_opportunity_that_the_crm_never_saw_is_not_created_to_be_lost(
    crm: SalesforceCrm, salesforce_settings: SalesforceSettings, name: str
):
    await crm.lose_opportunity(lost(name))
    with pytest.raises(httpx.HTTPStatusError):
        await record(salesforce_settings, "Opportunity", f"opp-{name}")


@pytest.mark.parametrize("kind", ["Account", "Opportunity"])
async def test_a_task_is_left_once_on_what_it_is_about(
    crm: SalesforceCrm, salesforce_settings: SalesforceSettings, name: str, kind: str
):
    await crm.win_opportunity(account(name), won(name))
    about = f"opp-{name}" if kind == "Opportunity" else None
    for _ in range(2):
        await crm.add_task(task(name, about))
    left = await record(salesforce_settings, "Task", f"sub-{name}-0001.declined")
    subject = await record(salesforce_settings, kind, about or f"acc-{name}")
    assert (left["Subject"], left["WhatId"]) == ("Call the customer", subject["Id"])


async def test_a_task_about_an_account_that_is_not_there_yet_waits(crm: SalesforceCrm, name: str):
    with pytest.raises(NotReadyError):
        await crm.add_task(task(name))


async def test_an_expired_session_is_renewed_once(
    crm: SalesforceCrm, sandbox: Sandbox, salesforce_settings: SalesforceSettings, name: str
):
    await crm.win_opportunity(account(name), won(name))
    token = crm._session._token
    assert token is not None
    crm._session._token = dataclasses.replace(token, value="expired")
    await crm.win_opportunity(account(name), won(name))
    assert crm._session._token.value != "expired"


async def test_wrong_client_credentials_are_a_matter_of_credentials(
    salesforce_settings: SalesforceSettings, name: str
):
    crm = SalesforceCrm(dataclasses.replace(salesforce_settings, client_secret="wrong"))
    with pytest.raises(CredentialsError):
        await crm.win_opportunity(account(name), won(name))
    await crm.aclose()


async def test_a_composite_whose_answer_was_lost_may_be_repeated(
    crm: SalesforceCrm, sandbox: Sandbox, salesforce_settings: SalesforceSettings, name: str
):
    await crm.win_opportunity(account(name), won(name))
    sandbox.fault("salesforce", fault="lost_response", times=1, match="composite")
    with pytest.raises(OutcomeUnknownError):
        await crm.win_opportunity(account(name), won(name))
    await crm.win_opportunity(account(name), won(name))
    assert (await record(salesforce_settings, "Opportunity", f"opp-{name}"))["IsWon"]


async def test_a_dead_org_is_unavailable(crm: SalesforceCrm, sandbox: Sandbox, name: str):
    sandbox.fault("salesforce", fault="down")
    with pytest.raises(UnavailableError):
        await crm.win_opportunity(account(name), won(name))


async def test_an_amount_of_more_digits_than_a_double_keeps_is_refused(
    crm: SalesforceCrm, name: str
):
    with pytest.raises(RejectedError, match="too many digits"):
        await crm.win_opportunity(account(name), won(name, usd(10**15)))


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        ("INVALID_SESSION_ID", CredentialsError),
        ("invalid_client", CredentialsError),
        ("UNABLE_TO_LOCK_ROW", UnavailableError),
        ("SERVER_UNAVAILABLE", UnavailableError),
        ("REQUEST_LIMIT_EXCEEDED", ThrottledError),
        ("REQUIRED_FIELD_MISSING", RejectedError),
        ("FIELD_CUSTOM_VALIDATION_EXCEPTION", RejectedError),
        ("INVALID_FIELD", RejectedError),
        ("INSUFFICIENT_ACCESS_OR_READONLY", RejectedError),
        ("DUPLICATES_DETECTED", ConflictError),
        ("DUPLICATE_VALUE", UnavailableError),
        ("INVALID_CROSS_REFERENCE_KEY", NotReadyError),
        ("NOT_FOUND", UnknownEntityError),
    ],
)
def test_every_error_code_means_exactly_one_failure(code: str, failure: type[PerennialError]):
    refusal = refusal_of([{"errorCode": code, "message": "said", "fields": ["Name"]}])
    found = failure_of(400, refusal)
    assert type(found) is failure
    assert "(Name)" in str(found)


@pytest.mark.parametrize(
    ("status", "failure"),
    [(300, ConflictError), (400, RejectedError), (500, OutcomeUnknownError)],
)
def test_a_code_that_is_not_in_the_table_is_judged_by_its_status(
    status: int, failure: type[PerennialError]
):
    assert "NEVER_HEARD_OF" not in FAILURE_BY_CODE
    assert type(failure_of(status, Refusal(code="NEVER_HEARD_OF", message="said"))) is failure


@pytest.mark.parametrize("body", [None, [], {}, [1], "text"])
def test_an_error_without_content_is_read_as_empty(body: object):
    assert refusal_of(body) == Refusal(code="", message="")
