"""The small part of SOQL."""

import httpx
import pytest

from tests.unit.sandbox.salesforce.conftest import ROOT, upsert


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("SELECT Name FROM Account WHERE Perennial_Id__c = 'ACC-2'", ["Bolt"]),
        ("SELECT Id, Name FROM Account WHERE Name = 'acme' AND Perennial_Id__c != 'x'", ["Acme"]),
        (
            "SELECT Name FROM Account WHERE Perennial_Id__c IN ('acc-1', 'acc-3')",
            ["Acme", "O'Neil"],
        ),
        ("SELECT Name FROM Account WHERE Name = 'O\\'Neil'", ["O'Neil"]),
        ("select Name from Account order by Name desc limit 2", ["O'Neil", "Bolt"]),
        ("SELECT Name FROM Account WHERE SystemModstamp > 2026-03-02T09:00:00Z LIMIT 1", ["Acme"]),
        ("SELECT Name FROM Account WHERE Industry = null AND Name > 'B' LIMIT 1", ["Bolt"]),
    ],
)
async def test_a_query_finds_what_it_describes(
    org: httpx.AsyncClient, query: str, names: list[str]
) -> None:
    for number, name in enumerate(("Acme", "Bolt", "O'Neil"), start=1):
        await upsert(org, "Account", f"acc-{number}", {"Name": name})
    answer = (await org.get(f"{ROOT}/query", params={"q": query})).json()
    assert [record["Name"] for record in answer["records"]] == names
    assert (answer["totalSize"], answer["done"]) == (len(names), True)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("DELETE FROM Account", "MALFORMED_QUERY"),
        ("SELECT Name FROM Account WHERE Name LIKE 'A%'", "MALFORMED_QUERY"),
        ("SELECT Name FROM Account WHERE Name = 'A' AND", "MALFORMED_QUERY"),
        ("SELECT Colour FROM Account", "INVALID_FIELD"),
        ("SELECT Name FROM Contact", "INVALID_TYPE"),
    ],
)
async def test_a_query_that_is_not_understood_is_refused(
    org: httpx.AsyncClient, query: str, code: str
) -> None:
    reply = await org.get(f"{ROOT}/query", params={"q": query})
    assert (reply.status_code, reply.json()[0]["errorCode"]) == (400, code)
