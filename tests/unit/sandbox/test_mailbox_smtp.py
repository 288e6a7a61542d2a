"""Mail over a real SMTP connection, read back from the inbox."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.message import EmailMessage

import aiosmtplib
import httpx
import pytest

from sandbox.assembly import assemble
from sandbox.journal import Journal
from sandbox.mailbox import build_mailbox
from sandbox.store import Document, Store
from sandbox.world import World, WorldSettings


@dataclass(frozen=True, kw_only=True)
class Post:
    """A mailbox that listens, and its inbox."""

    http: httpx.AsyncClient
    port: int

    async def send(self, mail: EmailMessage) -> None:
        await aiosmtplib.send(mail, hostname="127.0.0.1", port=self.port, timeout=5)

    async def inbox(self, to: str | None = None) -> list[Document]:
        params = {} if to is None else {"to": to}
        answer = await self.http.get("/mailbox/api/messages", params=params)
        found: list[Document] = answer.json()["messages"]
        return found


@pytest.fixture
async def post() -> AsyncGenerator[Post]:
    store = Store(None)
    settings = WorldSettings(smtp_port=0)
    world = World(store=store, journal=Journal(store), settings=settings)
    system, server = build_mailbox(world)
    transport = httpx.ASGITransport(app=assemble(world, [system]))
    await system.on_start()
    assert server.port is not None
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as http:
        yield Post(http=http, port=server.port)
    await system.on_stop()


@asynccontextmanager
async def smtp(post: Post) -> AsyncGenerator[aiosmtplib.SMTP]:
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=post.port, timeout=5) as client:
        yield client


def mail(message_id: str = "<m-1@perennial>", *, to: str = "ada@example.test") -> EmailMessage:
    message = EmailMessage()
    message["Message-ID"] = message_id
    message["From"] = "billing@perennial.example"
    message["To"] = to
    message["Subject"] = "Your invoice — März"
    message.set_content("Please pay 119.00 EUR.\n")
    message.add_alternative("<p>Please pay <b>119.00 EUR</b>.</p>", subtype="html")
    return message


async def test_a_mail_is_kept_with_its_headers_text_and_html(post: Post) -> None:
    await post.send(mail())
    (message,) = await post.inbox()
    assert message["subject"] == "Your invoice — März"
    assert message["message_id"] == "<m-1@perennial>"
    assert message["text"] == "Please pay 119.00 EUR.\n"
    assert "<b>119.00 EUR</b>" in message["html"]
    assert ["To", "ada@example.test"] in message["headers"]


async def test_a_repeated_message_id_is_kept_once_and_counted(post: Post) -> None:
    for _ in range(3):
        await post.send(mail())
    assert [message["deliveries"] for message in await post.inbox()] == [3]


async def test_the_inbox_of_a_recipient_holds_only_their_mail(post: Post) -> None:
    await post.send(mail("<m-1@perennial>"))
    await post.send(mail("<m-2@perennial>", to="Bob@example.test"))
    assert [one["message_id"] for one in await post.inbox("bob@EXAMPLE.test")] == [
        "<m-2@perennial>"
    ]


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"fault": "status"}, 451),
        ({"fault": "status", "status": 452}, 452),
        ({"fault": "status", "status": 550}, 550),
        ({"fault": "down"}, 421),
    ],
)
async def test_a_scripted_fault_refuses_mail_while_the_inbox_stays_readable(
    post: Post, fault: dict[str, object], code: int
) -> None:
    await post.http.post("/_faults/mailbox", json=fault | {"times": 1})
    with pytest.raises(aiosmtplib.SMTPResponseException) as refusal:
        await post.send(mail())
    assert refusal.value.code == code
    assert await post.inbox() == []
    await post.send(mail())
    assert len(await post.inbox()) == 1


async def test_a_lost_response_keeps_the_mail_and_drops_the_connection(post: Post) -> None:
    await post.http.post("/_faults/mailbox", json={"fault": "lost_response", "times": 1})
    with pytest.raises(aiosmtplib.SMTPServerDisconnected):
        await post.send(mail())
    assert len(await post.inbox()) == 1


async def test_html_is_shown_without_scripts_and_the_page_escapes_text(post: Post) -> None:
    message = mail()
    message.replace_header("Subject", "<script>alert(1)</script>")
    await post.send(message)
    page = await post.http.get("/mailbox/messages/1")
    assert "<script>alert(1)" not in page.text
    assert "<iframe sandbox" in page.text
    part = await post.http.get("/mailbox/messages/1/html")
    assert part.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")


async def test_the_inbox_page_links_each_message(post: Post) -> None:
    await post.send(mail())
    page = await post.http.get("/mailbox/")
    assert 'href="messages/1"' in page.text


async def test_a_mail_without_message_id_is_kept_each_time(post: Post) -> None:
    message = mail()
    del message["Message-ID"]
    await post.send(message)
    await post.send(message)
    assert len(await post.inbox()) == 2


async def test_the_journal_names_a_mail_by_its_message_id(post: Post) -> None:
    await post.send(mail())
    entries = (await post.http.get("/_journal/mailbox")).json()
    assert [(entry["action"], entry["key"]) for entry in entries] == [
        ("message.received", "<m-1@perennial>")
    ]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"Subject: \xff\xfe\r\nFrom: \xe9\r\n\r\nhi \xff",
        b'To: "\r\nSubject: x\r\n\r\n',
        b"To: <\r\nFrom: a@\r\nMessage-ID: <\r\n\r\nx",
        b"Subject: =?utf-8?q?=ED=A0=80?=\r\n\r\nx",
        b"Content-Type: text/plain; charset=nope\r\n\r\n\xff",
        b"Content-Type: multipart/mixed\r\n\r\n",
        b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!",
        b"Content-Type: text/html\r\n\r\n<script>alert(1)</script>",
    ],
)
async def test_any_mail_is_kept_and_can_be_looked_at(post: Post, content: bytes) -> None:
    async with smtp(post) as client:
        await client.mail("a@example.test")
        await client.rcpt("b@example.test")
        await client.data(content)
    (kept,) = await post.inbox()
    number = kept["number"]
    for path in ("/", f"/messages/{number}", f"/messages/{number}/html", f"/api/messages/{number}"):
        assert (await post.http.get(f"/mailbox{path}")).status_code == 200
    assert "<script>" not in (await post.http.get(f"/mailbox/messages/{number}")).text
