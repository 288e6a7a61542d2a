"""Orders: once by id, with the account's latest profile beside them."""

import asyncio
from dataclasses import replace

import pytest

from domain.failures import ConflictError, RejectedError
from domain.parties.orders import Order, OrderItem
from storage.database import Database
from storage.orders import AddedOrder, OrderStore
from tests.unit.storage.conftest import SteppingClock


@pytest.fixture
def orders(database: Database, clock: SteppingClock) -> OrderStore:
    return OrderStore(database, clock)


async def test_an_order_is_read_back_as_it_was_submitted(orders: OrderStore, an_order: Order):
    full = replace(
        an_order,
        opportunity_id="opp-1",
        purchase_order="PO 77 / Ä",
        add_ons=(OrderItem(price_of="sso"), OrderItem(price_of="storage", quantity=3)),
    )
    assert await orders.add_order(full) == AddedOrder(order_id="o-1", is_new=True)
    assert await orders.find_order("o-1") == full
    assert await orders.find_account("acme") == full.account


async def test_the_same_order_again_is_not_new(orders: OrderStore, an_order: Order):
    await orders.add_order(an_order)
    assert await orders.add_order(an_order) == AddedOrder(order_id="o-1", is_new=False)


async def test_the_same_id_with_other_content_is_a_conflict_and_changes_nothing(
    orders: OrderStore, an_order: Order
):
    await orders.add_order(an_order)
    renamed = replace(an_order.account, name="Someone else")
    with pytest.raises(ConflictError, match="o-1"):
        await orders.add_order(replace(an_order, account=renamed))
    assert await orders.find_order("o-1") == an_order
    assert await orders.find_account("acme") == an_order.account


async def test_the_latest_order_wins_the_account_profile(orders: OrderStore, an_order: Order):
    moved = replace(an_order.account, country="AT", zone="Europe/Vienna", vat_id=None)
    await orders.add_order(an_order)
    await orders.add_order(replace(an_order, order_id="o-2", account=moved))
    assert await orders.find_account("acme") == moved


async def test_an_old_order_submitted_again_does_not_bring_its_old_profile_back(
    orders: OrderStore, an_order: Order
):
    moved = replace(an_order.account, country="AT")
    await orders.add_order(an_order)
    await orders.add_order(replace(an_order, order_id="o-2", account=moved))
    await orders.add_order(an_order)
    assert await orders.find_account("acme") == moved


async def test_unknown_orders_and_accounts_are_none(orders: OrderStore):
    assert await orders.find_order("nothing") is None
    assert await orders.find_account("nobody") is None


async def test_one_of_many_concurrent_submissions_is_new(orders: OrderStore, an_order: Order):
    added = await asyncio.gather(*(orders.add_order(an_order) for _ in range(20)))
    assert sorted(one.is_new for one in added) == [False] * 19 + [True]


async def test_one_of_two_concurrent_contents_is_a_conflict(orders: OrderStore, an_order: Order):
    other = replace(an_order, quantity=6)
    results = await asyncio.gather(
        orders.add_order(an_order), orders.add_order(other), return_exceptions=True
    )
    assert {type(result) for result in results} == {AddedOrder, ConflictError}


async def test_a_conflict_names_no_personal_data(orders: OrderStore, an_order: Order):
    await orders.add_order(an_order)
    with pytest.raises(ConflictError) as caught:
        await orders.add_order(replace(an_order, quantity=6))
    assert "Açme" not in str(caught.value)


async def test_a_country_that_is_no_code_is_refused_by_postgresql(
    orders: OrderStore, database: Database, an_order: Order
):
    if database.engine.dialect.name == "sqlite":
        return  # it does not enforce the length of a text
    wrong = replace(an_order, account=replace(an_order.account, country="Germany"))
    with pytest.raises(RejectedError) as caught:
        await orders.add_order(wrong)
    assert "Açme" not in repr(caught.value.__cause__)
    assert await orders.find_order("o-1") is None
