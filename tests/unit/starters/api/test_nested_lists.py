"""What a subscription has many of is shown in part, and listed page by page."""

from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from config.settings import Settings
from perennial import Client, NotFoundError
from storage.database import Database
from storage.recorder import Recorder
from tests.unit.starters.conftest import API_KEY
from tests.unit.storage.builders import EventBuilder

Build = Callable[..., dict[str, Any]]
MANY = 1000
LARGEST_ANSWER = 100_000
EVENTS = EventBuilder(order_id="order-1")
NESTED = ["invoices", "grants"]


@pytest.fixture
async def client(transport: httpx.ASGITransport) -> AsyncGenerator[Client]:
    async with Client("http://api.test", API_KEY, transport=transport) as client:
        yield client


@pytest.fixture
async def many(settings: Settings) -> None:
    """Record a subscription with a thousand paid invoices, the way its workflows would."""
    database = Database.open(settings.database_url)
    recorder = Recorder(database)
    await recorder.record([EVENTS.subscription(1)])
    events = [paid(number) for number in range(1, MANY + 1)]
    await recorder.record(events)
    await database.dispose()


def paid(number: int, events: EventBuilder = EVENTS) -> Any:
    invoice_id = f"sub-{events.order_id}-{number:04d}"
    event, grant = events.invoice(1), events.grant()
    assert event.invoice is not None
    return replace(
        event,
        entity=f"invoice/{invoice_id}",
        invoice=replace(event.invoice, invoice_id=invoice_id, draft=None),
        grant=replace(
            grant, grant_id=invoice_id, starts_at=grant.starts_at + timedelta(hours=number)
        ),
    )


@pytest.mark.usefixtures("many")
async def test_a_subscription_shows_the_newest_and_says_that_there_are_more(
    api: httpx.AsyncClient,
) -> None:
    answer = await api.get("/v1/subscriptions/sub-order-1")

    shown = answer.json()
    newest = [f"sub-order-1-{number:04d}" for number in range(MANY - 49, MANY + 1)]
    assert [each["invoice_id"] for each in shown["invoices"]] == newest
    assert [each["grant_id"] for each in shown["grants"]] == newest
    assert (shown["has_earlier_invoices"], shown["has_earlier_grants"]) == (True, True)
    assert len(answer.content) <= LARGEST_ANSWER


async def test_a_subscription_with_few_shows_all(
    api: httpx.AsyncClient, settings: Settings
) -> None:
    database = Database.open(settings.database_url)
    await Recorder(database).record([EVENTS.subscription(1), paid(1)])
    await database.dispose()

    shown = (await api.get("/v1/subscriptions/sub-order-1")).json()

    assert (len(shown["invoices"]), len(shown["grants"])) == (1, 1)
    assert (shown["has_earlier_invoices"], shown["has_earlier_grants"]) == (False, False)


@pytest.mark.usefixtures("many")
async def test_all_of_them_are_listed_page_by_page_in_their_order(client: Client) -> None:
    wanted = [f"sub-order-1-{number:04d}" for number in range(1, MANY + 1)]
    assert [each.invoice_id async for each in client.invoices("sub-order-1")] == wanted
    assert [each.grant_id async for each in client.grants("sub-order-1")] == wanted


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("nested", NESTED)
async def test_a_page_is_as_long_as_asked_for_and_never_too_large(
    api: httpx.AsyncClient, nested: str
) -> None:
    path = f"/v1/subscriptions/sub-order-1/{nested}"
    page = (await api.get(path, params={"limit": 2})).json()
    assert (len(page[nested]), page["next_after"]) == (2, "sub-order-1-0002")
    largest = await api.get(path, params={"limit": 200})
    assert len(largest.content) <= LARGEST_ANSWER
    assert (await api.get(path, params={"limit": 201})).status_code == 422
    last = (await api.get(path, params={"after": f"sub-order-1-{MANY}"})).json()
    assert (last[nested], last["next_after"]) == ([], None)


async def test_the_lists_of_an_unknown_subscription_are_not_found(client: Client) -> None:
    with pytest.raises(NotFoundError):
        _ = [each async for each in client.invoices("sub-order-9")]
    with pytest.raises(NotFoundError):
        _ = [each async for each in client.grants("sub-order-9")]


async def test_the_next_page_can_be_asked_for_whatever_the_order_is_called(
    api: httpx.AsyncClient, settings: Settings
) -> None:
    # The longest id that an order may have, and one whose digits pass for a card number.
    names = ("o" * 64, "400000000001")
    for order_id in names:
        events = EventBuilder(order_id=order_id)
        database = Database.open(settings.database_url)
        await Recorder(database).record([events.subscription(1), paid(1, events)])
        await database.dispose()
    nested = [f"/sub-{order_id}/{each}" for order_id in names for each in NESTED]
    for path in ("", *nested):
        page = (await api.get(f"/v1/subscriptions{path}", params={"limit": 1})).json()
        assert page["next_after"] is not None
        after = {"limit": 1, "after": page["next_after"]}
        assert (await api.get(f"/v1/subscriptions{path}", params=after)).status_code == 200
