"""The SMTP email sender against the sandbox's SMTP mailbox, and against relays that misbehave."""

import asyncio
import dataclasses
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.smtp import SmtpEmailSender, SmtpSettings, compose
from domain.effects.emails import RenderedEmail
from domain.failures import (
    CredentialsError,
    OutcomeUnknownError,
    RejectedError,
    UnavailableError,
)
from tests.unit.connectors.conftest import Sandbox

SENDER = "Perennial <billing@example.com>"
HEADERS = [
    "Message-ID",
    "Date",
    "From",
    "To",
    "Subject",
    "Auto-Submitted",
    "Content-Type",
    "Content-Transfer-Encoding",
    "MIME-Version",
]


def email(name: str, **changes: str) -> RenderedEmail:
    fields = {
        "message_id": f"sub-{name}-0001/receipt",
        "to": f"{name}@example.com",
        "subject": "Payment received",
        "text": "Dear Ada,\n\nwe received 49.00 USD.\n.\nÜnlocked.\n",
    }
    return RenderedEmail(**fields | changes)


async def inbox(sandbox: Sandbox, name: str) -> list[dict[str, Any]]:
    api = f"{sandbox.address}/mailbox/api/messages"
    async with httpx.AsyncClient() as client:
        answer: Any = (await client.get(api)).raise_for_status().json()
        numbers: list[Any] = [
            each["number"] for each in answer["messages"] if f"{name}@example.com" in str(each)
        ]
        full = [await client.get(f"{api}/{number}") for number in numbers]
    return [each.raise_for_status().json() for each in full]


@asynccontextmanager
async def relay(answer: Callable[[bytes], Awaitable[bytes | None]]) -> AsyncGenerator[int]:
    """Serve SMTP by hand: `answer` gives the reply to each line, None hangs up."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sessions.append(asyncio.current_task())
        writer.write(b"220 relay\r\n")
        while line := await reader.readline():
            reply = await answer(line.strip())
            if reply is None:
                break
            writer.write(reply)
        writer.close()
        await writer.wait_closed()

    sessions: list[asyncio.Task[Any] | None] = []
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await asyncio.gather(*(each for each in sessions if each is not None))
        await server.wait_closed()


async def obliging(line: bytes) -> bytes:
    return b"354 go on\r\n" if line == b"DATA" else b"250 fine\r\n"


async def test_an_email_arrives_with_the_headers_that_make_it_ours(
    smtp_settings: SmtpSettings, sandbox: Sandbox, name: str
):
    await SmtpEmailSender(smtp_settings).send(email(name))
    (message,) = await inbox(sandbox, name)
    text = str(message)
    assert "Payment received" in text
    assert "auto-generated" in text
    assert "Perennial <billing@example.com>" in text
    assert "Ünlocked." in text


def test_the_same_email_always_has_the_same_message_id_in_our_domain():
    ids = {
        compose(each, sender="b@example.com", domain="mail.example.com")["Message-ID"]
        for each in (email("a"), email("a", subject="Again"), email("b"))
    }
    assert len(ids) == 2
    assert all(each.endswith("@mail.example.com>") for each in ids)


def test_a_line_break_cannot_add_a_header():
    message = compose(
        email("a", subject="Hello\r\nBcc: eve@example.com"), sender="b@example.com", domain="x"
    )
    assert message["Bcc"] is None
    assert message["Subject"] == "Hello Bcc: eve@example.com"


@given(st.text(), st.text())
def test_no_text_can_add_a_header_or_a_byte_beyond_ascii(subject: str, text: str):
    try:
        message = compose(email("a", subject=subject, text=text), sender=SENDER, domain="x.example")
    except RejectedError:
        # Half a character pair cannot be written at all.
        return
    raw = message.as_bytes()
    assert raw.isascii()
    head, _, _ = raw.partition(b"\r\n\r\n")
    names = [line.partition(b":")[0] for line in head.split(b"\r\n") if not line.startswith(b" ")]
    assert sorted(names) == sorted(each.encode() for each in HEADERS)


@pytest.mark.parametrize(
    "to",
    [
        "ädá@example.com",
        "",
        "ada",
        "@example.com",
        "ada@",
        "ada@x..example",
        "ada@x.example, eve@x.example",
        "ada@x.example,eve@x.example",
        "Eve <eve@x.example>",
        "ada@x.example> NOTIFY=NEVER",
        "ada@x.example\r\nRCPT TO:<eve@x.example>",
        "ada@x.example\r\nBcc: eve@x.example",
        '"a b"@x.example',
        "ada\u2028@x.example",
        "ada@x.example\x00",
        f"ada@{'ä' * 300}.example",
    ],
)
def test_what_is_not_one_plain_address_is_refused(to: str):
    with pytest.raises(RejectedError) as raised:
        compose(email("a", to=to), sender=SENDER, domain="x.example")
    assert "ada" not in str(raised.value)


def test_a_domain_beyond_ascii_is_written_as_the_name_system_knows_it():
    message = compose(email("a", to="ada@bücher.example"), sender=SENDER, domain="x.example")
    assert message["To"] == "ada@xn--bcher-kva.example"


def test_an_email_says_when_it_was_written():
    message = compose(email("a"), sender=SENDER, domain="x.example")
    written = parsedate_to_datetime(message["Date"])
    assert abs(datetime.now(UTC) - written) < timedelta(minutes=1)


async def test_an_address_is_refused_before_the_relay_hears_of_it(
    smtp_settings: SmtpSettings, name: str
):
    said: list[bytes] = []

    async def answer(line: bytes) -> bytes:
        said.append(line)
        return await obliging(line)

    async with relay(answer) as port:
        settings = dataclasses.replace(smtp_settings, port=port)
        with pytest.raises(RejectedError):
            await SmtpEmailSender(settings).send(email(name, to="a b@x.example"))
    assert said == []


async def test_a_line_with_a_single_dot_does_not_end_the_email(
    smtp_settings: SmtpSettings, sandbox: Sandbox, name: str
):
    text = "one\n.\nRCPT TO:<eve@x.example>\r.\r\n.\r\nlast\n"
    await SmtpEmailSender(smtp_settings).send(email(name, text=text))
    (message,) = await inbox(sandbox, name)
    assert "last" in message["text"]
    assert message["recipients"] == [f"{name}@example.com"]


@pytest.mark.parametrize(("status", "failure"), [(451, UnavailableError), (550, RejectedError)])
async def test_the_first_digit_of_a_refusal_decides(
    smtp_settings: SmtpSettings, sandbox: Sandbox, name: str, status: int, failure: type[Exception]
):
    sandbox.fault("mailbox", fault="status", status=status, times=1)
    with pytest.raises(failure) as raised:
        await SmtpEmailSender(smtp_settings).send(email(name))
    assert type(raised.value) is failure
    assert await inbox(sandbox, name) == []


async def test_silence_after_the_text_is_an_unknown_outcome(
    smtp_settings: SmtpSettings, sandbox: Sandbox, name: str
):
    sandbox.fault("mailbox", fault="lost_response", times=1)
    with pytest.raises(OutcomeUnknownError):
        await SmtpEmailSender(smtp_settings).send(email(name))
    assert len(await inbox(sandbox, name)) == 1


async def test_a_relay_that_nobody_serves_is_unavailable(smtp_settings: SmtpSettings, name: str):
    with pytest.raises(UnavailableError):
        await SmtpEmailSender(dataclasses.replace(smtp_settings, port=9)).send(email(name))


@pytest.mark.parametrize("command", [b"EHLO", b"MAIL", b"RCPT"])
async def test_silence_before_the_text_had_no_effect(
    smtp_settings: SmtpSettings, name: str, command: bytes
):
    async def answer(line: bytes) -> bytes | None:
        return None if line.startswith(command) else await obliging(line)

    async with relay(answer) as port:
        with pytest.raises(UnavailableError):
            await SmtpEmailSender(dataclasses.replace(smtp_settings, port=port)).send(email(name))


@pytest.mark.parametrize(
    "nonsense", [b"<html>\r\n", b"\xff\xfe\r\n", b"250" + b"x" * 100_000 + b"\r\n", b"100 what\r\n"]
)
async def test_an_answer_that_is_none_is_told_apart_before_and_after_the_text(
    smtp_settings: SmtpSettings, name: str, nonsense: bytes
):
    is_late = True

    async def answer(line: bytes) -> bytes:
        if not is_late:
            return nonsense if line.startswith(b"RCPT") else await obliging(line)
        return nonsense if line == b"." else b"" if in_text(line) else await obliging(line)

    def in_text(line: bytes) -> bool:
        return not line.startswith((b"EHLO", b"MAIL", b"RCPT", b"DATA", b"QUIT"))

    async with relay(answer) as port:
        settings = dataclasses.replace(smtp_settings, port=port)
        with pytest.raises(OutcomeUnknownError):
            await SmtpEmailSender(settings).send(email(name))
    is_late = False
    async with relay(answer) as port:
        settings = dataclasses.replace(smtp_settings, port=port)
        with pytest.raises(UnavailableError):
            await SmtpEmailSender(settings).send(email(name))


async def test_a_refused_login_is_a_matter_of_credentials(smtp_settings: SmtpSettings, name: str):
    async def answer(line: bytes) -> bytes:
        if line.startswith(b"EHLO"):
            return b"250-relay\r\n250 AUTH PLAIN\r\n"
        return b"535 no\r\n" if line.startswith(b"AUTH") else await obliging(line)

    async with relay(answer) as port:
        settings = dataclasses.replace(
            smtp_settings, port=port, username="perennial", password="wrong"
        )
        with pytest.raises(CredentialsError):
            await SmtpEmailSender(settings).send(email(name))


async def test_a_login_is_not_told_to_a_relay_that_takes_back_its_offer_of_tls(
    smtp_settings: SmtpSettings, name: str
):
    said: list[bytes] = []

    async def answer(line: bytes) -> bytes:
        said.append(line)
        offer = b"250-relay\r\n250 AUTH PLAIN\r\n"
        return offer if line.startswith(b"EHLO") else await obliging(line)

    async with relay(answer) as port:
        settings = dataclasses.replace(
            smtp_settings, port=port, username="perennial", password="hunter2", starts_tls=True
        )
        with pytest.raises(UnavailableError):
            await SmtpEmailSender(settings).send(email(name))
    assert not any(line.startswith((b"AUTH", b"MAIL")) for line in said)
