"""What a renewal costs is asked when it is due: new prices, new tax, and what goes before it."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from domain.entitlements.grants import FeatureQuantity
from domain.failures import RejectedError, UnavailableError
from domain.pricing.pricing import Price, PriceModel
from domain.subscription.states import SubscriptionState
from tests.workflows import desk as desks
from tests.workflows.desk import Desk
from tests.workflows.fakes import FakeWorld
from tests.workflows.requests import until_between_tries
from workflows.contract import messages
from workflows.contract.requests import CancelAt, CancelSubscription

SOON = timedelta(minutes=5)
MONTH = timedelta(days=32)
SOLD = desks.terms_of(desks.order_of("A1", desks.CARD))
DEARER = replace(
    SOLD,
    version=2,
    charges=(
        replace(
            SOLD.charges[0],
            price=Price(model=PriceModel.PER_SEAT, currency="USD", unit_price=Decimal("21.00")),
        ),
    ),
    features=(FeatureQuantity(key="sso", quantity=0),),
)


async def sold_and_paid(desk: Desk, world: FakeWorld) -> None:
    await (await desk.sell()).result()
    await desk.until(lambda: len(world.erp.posted) == 3, within=SOON)


async def until_renewal(desk: Desk, world: FakeWorld) -> None:
    period_end = world.entitlements.grants["sub-A1-0001"].until - desk.policy.longest_dunning
    await desk.environment.sleep(period_end - await desk.environment.get_current_time())


async def cancel_now(desk: Desk) -> None:
    request = CancelSubscription(request_id="c1", at=CancelAt.NOW, reason="customer asked")
    await desk.ask(desk.subscription(), messages.REQUEST, request)


async def test_a_new_price_counts_from_the_next_period_and_stays(desk: Desk, world: FakeWorld):
    await sold_and_paid(desk, world)
    world.orders.new_terms = DEARER
    await desk.until(lambda: len(world.provider.money_taken) == 2, within=MONTH)
    world.orders.new_terms = None
    await desk.until(lambda: len(world.provider.money_taken) == 3, within=MONTH)
    assert [str(money) for money in world.provider.money_taken] == [
        "57.00 USD",
        "63.00 USD",
        "63.00 USD",
    ]
    await desk.until(lambda: "sub-A1-0003" in world.entitlements.grants, within=SOON)
    assert world.entitlements.grants["sub-A1-0001"].features == SOLD.features
    assert world.entitlements.grants["sub-A1-0003"].features == DEARER.features
    starts = [
        world.entitlements.grants[f"sub-A1-000{number}"].starts_at.date() for number in (2, 3)
    ]
    assert world.orders.questions == starts


async def test_a_cancellation_goes_before_a_renewal_whose_price_is_not_known_yet(
    desk: Desk, world: FakeWorld
):
    await sold_and_paid(desk, world)
    world.faults.always["terms_for_period"] = UnavailableError("our tables are down")
    await until_renewal(desk, world)
    await until_between_tries(desk, world, "terms_for_period")
    await cancel_now(desk)
    assert (await desk.subscription().result())["state"] == SubscriptionState.ENDED
    assert len(world.provider.money_taken) == 1
    assert len(world.provider.provider_invoices) == 1


async def test_a_renewal_without_a_price_waits_for_an_operator(desk: Desk, world: FakeWorld):
    await sold_and_paid(desk, world)
    world.faults.always["terms_for_period"] = RejectedError("add_ons 'gone' is not sold")
    await until_renewal(desk, world)
    await desk.until(
        lambda: "attention_needed" in world.books.types_of("subscription/sub-A1"), within=SOON
    )
    assert len(world.provider.provider_invoices) == 1
    world.faults.always.clear()
    assert "price the period" in await desk.resume(desk.subscription())
    await desk.until(lambda: len(world.provider.money_taken) == 2, within=SOON)
