"""A step that is done again after an operator has reset the workflow says the same as the first time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from activities.messages import SubscriptionInput
from tests.workflows import desk as desks
from workflows.contract.messages import CancelAt, CancelSubscription
from workflows.subscription.effects import hold_of_end
from workflows.subscription.state import start_progress, take_cancellation

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def started() -> SubscriptionInput:
    return SubscriptionInput(
        subscription_id="sub-A1",
        order_id="A1",
        account_id="acme",
        zone="UTC",
        purchase_order=None,
        plan=desks.terms_of(desks.order_of("A1", desks.CARD)),
        policy=desks.DEFAULT_SUBSCRIPTION_POLICY,
        payment=desks.CARD,
        customer_id="cus_acme",
        payment_method="pm_good",
        anchor=NOON,
    )


def test_the_hold_of_an_end_is_the_same_when_it_is_put_again_later():
    start = started()
    progress = start_progress(start)
    request = CancelSubscription(request_id="c1", at=CancelAt.NOW, reason="customer asked")
    assert take_cancellation(request, progress, NOON)
    # The entitlement service answers 409 to the same version with other content.
    first = hold_of_end(start, replace(progress), NOON)
    again = hold_of_end(start, replace(progress), NOON + timedelta(hours=1))
    assert first == again
