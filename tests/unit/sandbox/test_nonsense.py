"""A simulated system refuses every invalid request with its own errors; it never fails with a server error."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sandbox.app import build_app
from sandbox.journal import Journal
from sandbox.store import Store
from sandbox.world import World
from tests.unit.sandbox.workday.conftest import URL, Requests

ENTITLEMENTS = "/entitlements/v1/accounts/acc-1"
ORG = "/salesforce/services/data/v67.0"
OPPORTUNITY = "/services/data/v67.0/sobjects/Opportunity/Perennial_Id__c/a"
KEY = {"Authorization": "Bearer any"}
BEARER = {"Authorization": "Bearer sandbox-token"}

plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
json_values = st.recursive(
    plain,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


def grants(value: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    instants = value | st.sampled_from(
        ["2026-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"]
    )
    return st.fixed_dictionaries(
        {
            "subscription_id": value | st.just("sub-1"),
            "version": value | st.just(1),
            "features": value | st.dictionaries(st.text(max_size=5), st.integers(-1, 3) | plain),
            "from": instants,
            "until": instants,
        }
    )


def ask(call: Callable[[httpx.AsyncClient], Awaitable[httpx.Response]]) -> httpx.Response:
    """Return the answer of a new outside world; an exception of the app is an exception here."""

    async def asked() -> httpx.Response:
        store = Store(None)
        transport = httpx.ASGITransport(app=build_app(World(store=store, journal=Journal(store))))
        async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as client:
            return await call(client)

    return asyncio.run(asked())


@given(json_values | grants(json_values))
@example(
    {
        "subscription_id": "s",
        "version": 1,
        "features": {},
        "from": "0001-01-01T00:00:00+14:00",
        "until": "2026-01-01T00:00:00Z",
    }
)
def test_a_grant_is_taken_or_refused(body: Any) -> None:
    def put(client: httpx.AsyncClient) -> Awaitable[httpx.Response]:
        content = httpx.Request("PUT", "http://x", content=_json(body)).content
        return client.put(f"{ENTITLEMENTS}/grants/inv-1", content=content, headers=KEY)

    assert ask(put).status_code in {201, 400, 422}


@given(json_values)
def test_a_context_of_flags_is_taken_or_refused(context: Any) -> None:
    def post(client: httpx.AsyncClient) -> Awaitable[httpx.Response]:
        body = _json({"context": context})
        return client.post("/entitlements/ofrep/v1/evaluate/flags", content=body, headers=KEY)

    assert ask(post).status_code in {200, 400}


urls = st.text(max_size=20).map(lambda text: f"/services/data/v67.0/{text}") | st.sampled_from(
    [f"/services/data/v67.0/sobjects/{kind}/Perennial_Id__c/a" for kind in ("Opportunity", "Task")]
)
fields = st.dictionaries(
    st.sampled_from(["Name", "StageName", "CloseDate", "Amount", "AccountId", "Account", "WhatId"]),
    json_values | st.dictionaries(st.sampled_from(["type", "attributes", "Id"]), json_values),
)


@given(json_values | urls, json_values | fields)
@example("/services/data/v67.0/sobjects/Account/Perennial_Id__c/a", {"Name": ["x"]})
@example(OPPORTUNITY, {"Account": {"attributes": "x"}})
@example(OPPORTUNITY, {"Account": {"attributes": {"type": []}}})
@example(OPPORTUNITY, {"Account": {"type": {}, "Perennial_Id__c": []}})
@example(OPPORTUNITY, {"Account": {"type": 1}})
@example(OPPORTUNITY, {"StageName": [], "AccountId": "@{x[0].y}"})
@example("/services/data/v67.0/sobjects/Account/", {"Name": "x"})
@example("/services/data/v67.0/sobjects/Account/Perennial_Id__c/@{r}", {"Name": "@{r.id}"})
@example("/services/data/v67.0/query?q=SELECT", None)
@example("http://[", {})
def test_a_composite_is_answered_or_refused(url: Any, body: Any) -> None:
    async def post(client: httpx.AsyncClient) -> httpx.Response:
        form = {
            "grant_type": "client_credentials",
            "client_id": "perennial",
            "client_secret": "sandbox",
        }
        token = (await client.post("/salesforce/services/oauth2/token", data=form)).json()
        call = {"method": "PATCH", "url": url, "referenceId": "r", "body": body}
        headers = {"Authorization": f"Bearer {token['access_token']}"}
        content = _json({"allOrNone": True, "compositeRequest": [call]})
        return await client.post(f"{ORG}/composite", content=content, headers=headers)

    assert ask(post).status_code in {200, 400}


@pytest.mark.parametrize("path", ["/salesforce/services/oauth2/token", "/_faults/workday"])
@given(body=st.binary(max_size=30))
@example(body=b"grant_type=\xff")
def test_a_form_of_any_bytes_is_refused(path: str, body: bytes) -> None:
    def post(client: httpx.AsyncClient) -> Awaitable[httpx.Response]:
        return client.post(path, content=body)

    assert ask(post).status_code in {400, 422}


@given(st.binary(max_size=40))
def test_an_envelope_of_any_bytes_is_a_fault(body: bytes) -> None:
    def post(client: httpx.AsyncClient) -> Awaitable[httpx.Response]:
        return client.post(URL, content=body, headers=BEARER)

    assert b"Fault" in ask(post).content


@pytest.mark.parametrize(
    "value",
    ["0", "1.0", "+1", "01", "-1", "1e2", " 7 ", "", "NaN", "INF", "\u0661", "9" * 30, "0x1"],
)
@pytest.mark.parametrize("name", ["Page", "Count"])
def test_a_page_of_any_number_is_shown_or_refused(name: str, value: str) -> None:
    read = Requests.read_invoices().replace(f"<wd:{name}>1<", f"<wd:{name}>{value}<")
    read = read.replace(f"<wd:{name}>100<", f"<wd:{name}>{value}<")
    envelope = (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"'
        f' xmlns:wd="urn:com.workday/bsvc"><e:Body>{read}</e:Body></e:Envelope>'
    )

    def post(client: httpx.AsyncClient) -> Awaitable[httpx.Response]:
        return client.post(URL, content=envelope.encode(), headers=BEARER)

    assert ask(post).status_code in {200, 500}


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()
