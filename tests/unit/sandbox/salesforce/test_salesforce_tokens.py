"""The token endpoint, and what an expired token looks like."""

import base64
import json
from datetime import timedelta

import httpx
import pytest

from tests.unit.sandbox.salesforce.conftest import (
    CLIENT,
    NOW,
    TOKEN,
    Clock,
    upsert,
)


async def test_the_token_names_the_address_of_the_org(org: httpx.AsyncClient) -> None:
    granted = (await org.post(TOKEN, data=CLIENT)).json()
    assert granted["instance_url"] == "http://sandbox/salesforce"
    assert granted["token_type"] == "Bearer"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"client_id": "other"}, "invalid_client_id"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
)
async def test_a_wrong_token_request_is_an_oauth_error(
    org: httpx.AsyncClient, change: dict[str, str], error: str
) -> None:
    reply = await org.post(TOKEN, data=CLIENT | change)
    assert (reply.status_code, reply.json()["error"]) == (400, error)


@pytest.mark.parametrize(
    ("change", "status"),
    [({}, 200), ({"aud": "https://elsewhere"}, 400), ({"exp": 1}, 400), ({"iss": "other"}, 400)],
)
async def test_a_jwt_is_taken_for_its_claims(
    org: httpx.AsyncClient, change: dict[str, object], status: int
) -> None:
    claims: dict[str, object] = {
        "iss": "perennial",
        "sub": "integration@acme.test",
        "aud": "http://sandbox/salesforce",
        "exp": NOW.timestamp() + 60,
    }
    payload = base64.urlsafe_b64encode(json.dumps(claims | change).encode()).decode().rstrip("=")
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "assertion": f"e30.{payload}.c2ln",
    }
    assert (await org.post(TOKEN, data=form)).status_code == status


async def test_an_expired_token_is_an_invalid_session(org: httpx.AsyncClient, clock: Clock) -> None:
    clock.now += timedelta(hours=3)
    reply = await upsert(org, "Account", "acc-1", {"Name": "Acme"})
    assert reply.status_code == 401
    assert reply.json() == [
        {"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}
    ]


async def test_all_tokens_can_be_made_to_expire_at_once(org: httpx.AsyncClient) -> None:
    await org.post("/salesforce/_control/expire_tokens")
    assert (await upsert(org, "Account", "acc-1", {"Name": "Acme"})).status_code == 401
