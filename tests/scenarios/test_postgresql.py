"""A whole sale on PostgreSQL, also while PostgreSQL is away."""

from collections.abc import AsyncGenerator, Generator

import pytest

from domain.ids import subscription_id
from tests.postgresql import PostgresServer, running_server, url_of
from tests.scenarios.conftest import run_machine
from tests.scenarios.machine import Machine
from tests.scenarios.record import faults_of_record
from tests.scenarios.scene import Scene, an_order, first_invoice


@pytest.fixture(scope="module")
def postgres() -> Generator[PostgresServer]:
    with running_server() as server:
        server.psql("CREATE DATABASE perennial")
        yield server


@pytest.fixture(scope="module")
def on_postgres(
    postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Generator[Machine]:
    url = url_of(postgres, "perennial")
    yield from run_machine(
        Machine(tmp_path_factory.mktemp("postgres"), {"PERENNIAL_DATABASE_URL": url})
    )


@pytest.fixture
async def postgres_scene(on_postgres: Machine) -> AsyncGenerator[Scene]:
    opened = await Scene.of(on_postgres.stack, on_postgres.environment["PERENNIAL_DATABASE_URL"])
    yield opened
    await opened.mend()
    await opened.aclose()


async def test_a_whole_sale_runs_on_postgresql(postgres_scene: Scene) -> None:
    scene, order = postgres_scene, an_order(quantity=3)

    subscription = await scene.sell(order)

    seen = await scene.verify_sold_once(order)
    assert seen.features["seats"] == 3
    shown = await scene.client.get(subscription)
    assert shown.state.value == "active"
    assert [invoice.state.value for invoice in shown.invoices] == ["paid"]
    assert [grant.grant_id for grant in shown.grants] == [first_invoice(order)]
    assert await faults_of_record(scene) == []


async def test_what_is_paid_unlocks_while_our_database_is_away(
    postgres: PostgresServer, postgres_scene: Scene
) -> None:
    scene, order = postgres_scene, an_order(card=None)
    subscription = await scene.sell(order)
    provider_invoice = await scene.open_provider_invoice(order)
    await scene.client.wait_until(subscription, "pending")
    postgres.psql("ALTER DATABASE perennial ALLOW_CONNECTIONS false")
    try:
        postgres.psql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'perennial'"
        )

        await scene.pay_by_transfer(provider_invoice)

        await scene.until_seen("entitlements", "grant.put", first_invoice(order), seconds=10)
        assert (await scene.seen(order)).features
    finally:
        postgres.psql("ALTER DATABASE perennial ALLOW_CONNECTIONS true")
    await scene.verify_sold_once(order)
    await scene.client.wait_until(subscription_id(order.order_id), "active")
    assert await faults_of_record(scene) == []
