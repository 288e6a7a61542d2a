"""A step that is done again after an operator has reset the workflow says the same as the first time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tests.workflows import desk as desks
from workflows.contract.messages import CancelAt, CancelSubscription
from workflows.subscription.effects import hold_of_end
from workflows.subscription.state import start_progress, take_cancellation

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def test_the_hold_of_an_end_is_the_same_when_it_is_put_again_later():
    start = desks.subscription_input(NOON)
    progress = start_progress(start)
    request = CancelSubscription(request_id="c1", at=CancelAt.NOW, reason="customer asked")
    assert take_cancellation(request, progress, NOON)
    # The entitlement service answers 409 to the same version with other content.
    first = hold_of_end(start, replace(progress), NOON)
    again = hold_of_end(start, replace(progress), NOON + timedelta(hours=1))
    assert first == again
