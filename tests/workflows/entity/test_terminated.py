"""What an operator terminates does not keep the others for ever."""

from datetime import timedelta

from temporalio.api.enums.v1 import EventType as HistoryEvent

from domain.effects.events import EventType
from tests.workflows.desk import Desk
from tests.workflows.fakes import FakeWorld
from tests.workflows.requests import cancel, invoiced


async def test_a_sale_whose_subscription_was_terminated_can_be_cancelled(
    desk: Desk, world: FakeWorld
):
    sale = await invoiced(desk, world)
    await desk.subscription().terminate()
    await sale.cancel()
    await desk.until(
        lambda: EventType.SALE_FAILED in world.books.types_of("sale/A1"), within=timedelta(days=1)
    )


async def test_a_subscription_whose_invoice_was_terminated_can_end(desk: Desk, world: FakeWorld):
    await invoiced(desk, world)
    await desk.invoice().terminate()
    await cancel(desk)
    await desk.environment.sleep(timedelta(days=60))
    history = await desk.subscription().fetch_history()
    ended = HistoryEvent.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED
    assert history.events[-1].event_type == ended
