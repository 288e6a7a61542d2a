"""What is owed, charged and unlocked around the end of a subscription."""

import copy
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from domain.collection.policy import DEFAULT_SUBSCRIPTION_POLICY
from domain.collection.provider_invoice import ProviderInvoiceStatus
from domain.effects.events import EventType
from domain.subscription.states import SubscriptionEvent
from tests.workflows.desk import Desk, subscription_input
from tests.workflows.fakes import FakeWorld
from tests.workflows.requests import GRANT, MONTH, PROVIDER_INVOICE, SOON, cancel, invoiced, notify
from workflows.contract.requests import CancelAt, CancelSubscription
from workflows.subscription.inputs import invoice_input
from workflows.subscription.state import SubscriptionProgress

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
RENEWAL = "sub-A1-0002"
# Longer than a period, so that an invoice can still be open when its period ends.
PATIENT = replace(
    DEFAULT_SUBSCRIPTION_POLICY,
    renewal=replace(DEFAULT_SUBSCRIPTION_POLICY.renewal, collect_for=timedelta(days=60)),
)


async def past_due(desk: Desk, world: FakeWorld) -> None:
    """Sell by card; let the first renewal be declined for good."""
    desk.policy = PATIENT
    await (await desk.sell()).result()
    world.provider.declines = {"pm_good": "stolen_card"}
    await desk.until(lambda: f"{RENEWAL}/declined-1" in world.email_sender.sent, within=2 * MONTH)


def has_ended(world: FakeWorld) -> bool:
    return EventType.SUBSCRIPTION_ENDED in world.books.types_of("subscription/sub-A1")


async def test_a_period_that_was_used_is_still_owed_after_its_end(desk: Desk, world: FakeWorld):
    await past_due(desk, world)
    await cancel(desk, CancelAt.PERIOD_END)
    await desk.until(lambda: has_ended(world), within=2 * MONTH)
    await desk.environment.sleep(timedelta(days=1))
    owed = world.provider.provider_invoices[f"in_{RENEWAL}"]
    assert owed.status is ProviderInvoiceStatus.OPEN
    world.provider.pay(f"in_{RENEWAL}")
    await notify(desk, "e1", number=2)
    await desk.until(lambda: f"{RENEWAL}/receipt" in world.email_sender.sent, within=SOON)
    await desk.until(
        lambda: EventType.GRANT_CHANGED in world.books.types_of("subscription/sub-A1"), within=SOON
    )
    # It was owed, so no one is asked whether to refund it; and it unlocks nothing beyond the end.
    assert not [seen for seen in world.crm.seen if "late-payment" in seen]
    grant = world.entitlements.grants[RENEWAL]
    assert (grant.version, grant.until) == (2, world.entitlements.holds["sub-A1-hold"].starts_at)


async def test_a_period_that_is_given_up_is_no_longer_owed(desk: Desk, world: FakeWorld):
    await past_due(desk, world)
    await cancel(desk, CancelAt.NOW)
    await desk.until(
        lambda: (
            world.provider.provider_invoices[f"in_{RENEWAL}"].status is ProviderInvoiceStatus.VOID
        ),
        within=SOON,
    )


async def test_the_grant_of_a_payment_that_comes_after_the_end_is_ended(
    desk: Desk, world: FakeWorld
):
    await invoiced(desk, world)
    world.provider.pay(PROVIDER_INVOICE)
    await cancel(desk, CancelAt.NOW)
    await desk.until(
        lambda: EventType.GRANT_CHANGED in world.books.types_of("subscription/sub-A1"), within=SOON
    )
    grant = world.entitlements.grants[GRANT]
    assert (grant.version, grant.until) == (2, world.entitlements.holds["sub-A1-hold"].starts_at)
    await desk.until(lambda: f"task {GRANT}-late-payment" in world.crm.seen, within=SOON)
    recorded = [event.grant for event in world.books.events.values() if event.grant is not None]
    assert max(recorded, key=lambda each: each.version) == grant


async def test_the_same_cancellation_under_another_id_changes_and_records_nothing(
    desk: Desk, world: FakeWorld
):
    await (await desk.sell()).result()
    first = await cancel(desk, CancelAt.PERIOD_END, "c1")
    again = await cancel(desk, CancelAt.PERIOD_END, "c2")
    assert first["ends_at"] == again["ends_at"]
    await desk.until(lambda: has_ended(world), within=2 * MONTH)
    types = world.books.types_of("subscription/sub-A1")
    assert types.count(EventType.CANCELLATION_REQUESTED) == 1


def active() -> SubscriptionProgress:
    subscription = SubscriptionProgress.begin(subscription_input(NOON))
    given = invoice_input(subscription, subscription.next_invoice_id(), 0)
    subscription.open_invoice(given.draft, given.grant, 0)
    subscription.move(SubscriptionEvent.FIRST_INVOICE_PAID)
    return subscription


def test_of_two_cancellations_the_earlier_end_applies():
    at_end = CancelSubscription(request_id="c1", at=CancelAt.PERIOD_END, reason="moved")
    now = CancelSubscription(request_id="c2", at=CancelAt.NOW, reason="gone")
    subscription = active()
    assert subscription.take_cancellation(at_end, NOON)
    assert not subscription.take_cancellation(at_end, NOON)
    earlier = copy.deepcopy(subscription)
    assert earlier.take_cancellation(now, NOON + timedelta(hours=1))
    assert (earlier.cancel_at, earlier.cancel_reason) == (NOON + timedelta(hours=1), "gone")
    assert not earlier.take_cancellation(at_end, NOON + timedelta(hours=2))
    assert earlier.cancel_reason == "gone"


def test_ids_of_invoices_go_on_when_a_period_has_several():
    subscription = active()
    given = invoice_input(subscription, subscription.next_invoice_id(), 0)
    subscription.open_invoice(given.draft, given.grant, 0)
    assert [known.invoice_id for known in subscription.open_invoices] == [
        "sub-A1-0001",
        "sub-A1-0002",
    ]
    assert {known.period_number for known in subscription.open_invoices} == {0}


def test_only_grants_that_are_not_over_are_carried():
    subscription = active()
    grant = subscription.open_invoices[0].grant
    subscription.keep_grant(grant, NOON)
    later = replace(grant, grant_id="sub-A1-0002", until=grant.until + MONTH)
    subscription.keep_grant(later, grant.until)
    assert subscription.grants == [later]
    subscription.keep_grant(replace(later, version=2), grant.until)
    assert [known.version for known in subscription.grants] == [2]
