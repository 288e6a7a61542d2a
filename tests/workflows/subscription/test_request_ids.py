"""A request id names one request; another request under it is never taken as done."""

from datetime import timedelta

from temporalio.client import WorkflowUpdateFailedError

from tests.workflows.desk import Desk
from tests.workflows.fakes import FakeWorld
from tests.workflows.requests import GRANT, SOON, cancel, change
from workflows.contract.requests import CancelAt


async def test_a_cancellation_under_the_id_of_a_change_is_refused_or_done(
    desk: Desk, world: FakeWorld
):
    # Not until its result: the server would skip a month while it waits, and a run would end meanwhile.
    await desk.sell()
    await desk.until(lambda: GRANT in world.entitlements.grants, within=SOON)
    await change(desk, "pm_new", "r1")
    try:
        await cancel(desk, CancelAt.NOW, "r1")
    except WorkflowUpdateFailedError:
        return
    await desk.environment.sleep(timedelta(hours=1))
    assert "sub-A1-hold" in world.entitlements.holds
