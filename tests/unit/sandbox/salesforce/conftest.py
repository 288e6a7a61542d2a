"""A Salesforce with a token, and the calls that the tests share."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from sandbox import salesforce
from sandbox.assembly import assemble
from sandbox.journal import Journal
from sandbox.store import Store
from sandbox.world import World, WorldSettings

ROOT = "/salesforce/services/data/v67.0"
TOKEN = "/salesforce/services/oauth2/token"
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
CLIENT = {
    "grant_type": "client_credentials",
    "client_id": "perennial",
    "client_secret": "sandbox",
}
DEAL = {"Name": "Acme: team", "StageName": "Prospecting", "CloseDate": "2026-03-31"}


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def org(clock: Clock) -> AsyncGenerator[httpx.AsyncClient]:
    store = Store(None)
    world = World(store=store, journal=Journal(store), settings=WorldSettings(), now=clock)
    transport = httpx.ASGITransport(app=assemble(world, [salesforce.build(world)]))
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as client:
        token = (await client.post(TOKEN, data=CLIENT)).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


async def upsert(
    org: httpx.AsyncClient, kind: str, key: str, fields: dict[str, Any], **params: str
) -> httpx.Response:
    url = f"{ROOT}/sobjects/{kind}/Perennial_Id__c/{key}"
    return await org.patch(url, json=fields, params=params)


async def composite(org: httpx.AsyncClient, *calls: dict[str, Any], strict: bool = True) -> Any:
    body = {"allOrNone": strict, "compositeRequest": list(calls)}
    reply = await org.post(f"{ROOT}/composite", json=body)
    assert reply.status_code == 200
    return reply.json()["compositeResponse"]


def call(name: str, kind: str, key: str, body: dict[str, Any]) -> dict[str, Any]:
    url = f"/services/data/v67.0/sobjects/{kind}/Perennial_Id__c/{key}"
    return {"method": "PATCH", "url": url, "referenceId": name, "body": body}
