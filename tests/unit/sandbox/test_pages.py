"""Every system has a page that shows what it holds, and shows it as text, whatever it is called."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from email.message import EmailMessage
from urllib.parse import quote
from xml.sax.saxutils import escape

import httpx
import pytest

from sandbox.app import build_app
from sandbox.journal import Journal
from sandbox.mailbox.messages import Messages
from sandbox.store import Store
from sandbox.world import World
from tests.unit.sandbox.workday.conftest import URL, Requests

EVIL = "<script>alert(1)</script>'\"><img src=x onerror=alert(2)>{{ 1234567*8 }}"
SHOWN = "&lt;script&gt;alert(1)&lt;/script&gt;"
NOW = datetime(2026, 3, 2, tzinfo=UTC)
SYSTEMS = ("stripe", "workday", "salesforce", "entitlements", "mailbox")


@pytest.fixture
async def outside() -> AsyncGenerator[httpx.AsyncClient]:
    """The whole outside world, each system holding something with a nasty name."""
    store = Store(None)
    world = World(store=store, journal=Journal(store), now=lambda: NOW)
    transport = httpx.ASGITransport(app=build_app(world))
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as client:
        await _fill(client)
        message = EmailMessage()
        message["Subject"] = EVIL
        message["From"] = message["To"] = "ada@example.test"
        message.set_content(EVIL)
        message.add_alternative(EVIL, subtype="html")
        Messages(store=store, journal=world.journal).receive(
            sender=EVIL, recipients=[EVIL], content=message.as_bytes(), at=NOW
        )
        yield client


async def _fill(client: httpx.AsyncClient) -> None:
    key = {"Authorization": "Bearer sk_test_pages"}
    await client.post("/stripe/v1/customers", data={"name": EVIL, "email": EVIL}, headers=key)
    for payload in (
        Requests.customer(name=escape(EVIL)),
        Requests.invoice(extra="").replace(">March<", f">{escape(EVIL)}<"),
        Requests.payment(amount="100.00"),
        Requests.credit(),
    ):
        envelope = (
            '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"'
            f' xmlns:wd="urn:com.workday/bsvc"><e:Body>{payload}</e:Body></e:Envelope>'
        )
        headers = {"Authorization": "Bearer sandbox-token"}
        answer = await client.post(URL, content=envelope.encode(), headers=headers)
        assert answer.status_code == 200, answer.text
    form = {
        "grant_type": "client_credentials",
        "client_id": "perennial",
        "client_secret": "sandbox",
    }
    token = (await client.post("/salesforce/services/oauth2/token", data=form)).json()
    org = {"Authorization": f"Bearer {token['access_token']}"}
    root = (
        f"/salesforce/services/data/v67.0/sobjects/Account/Perennial_Id__c/{quote('<b>', safe='')}"
    )
    assert (await client.patch(root, json={"Name": EVIL}, headers=org)).status_code == 201
    grant = {
        "subscription_id": EVIL,
        "version": 1,
        "features": {EVIL: 1},
        "from": "2026-03-01T00:00:00Z",
        "until": "2026-05-01T00:00:00Z",
    }
    path = "/entitlements/v1/accounts/acc-1/grants/inv-1"
    put = await client.put(path, json=grant, headers={"Authorization": "Bearer any"})
    assert put.status_code == 201


@pytest.mark.parametrize("path", [*(f"/{system}/" for system in SYSTEMS), "/mailbox/messages/1"])
async def test_a_page_shows_names_as_text(outside: httpx.AsyncClient, path: str) -> None:
    page = await outside.get(path)
    assert page.status_code == 200
    assert SHOWN in page.text
    for harm in ("<script", "<img", "9876536"):
        assert harm not in page.text


async def test_the_index_leads_to_every_page(outside: httpx.AsyncClient) -> None:
    index = await outside.get("/")
    for system in SYSTEMS:
        assert f'href="/{system}/"' in index.text


async def test_html_of_a_mail_may_do_nothing(outside: httpx.AsyncClient) -> None:
    page = await outside.get("/mailbox/messages/1/html")
    policy = page.headers["content-security-policy"]
    assert policy.startswith("sandbox;")
    assert "default-src 'none'" in policy


async def test_the_filter_of_the_inbox_is_text(outside: httpx.AsyncClient) -> None:
    page = await outside.get("/mailbox/", params={"to": EVIL})
    assert "<script" not in page.text
    assert "<img" not in page.text
