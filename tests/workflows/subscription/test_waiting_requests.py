"""A request that waits for the payment provider holds up neither the clock nor other messages."""

from datetime import UTC, datetime, timedelta

from domain.effects.events import EventType
from domain.failures import UnavailableError
from tests.workflows.desk import Desk, subscription_input
from tests.workflows.fakes import FakeWorld
from tests.workflows.requests import (
    PROVIDER_INVOICE,
    SOON,
    at_renewal,
    change,
    invoiced,
    notify,
    until_between_tries,
)
from workflows.contract.requests import ChangePaymentMethod
from workflows.subscription.inputs import invoice_input
from workflows.subscription.state import SubscriptionProgress

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


async def test_a_renewal_is_invoiced_while_a_new_card_cannot_be_attached(
    desk: Desk, world: FakeWorld
):
    await at_renewal(desk, world)
    world.faults.always["attach_payment_method"] = UnavailableError("down")
    await change(desk, "pm_new")
    await desk.until(lambda: len(world.entitlements.grants) == 2, within=SOON)


async def test_a_payment_activates_while_a_new_card_cannot_be_attached(
    desk: Desk, world: FakeWorld
):
    await invoiced(desk, world)
    world.faults.always["attach_payment_method"] = UnavailableError("down")
    await change(desk, "pm_new")
    await until_between_tries(desk, world, "attach_payment_method")
    world.provider.pay(PROVIDER_INVOICE)
    await notify(desk, "e1")
    await desk.until(
        lambda: EventType.SUBSCRIPTION_ACTIVATED in world.books.types_of("subscription/sub-A1"),
        within=timedelta(minutes=30),
    )


def test_requests_have_a_minute_of_their_own_in_each_period():
    subscription = SubscriptionProgress.begin(subscription_input(NOON))
    subscription.inbox.append(ChangePaymentMethod(request_id="r1", payment_method="pm_new"))
    subscription.held_since = NOON
    given = invoice_input(subscription, subscription.next_invoice_id(), 0)
    subscription.open_invoice(given.draft, given.grant, 0)
    assert subscription.held_since is None
