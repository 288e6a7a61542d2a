"""Upsert, reads and field rules."""

from typing import Any

import httpx
import pytest

from tests.unit.sandbox.salesforce.conftest import DEAL, ROOT, upsert


async def test_an_upsert_creates_once_and_then_updates_the_same_record(
    org: httpx.AsyncClient,
) -> None:
    created = await upsert(org, "Account", "acc-1", {"Name": "Acme"})
    updated = await upsert(org, "Account", "ACC-1", {"Name": "Acme Inc"})
    assert (created.status_code, updated.status_code) == (201, 200)
    assert created.json()["id"] == updated.json()["id"]
    record = (await org.get(f"{ROOT}/sobjects/Account/Perennial_Id__c/acc-1")).json()
    assert (record["Name"], record["Perennial_Id__c"]) == ("Acme Inc", "acc-1")
    assert created.headers["Sforce-Limit-Info"].startswith("api-usage=")


async def test_update_only_never_creates(org: httpx.AsyncClient) -> None:
    reply = await upsert(org, "Account", "acc-1", {"Name": "Acme"}, updateOnly="true")
    assert reply.status_code == 404


async def test_a_record_is_read_by_its_id_of_15_or_18_characters(org: httpx.AsyncClient) -> None:
    record_id = (await upsert(org, "Account", "acc-1", {"Name": "Acme"})).json()["id"]
    assert len(record_id) == 18
    for form in (record_id, record_id[:15]):
        reply = await org.get(f"{ROOT}/sobjects/Account/{form}", params={"fields": "Name"})
        assert reply.json()["Name"] == "Acme"


async def test_an_external_id_may_hold_a_slash(org: httpx.AsyncClient) -> None:
    await upsert(org, "Task", "invoice%2F1%2Freminder", {"Subject": "Call"})
    reply = await org.get(f"{ROOT}/sobjects/Task/Perennial_Id__c/invoice%2F1%2Freminder")
    assert reply.json()["Perennial_Id__c"] == "invoice/1/reminder"


async def test_several_records_with_one_external_id_are_a_300(org: httpx.AsyncClient) -> None:
    await upsert(org, "Account", "acc-1", {"Name": "Acme"})
    twin = {"object": "Account", "external_id": "acc-1"}
    await org.post("/salesforce/_control/duplicate", json=twin)
    reply = await upsert(org, "Account", "acc-1", {"Name": "Acme Inc"})
    assert reply.status_code == 300
    assert len(reply.json()) == 2


@pytest.mark.parametrize(
    ("fields", "code", "named"),
    [
        (DEAL | {"Perennial_Id__c": "opp-1"}, "INVALID_FIELD", ["Perennial_Id__c"]),
        (DEAL | {"Colour": "red"}, "INVALID_FIELD", None),
        ({"Name": "Acme"}, "REQUIRED_FIELD_MISSING", ["StageName", "CloseDate"]),
        (DEAL | {"StageName": "Won!"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", ["StageName"]),
        (DEAL | {"Name": "n" * 121}, "STRING_TOO_LONG", ["Name"]),
        (DEAL | {"NextStep": "n" * 256}, "STRING_TOO_LONG", ["NextStep"]),
        (DEAL | {"CloseDate": "31.03.2026"}, "JSON_PARSER_ERROR", ["CloseDate"]),
        (DEAL | {"IsWon": True}, "INVALID_FIELD_FOR_INSERT_UPDATE", ["IsWon"]),
        (DEAL | {"AccountId": "001000000000000AAA"}, "INVALID_CROSS_REFERENCE_KEY", ["AccountId"]),
        (DEAL | {"Account": {"Perennial_Id__c": "acc-9"}}, "INVALID_FIELD", None),
    ],
)
async def test_fields_that_are_not_valid_are_an_error_array(
    org: httpx.AsyncClient, fields: dict[str, Any], code: str, named: list[str] | None
) -> None:
    reply = await upsert(org, "Opportunity", "opp-1", fields)
    assert reply.status_code == 400
    (error,) = reply.json()
    assert error["errorCode"] == code
    assert error.get("fields") == named


@pytest.mark.parametrize(
    ("stage", "is_closed", "is_won"),
    [("Prospecting", False, False), ("Closed Won", True, True), ("Closed Lost", True, False)],
)
async def test_won_and_closed_follow_from_the_stage(
    org: httpx.AsyncClient, stage: str, is_closed: bool, is_won: bool
) -> None:
    await upsert(org, "Opportunity", "opp-1", DEAL)
    await upsert(org, "Opportunity", "opp-1", {"StageName": stage})
    record = (await org.get(f"{ROOT}/sobjects/Opportunity/Perennial_Id__c/opp-1")).json()
    assert (record["IsClosed"], record["IsWon"]) == (is_closed, is_won)


async def test_a_relation_by_external_id_points_at_the_account(org: httpx.AsyncClient) -> None:
    account = (await upsert(org, "Account", "acc-1", {"Name": "Acme"})).json()["id"]
    await upsert(org, "Opportunity", "opp-1", DEAL | {"Account": {"Perennial_Id__c": "acc-1"}})
    record = (await org.get(f"{ROOT}/sobjects/Opportunity/Perennial_Id__c/opp-1")).json()
    assert record["AccountId"] == account


async def test_a_scripted_fault_is_an_error_array(org: httpx.AsyncClient) -> None:
    await org.post("/_faults/salesforce", json={"fault": "status", "status": 503, "times": 1})
    reply = await upsert(org, "Account", "acc-1", {"Name": "Acme"})
    assert (reply.status_code, reply.json()[0]["errorCode"]) == (503, "SERVER_UNAVAILABLE")


async def test_the_page_shows_the_stage_of_each_opportunity(org: httpx.AsyncClient) -> None:
    await upsert(org, "Account", "acc-1", {"Name": "Acme"})
    await upsert(org, "Opportunity", "opp-1", DEAL | {"Amount": 1190.5})
    await upsert(org, "Task", "task-1", {"Subject": "Call"})
    page = await org.get("/salesforce/")
    assert page.status_code == 200
    assert "Prospecting" in page.text
