"""Operators read what a subscription is in every run of it, not only in the first."""

from temporalio.api.sdk.v1 import WorkflowMetadata

from tests.workflows.desk import Desk
from tests.workflows.fakes import FakeWorld
from tests.workflows.requests import SOON, at_renewal


async def details_of(desk: Desk) -> str:
    metadata = await desk.subscription().query(
        "__temporal_workflow_metadata", result_type=WorkflowMetadata
    )
    return metadata.current_details


async def test_plan_and_price_are_read_in_the_details_after_a_renewal_too(
    desk: Desk, world: FakeWorld
):
    await at_renewal(desk, world)
    assert "3 x team" in str(await (await desk.subscription().describe()).static_summary())
    await desk.until(lambda: len(world.entitlements.grants) == 2, within=SOON)
    # The summary ends with the first run: nothing in the SDK gives one to the next.
    details = await details_of(desk)
    assert "- **Plan**: 3 x team (Team)" in details
    assert "- **Price**: 57.00 USD every month" in details
