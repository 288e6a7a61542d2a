"""The token of a session, when many calls need a new one at once."""

import asyncio

import httpx

from connectors.salesforce.session import SalesforceSession, Step
from connectors.salesforce.settings import SalesforceSettings


class Org:
    """Grants tokens, never at once, and answers whoever comes with one that it has not revoked."""

    def __init__(self) -> None:
        self.granted: list[str] = []
        self.revoked: set[str] = set()

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/oauth2/token"):
            return await self._grant()
        if request.headers["Authorization"].removeprefix("Bearer ") in self.revoked:
            return httpx.Response(401)
        part = {"referenceId": "account", "httpStatusCode": 200, "body": None}
        return httpx.Response(200, json={"compositeResponse": [part]})

    async def _grant(self) -> httpx.Response:
        token = f"token-{len(self.granted) + 1}"
        self.granted.append(token)
        await asyncio.sleep(0)  # every other call that was begun gets its turn
        return httpx.Response(200, json={"access_token": token, "instance_url": "http://org"})


async def test_many_calls_without_a_valid_token_fetch_one_between_them():
    org = Org()
    session = SalesforceSession(
        SalesforceSettings(login_address="http://login", client_id="c", client_secret="s")
    )
    await session.aclose()
    session._client = httpx.AsyncClient(transport=httpx.MockTransport(org))
    step = Step(reference="account", method="GET", path="/sobjects/Account/1")
    await asyncio.gather(*(session.composite([step]) for _ in range(10)))
    assert org.granted == ["token-1"]
    org.revoked.add("token-1")
    await asyncio.gather(*(session.composite([step]) for _ in range(10)))
    assert org.granted == ["token-1", "token-2"]
    await session.aclose()
