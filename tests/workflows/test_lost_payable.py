"""A payable whose opening was never confirmed is still a payable that somebody can pay."""

from datetime import timedelta

from domain.collection.provider_invoice import Payable, PayableRequest, PayableStatus
from domain.failures import UnavailableError
from tests.workflows.desk import TRANSFER, Desk
from tests.workflows.fakes import FakeWorld
from tests.workflows.requests import PAYABLE, SOON, cancel


async def test_a_payable_whose_answer_was_lost_is_voided_when_the_customer_cancels(
    desk: Desk, world: FakeWorld
):
    ensure, is_lost = world.provider.ensure_payable, True

    async def losing(request: PayableRequest) -> Payable:
        payable = await ensure(request)
        if is_lost:
            raise UnavailableError("the answer was lost")
        return payable

    world.provider.ensure_payable = losing
    await desk.sell(payment=TRANSFER)
    await desk.until(lambda: PAYABLE in world.provider.payables, within=SOON)
    await cancel(desk)
    await desk.until(lambda: "sub-A1-hold" in world.entitlements.holds, within=SOON)
    is_lost = False
    await desk.environment.sleep(timedelta(days=1))
    assert world.provider.payables[PAYABLE].status is PayableStatus.VOID
