"""A step that is done again after an operator has reset the workflow says the same as the first time."""

import copy
from datetime import UTC, datetime, timedelta

from domain.entitlements.holds import HoldLevel, HoldReason
from tests.workflows import desk as desks
from workflows.contract.requests import CancelAt, CancelSubscription
from workflows.subscription.state import SubscriptionProgress

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def test_the_hold_of_an_end_is_the_same_when_it_is_put_again_later():
    subscription = SubscriptionProgress.begin(desks.subscription_input(NOON))
    request = CancelSubscription(request_id="c1", at=CancelAt.NOW, reason="customer asked")
    assert subscription.take_cancellation(request, NOON)
    # The entitlement service answers 409 to the same version with other content.
    before = copy.deepcopy(subscription)
    first = subscription.hold(HoldReason.ENDED, HoldLevel.HELD, NOON)
    again = before.hold(HoldReason.ENDED, HoldLevel.HELD, NOON + timedelta(hours=1))
    assert first == again
