"""The Stripe connector against localstripe, a stand-in for Stripe that was not written for this project.

It runs as a process of its own. What it supports is tested through our connector: customers and their
default payment method, cards that are saved or declined when saved, refunds of payment intents, signed
webhooks. What it does not support, and therefore is not tested here:

* invoices of our kind: no one-off invoices, no finalising, no sending, no `invoices.list` by metadata;
  so neither provider invoices nor charges;
* idempotency keys: ignored, two requests are two objects; our lookups are what keeps repeats harmless;
* `decline_code` and `advice_code`: every refusal is `card_declined`;
* the tokens `pm_card_...` beyond the three that it knows; cards are created by number instead;
* refusing a refund of more than was paid;
* events of our API version: its events say 2017-08-15.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from connectors.stripe.provider import StripePayments
from connectors.stripe.settings import StripeSettings
from connectors.stripe.webhooks import SIGNATURE_HEADER, StripeEvents
from domain.collection.provider_invoice import DeclineClass
from domain.effects.inbound import WebhookRefusedError
from domain.failures import CredentialsError, UnknownEntityError
from tests import processes
from tests.unit.connectors.conftest import account, free_port, usd, wait_until_answers

SECRET = "whsec_localstripe"
ITS_VERSION = "2017-08-15"
# It would listen on every interface; loaded at start, this narrows it to this machine.
ONLY_LOOPBACK = """
import socket

_bind = socket.socket.bind

def bind(self, address):
    if address[0] == "::":
        address = ("::ffff:127.0.0.1", *address[1:])
    return _bind(self, address)

socket.socket.bind = bind
"""


def start_localstripe(home: Path, port: int) -> subprocess.Popen[bytes]:
    (home / "sitecustomize.py").write_text(ONLY_LOOPBACK)
    program = Path(sys.executable).with_name("localstripe")
    return processes.start(
        [str(program), "--from-scratch", "--port", str(port)],
        home / "output.log",
        # It dumps its store into the temporary directory after every write.
        os.environ | {"TMPDIR": str(home), "PYTHONPATH": str(home)},
    )


@pytest.fixture(scope="session")
def localstripe(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    home, port = tmp_path_factory.mktemp("localstripe"), free_port()
    process = start_localstripe(home, port)
    try:
        address = f"http://127.0.0.1:{port}"
        wait_until_answers(process, f"{address}/js.stripe.com/v3/")
        yield address
    finally:
        processes.end(process)


@pytest_asyncio.fixture
async def payments(localstripe: str) -> AsyncGenerator[StripePayments]:
    provider = StripePayments(StripeSettings(api_key="sk_test_12345", base_address=localstripe))
    yield provider
    await provider.aclose()


async def create(payments: StripePayments, kind: str, params: dict[str, Any]) -> Any:
    """Create an object that our connector has no call for, through the same client."""
    service: Any = getattr(payments._client.v1, kind)
    return await service.create_async(params)


async def card(payments: StripePayments, number: str) -> str:
    details = {"number": number, "exp_month": 12, "exp_year": 2040, "cvc": "123"}
    method = await create(payments, "payment_methods", {"type": "card", "card": details})
    return str(method.id)


async def paid(payments: StripePayments, name: str) -> str:
    customer = await payments.ensure_customer(account(name))
    method = await payments.attach_payment_method(
        account_id=f"acc-{name}",
        customer_id=customer,
        payment_method=await card(payments, "4242424242424242"),
    )
    params = {
        "amount": 4900,
        "currency": "usd",
        "customer": customer,
        "payment_method": method.payment_method,
        "confirm": True,
        "off_session": True,
    }
    intent = await create(payments, "payment_intents", params)
    assert intent.status == "succeeded"
    return str(intent.id)


async def test_a_customer_is_created_once_although_keys_are_ignored(
    payments: StripePayments, name: str
):
    first = await payments.ensure_customer(account(name))
    assert await payments.ensure_customer(account(name)) == first


async def test_accounts_that_share_an_address_stay_apart(payments: StripePayments, name: str):
    first = await payments.ensure_customer(account(name))
    assert await payments.ensure_customer(account(name, account_id=f"b-{name}")) != first


async def test_a_saved_card_becomes_the_default(payments: StripePayments, name: str):
    customer_id = await payments.ensure_customer(account(name))
    method = await payments.attach_payment_method(
        account_id=f"acc-{name}",
        customer_id=customer_id,
        payment_method=await card(payments, "4242424242424242"),
    )
    customer: Any = await payments._client.v1.customers.retrieve_async(customer_id)
    assert (method.brand, method.last4, method.decline) == ("visa", "4242", None)
    assert customer.invoice_settings.default_payment_method == method.payment_method


@pytest.mark.parametrize("number", ["4000000000000002", "4000000000009995"])
async def test_a_card_that_is_declined_when_saved_is_a_result(
    payments: StripePayments, name: str, number: str
):
    method = await payments.attach_payment_method(
        account_id=f"acc-{name}",
        customer_id=await payments.ensure_customer(account(name)),
        payment_method=await card(payments, number),
    )
    assert method.decline is not None
    assert (method.decline.code, method.decline.decline_class) == (
        "card_declined",
        DeclineClass.SOFT,
    )


async def test_a_method_that_does_not_exist_is_unknown(payments: StripePayments, name: str):
    with pytest.raises(UnknownEntityError):
        await payments.attach_payment_method(
            account_id=f"acc-{name}",
            customer_id=await payments.ensure_customer(account(name)),
            payment_method="pm_nobody",
        )


async def test_a_payment_is_refunded_once_for_its_key_although_keys_are_ignored(
    payments: StripePayments, name: str
):
    payment_id = await paid(payments, name)
    refunds = [
        await payments.refund_payment(
            payment_id=payment_id, amount=usd(900), idempotency_key=f"{name}/refund/{number}"
        )
        for number in (1, 1, 2)
    ]
    assert refunds[0] == refunds[1]
    assert refunds[2].refund_id != refunds[0].refund_id
    assert (refunds[0].amount, refunds[0].status) == (usd(900), "succeeded")


async def test_a_key_that_is_no_secret_key_is_a_matter_of_credentials(localstripe: str, name: str):
    provider = StripePayments(StripeSettings(api_key="pk_wrong", base_address=localstripe))
    with pytest.raises(CredentialsError):
        await provider.ensure_customer(account(name))
    await provider.aclose()


async def test_its_signed_webhooks_are_read_and_forged_ones_refused(
    payments: StripePayments, localstripe: str, name: str
):
    async with webhook_receiver(localstripe) as received:
        customer_id = await payments.ensure_customer(account(name))
        # Its deliveries are a second late: those of earlier tests may come first.
        while (
            customer_id not in (delivery := await asyncio.wait_for(received.get(), 20))[1].decode()
        ):
            continue
    signature, body = delivery
    event = StripeEvents(secret=SECRET, api_version=ITS_VERSION).verify(
        body, signature, datetime.now(UTC)
    )
    assert (event.event_type, event.object_id) == ("customer.created", customer_id)
    assert event.is_expected_version
    assert (
        not StripeEvents(secret=SECRET, api_version="x")
        .verify(body, signature, datetime.now(UTC))
        .invoice_id
    )
    with pytest.raises(WebhookRefusedError):
        StripeEvents(secret="whsec_other", api_version=ITS_VERSION).verify(
            body, signature, datetime.now(UTC)
        )


@asynccontextmanager
async def webhook_receiver(localstripe: str) -> AsyncGenerator[asyncio.Queue[tuple[str, bytes]]]:
    """Register an endpoint for new customers and collect what it is sent."""
    received: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[1:]
        headers = {key.lower(): value for key, _, value in (line.partition(": ") for line in head)}
        body = await reader.readexactly(int(headers["content-length"]))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        writer.close()
        await writer.wait_closed()
        received.put_nowait((headers[SIGNATURE_HEADER.lower()], body))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    hook = {
        "url": f"http://127.0.0.1:{port}/",
        "secret": SECRET,
        "events": ["customer.created"],
    }
    async with httpx.AsyncClient() as client:
        answer = await client.post(f"{localstripe}/_config/webhooks/connectors", json=hook)
        answer.raise_for_status()
    yield received
    server.close()
    await server.wait_closed()
