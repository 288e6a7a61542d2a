"""Both databases, migrated and empty, and what is stored in them."""

import asyncio
import itertools
import shutil
from collections.abc import AsyncGenerator, Generator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from domain.parties.accounts import AccountProfile
from domain.parties.orders import Order, PaymentChoice, PaymentKind
from domain.periods.periods import Interval, IntervalUnit
from storage.database import Database
from storage.migrate import upgrade
from tests.postgresql import PostgresServer, running_server, url_of
from tests.unit.storage.builders import NOON, DraftBuilder, EventBuilder, draft_of

_COUNTER = itertools.count(1)


@pytest.fixture(scope="session")
def postgres_server() -> Generator[PostgresServer]:
    with running_server() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> str:
    postgres_server.psql("CREATE DATABASE migrated")
    asyncio.run(upgrade(url_of(postgres_server, "migrated")))
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
    yield url_of(server, name)
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
    yield url_of(server, name)
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
            address=("Hafenstraße 12", "50667 Köln"),
        ),
        plan="team",
        quantity=5,
        interval=Interval(unit=IntervalUnit.MONTH),
        currency="EUR",
        payment=PaymentChoice(kind=PaymentKind.CARD, payment_method="pm_card_visa"),
    )


@pytest.fixture
def draft() -> DraftBuilder:
    return draft_of


@pytest.fixture
def events() -> EventBuilder:
    return EventBuilder()
