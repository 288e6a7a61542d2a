"""The outside world for connectors: the sandbox as a process of its own, and builders of what crosses."""

import hashlib
import socket
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Generator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from connectors.entitlement_service import EntitlementSettings
from connectors.salesforce.crm import SalesforceCrm
from connectors.salesforce.settings import SalesforceSettings
from connectors.smtp import SmtpSettings
from connectors.stripe.provider import StripePayments
from connectors.stripe.settings import StripeSettings
from connectors.workday.settings import UsernameToken, WorkdayMapping, WorkdaySettings
from domain.collection.provider_invoice import ProviderInvoice
from domain.invoicing.invoices import (
    InvoiceDocument,
    InvoiceLine,
    InvoicePurpose,
    ProviderInvoiceRequest,
    TaxLine,
)
from domain.money.money import Money
from domain.parties.accounts import AccountProfile
from domain.parties.orders import PaymentKind
from domain.periods.periods import Period
from tests import processes

ENTITLEMENTS_KEY = "key-of-the-tests"
TODAY = datetime.now(UTC).date()
_START_SECONDS = 30


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_answers(process: subprocess.Popen[bytes], url: str) -> None:
    """Return once the address answers anything at all."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, f"{url} ended with {process.returncode}"
        try:
            httpx.get(url, trust_env=False)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"{url} does not answer after {_START_SECONDS} s")


@dataclass(frozen=True)
class Sandbox:
    """The running sandbox and its switches."""

    address: str
    smtp_port: int

    def fault(self, system: str, **fault: Any) -> None:
        """Switch a fault on."""
        httpx.post(f"{self.address}/_faults/{system}", json=fault).raise_for_status()

    def heal(self) -> None:
        """Switch every fault off."""
        for system in ("stripe", "workday", "salesforce", "entitlements", "mailbox"):
            httpx.delete(f"{self.address}/_faults/{system}").raise_for_status()

    def journal(self, system: str) -> list[dict[str, Any]]:
        """Return what happened in a system, oldest first."""
        return list(httpx.get(f"{self.address}/_journal/{system}").raise_for_status().json())


def start_sandbox(port: int, smtp_port: int, log: Path) -> subprocess.Popen[bytes]:
    ports = ("--port", str(port), "--smtp-port", str(smtp_port))
    return processes.start(
        (sys.executable, "-m", "sandbox", *ports, "--entitlements-key", ENTITLEMENTS_KEY), log
    )


@pytest.fixture(scope="session")
def sandbox_process(tmp_path_factory: pytest.TempPathFactory) -> Generator[Sandbox]:
    port, smtp_port = free_port(), free_port()
    log = tmp_path_factory.mktemp("sandbox") / "output.log"
    process = start_sandbox(port, smtp_port, log)
    try:
        wait_until_answers(process, f"http://127.0.0.1:{port}/health")
        yield Sandbox(address=f"http://127.0.0.1:{port}", smtp_port=smtp_port)
    finally:
        processes.end(process)


@pytest.fixture
def sandbox(sandbox_process: Sandbox) -> Generator[Sandbox]:
    """The sandbox without any fault, before and after the test."""
    sandbox_process.heal()
    yield sandbox_process
    sandbox_process.heal()


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A short id that no other test uses."""
    return hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:12]


@pytest.fixture
def stripe_settings(sandbox: Sandbox) -> StripeSettings:
    return StripeSettings(
        api_key="sk_test_connectors",
        base_address=f"{sandbox.address}/stripe",
        timeout_seconds=10,
    )


@pytest.fixture
def workday_settings(sandbox: Sandbox) -> WorkdaySettings:
    return WorkdaySettings(
        address=f"{sandbox.address}/workday",
        tenant="perennial",
        credentials=UsernameToken(username="isu_perennial@perennial", password="sandbox"),
        mapping=MAPPING,
        timeout_seconds=10,
    )


@pytest.fixture
def salesforce_settings(sandbox: Sandbox) -> SalesforceSettings:
    return SalesforceSettings(
        login_address=f"{sandbox.address}/salesforce",
        client_id="perennial",
        client_secret="sandbox",
        timeout_seconds=10,
    )


@pytest.fixture
def entitlement_settings(sandbox: Sandbox) -> EntitlementSettings:
    return EntitlementSettings(
        base_address=f"{sandbox.address}/entitlements",
        api_key=ENTITLEMENTS_KEY,
        timeout_seconds=10,
    )


@pytest.fixture
def smtp_settings(sandbox: Sandbox) -> SmtpSettings:
    return SmtpSettings(
        host="127.0.0.1",
        port=sandbox.smtp_port,
        sender="Perennial <billing@example.com>",
        domain="mail.example.com",
        timeout_seconds=10,
    )


MAPPING = WorkdayMapping(
    payment_terms={PaymentKind.CARD: "IMMEDIATE", PaymentKind.TRANSFER: "NET_30"},
    payment_types={PaymentKind.CARD: "Credit_Card", PaymentKind.TRANSFER: "Bank_Transfer"},
    default_revenue_category="Subscription",
    companies={"acme-us": "PERENNIAL_US"},
    customer_category="Self_Serve",
)


def account(key: str, /, **changes: Any) -> AccountProfile:
    fields: dict[str, Any] = {
        "account_id": f"acc-{key}",
        "name": "Ada Lovelace Ltd",
        "email": f"{key}@example.com",
        "country": "DE",
    }
    return AccountProfile(**fields | changes)


def line(minor_units: int = 4900, currency: str = "USD", **changes: Any) -> InvoiceLine:
    money = Money(minor_units=minor_units, currency=currency)
    fields: dict[str, Any] = {
        "line_id": "plan",
        "price_of": "team",
        "description": "Team, 1 seat",
        "quantity": Decimal(1),
        "unit_price": money.to_decimal(),
        "amount": money,
        "period": Period(
            start=datetime(2026, 11, 1, tzinfo=UTC), end=datetime(2026, 12, 1, tzinfo=UTC)
        ),
        "reason": "first period",
    }
    return InvoiceLine(**fields | changes)


def tax(minor_units: int = 931, taxable: int = 4900, currency: str = "USD") -> TaxLine:
    return TaxLine(
        name="VAT 19 %",
        rate=Decimal("0.19"),
        taxable=Money(minor_units=taxable, currency=currency),
        amount=Money(minor_units=minor_units, currency=currency),
    )


def document(key: str, /, **changes: Any) -> InvoiceDocument:
    fields: dict[str, Any] = {
        "invoice_id": f"sub-{key}-0001",
        "subscription_id": f"sub-{key}",
        "account_id": f"acc-{key}",
        "legal_entity": "acme-us",
        "purpose": InvoicePurpose.FIRST,
        "currency": "USD",
        "lines": (line(),),
        "number": f"INV-{key}",
        "issued_on": TODAY,
        "due_on": TODAY + timedelta(days=30),
    }
    return InvoiceDocument(**fields | changes)


def usd(minor_units: int) -> Money:
    return Money(minor_units=minor_units, currency="USD")


def day(offset: int = 0) -> date:
    return TODAY + timedelta(days=offset)


@pytest_asyncio.fixture
async def payments(stripe_settings: StripeSettings) -> AsyncGenerator[StripePayments]:
    provider = StripePayments(stripe_settings)
    yield provider
    await provider.aclose()


@pytest_asyncio.fixture
async def customer_id(payments: StripePayments, name: str) -> str:
    return await payments.ensure_customer(account(name))


async def opened(
    payments: StripePayments, invoice: InvoiceDocument, customer_id: str, *, sent: bool = False
) -> ProviderInvoice:
    request = ProviderInvoiceRequest(
        document=invoice, customer_id=customer_id, send_with_due_date=sent
    )
    return await payments.ensure_provider_invoice(request)


async def attached(payments: StripePayments, customer_id: str, card: str, name: str) -> str:
    method = await payments.attach_payment_method(
        account_id=f"acc-{name}", customer_id=customer_id, payment_method=card
    )
    assert method.decline is None
    return method.payment_method


async def read_stripe(settings: StripeSettings, path: str) -> dict[str, Any]:
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {settings.api_key}"}) as client:
        answer = await client.get(f"{settings.base_address}/v1/{path}")
        return dict(answer.raise_for_status().json())


async def invoices_of(settings: StripeSettings, customer_id: str) -> list[dict[str, Any]]:
    return list((await read_stripe(settings, f"invoices?customer={customer_id}"))["data"])


async def fund(settings: StripeSettings, customer_id: str, amount: Money) -> None:
    """Let a bank transfer of the customer arrive at Stripe."""
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {settings.api_key}"}) as client:
        answer = await client.post(
            f"{settings.base_address}/v1/test_helpers/customers/{customer_id}/fund_cash_balance",
            data={"amount": str(amount.minor_units), "currency": amount.currency.lower()},
        )
        answer.raise_for_status()


@pytest_asyncio.fixture
async def crm(salesforce_settings: SalesforceSettings) -> AsyncGenerator[SalesforceCrm]:
    connector = SalesforceCrm(salesforce_settings)
    yield connector
    await connector.aclose()
