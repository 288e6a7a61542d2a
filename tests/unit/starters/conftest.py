"""A whole API over a real SQLite file, with a workflow client that plays Temporal and an access reader that plays OFREP."""

import asyncio
import shutil
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from config.settings import Settings
from domain.entitlements.grants import Access, FeatureQuantity
from domain.failures import UnavailableError, UnknownEntityError
from starters.api.app import build_app
from starters.assemble import migrate_database, opened
from starters.use_cases.errors import RequestRefusedError
from starters.use_cases.ports import NoAnswerError, SaleClosedError
from starters.use_cases.services import Services
from workflows.contract.messages import NewSaleInput, ProviderEventReceived, SaleAccepted
from workflows.contract.requests import RequestAccepted, SubscriptionRequest

API_KEY = "key-of-the-tests"


@dataclass
class FakeWorkflowClient:
    """Temporal as the API sees it: sales and invoices by id, and switches for what can go wrong."""

    is_down: bool = False
    has_worker: bool = True
    refusal: str | None = None
    answers_digest: str | None = None
    sales: dict[str, NewSaleInput] = field(default_factory=dict[str, NewSaleInput])
    closed_sales: set[str] = field(default_factory=set[str])
    running_subscriptions: set[str] = field(default_factory=set[str])
    running_invoices: set[str] = field(default_factory=set[str])
    requests: list[Any] = field(default_factory=list[Any])
    signals: list[tuple[str, ProviderEventReceived]] = field(
        default_factory=list[tuple[str, ProviderEventReceived]]
    )

    async def accept_sale(self, start: NewSaleInput) -> SaleAccepted:
        self._need()
        if start.order_id in self.closed_sales:
            raise SaleClosedError
        if not self.has_worker:
            raise NoAnswerError
        known = self.sales.setdefault(start.order_id, start)
        return SaleAccepted(
            subscription_id=known.subscription_id,
            order_digest=self.answers_digest or known.order_digest,
        )

    async def start_sale(self, start: NewSaleInput) -> None:
        self._need()
        self.sales.setdefault(start.order_id, start)

    async def signal_invoice(self, invoice_id: str, event: ProviderEventReceived) -> bool:
        self._need()
        if invoice_id not in self.running_invoices:
            return False
        self.signals.append((invoice_id, event))
        return True

    async def check(self) -> None:
        self._need()

    async def request(self, subscription_id: str, request: SubscriptionRequest) -> RequestAccepted:
        self._need()
        if subscription_id not in self.running_subscriptions:
            raise UnknownEntityError(subscription_id)
        if self.refusal is not None:
            raise RequestRefusedError(self.refusal)
        self.requests.append(request)
        return RequestAccepted(request_id=request.request_id, subscription_id=subscription_id)

    def _need(self) -> None:
        if self.is_down:
            raise UnavailableError("Temporal cannot be reached")


@dataclass
class FakeAccess:
    """An entitlement service that lets every account use three seats."""

    is_down: bool = False

    async def read_access(self, account_id: str) -> Access:
        if self.is_down:
            raise UnavailableError("no answer")
        return Access(
            account_id=account_id,
            features=(FeatureQuantity(key="seats", quantity=3),),
            grants=("sub-order-1-0001",),
            holds=(),
        )


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("database") / "migrated.db"
    asyncio.run(migrate_database(Settings(database_url=f"sqlite:///{file}")))
    return file


@pytest.fixture
def settings(tmp_path: Path, migrated_file: Path) -> Settings:
    file = tmp_path / "perennial.db"
    shutil.copy(migrated_file, file)
    return Settings(database_url=f"sqlite:///{file}", api_keys=(SecretStr(API_KEY),))


@pytest.fixture
def workflow_client() -> FakeWorkflowClient:
    return FakeWorkflowClient()


@pytest.fixture
def access() -> FakeAccess:
    return FakeAccess()


@pytest.fixture
async def services(
    settings: Settings, workflow_client: FakeWorkflowClient, access: FakeAccess
) -> AsyncGenerator[Services]:
    async with opened(settings, workflow_client) as real:
        yield replace(real, access=access)


@pytest.fixture
def transport(services: Services) -> httpx.ASGITransport:
    return httpx.ASGITransport(build_app(services), raise_app_exceptions=False)


@pytest.fixture
async def api(transport: httpx.ASGITransport) -> AsyncGenerator[httpx.AsyncClient]:
    """A caller with a valid key."""
    async with httpx.AsyncClient(
        transport=transport,
        base_url="http://api.test",
        headers={"Authorization": f"Bearer {API_KEY}"},
    ) as caller:
        yield caller


@pytest.fixture
def order() -> Callable[..., dict[str, Any]]:
    """Build the JSON body of an order, with some fields changed (None removes one)."""

    def build(**changes: Any) -> dict[str, Any]:
        body: dict[str, Any] = {
            "order_id": "order-1",
            "account": {
                "account_id": "acme",
                "name": "Acme Ltd",
                "email": "billing@acme.example",
                "country": "US",
                "zone": "America/New_York",
            },
            "plan": "team",
            "quantity": 3,
            "interval": {"unit": "month", "count": 1},
            "currency": "USD",
            "payment": {"kind": "card", "payment_method": "pm_card_visa"},
        }
        for path, value in changes.items():
            place = body
            *parents, last = path.split("__")
            for parent in parents:
                place = place[parent]
            if value is None:
                del place[last]
            else:
                place[last] = value
        return body

    return build
