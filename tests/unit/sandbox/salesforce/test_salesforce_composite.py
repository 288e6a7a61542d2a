"""Several calls in one."""

import httpx

from tests.unit.sandbox.salesforce.conftest import DEAL, ROOT, call, composite


async def test_a_composite_call_uses_the_result_of_an_earlier_one(org: httpx.AsyncClient) -> None:
    account, deal = await composite(
        org,
        call("account", "Account", "acc-1", {"Name": "Acme"}),
        call("deal", "Opportunity", "opp-1", DEAL | {"AccountId": "@{account.id}"}),
    )
    assert (account["httpStatusCode"], deal["httpStatusCode"]) == (201, 201)
    record = (await org.get(f"{ROOT}/sobjects/Opportunity/Perennial_Id__c/opp-1")).json()
    assert record["AccountId"] == account["body"]["id"]


async def test_all_or_none_undoes_everything_and_says_who_failed(org: httpx.AsyncClient) -> None:
    account, deal = await composite(
        org,
        call("account", "Account", "acc-1", {"Name": "Acme"}),
        call("deal", "Opportunity", "opp-1", {"Name": "Acme"}),
    )
    assert account["body"][0]["errorCode"] == "PROCESSING_HALTED"
    assert deal["body"][0]["errorCode"] == "REQUIRED_FIELD_MISSING"
    assert (await org.get(f"{ROOT}/sobjects/Account/Perennial_Id__c/acc-1")).status_code == 404
    assert (await org.get("/_journal/salesforce")).json() == []


async def test_without_all_or_none_the_calls_that_work_stay(org: httpx.AsyncClient) -> None:
    answers = await composite(
        org,
        call("deal", "Opportunity", "opp-1", {"Name": "Acme"}),
        call("account", "Account", "acc-1", {"Name": "Acme"}),
        call("task", "Task", "task-1", {"Subject": "Call", "WhatId": "@{deal.id}"}),
        strict=False,
    )
    assert [answer["httpStatusCode"] for answer in answers] == [400, 201, 400]
    assert answers[2]["body"][0]["errorCode"] == "PROCESSING_HALTED"
    assert (await org.get(f"{ROOT}/sobjects/Account/Perennial_Id__c/acc-1")).status_code == 200


async def test_more_than_25_calls_are_refused(org: httpx.AsyncClient) -> None:
    calls = [call(f"a{n}", "Account", f"acc-{n}", {"Name": "Acme"}) for n in range(26)]
    reply = await org.post(f"{ROOT}/composite", json={"compositeRequest": calls})
    assert (reply.status_code, reply.json()[0]["errorCode"]) == (400, "LIMIT_EXCEEDED")
