"""An invoice that reports its outcome and closes while its subscription ends is not forgotten."""

from config.temporal import DATA_CONVERTER
from domain.effects.events import EventType
from tests.virtual_temporal.points import Point, PointKind
from tests.workflows.desk import Desk
from tests.workflows.requests import GRANT, SOON, cancel, invoiced
from tests.workflows.stage import employed, virtual
from workflows.contract import messages
from workflows.contract.messages import InvoiceChanged, InvoiceOutcome

PAID = InvoiceChanged(invoice_id=GRANT, outcome=InvoiceOutcome.PAID, reason="paid")


async def test_a_payment_in_the_moment_of_the_end_is_a_task_and_no_invoice_that_is_gone():
    has_happened = False

    def pay_and_close_meanwhile(point: Point) -> None:
        nonlocal has_happened
        ends = (PointKind.WORKFLOW_TASK, subscription, "do_update")
        if has_happened or (point.kind, point.workflow_id, point.detail) != ends:
            return
        has_happened = True
        # The end is decided, and the request to stop has not reached the invoice.
        server = environment.server
        receiver, invoice = server.find(subscription), server.find(desk.invoice().id)
        assert receiver is not None
        assert invoice is not None
        server.signal(
            receiver,
            messages.INVOICE_CHANGED,
            DATA_CONVERTER.payload_converter.to_payloads_wrapper([PAID]),
        )
        server.terminate(invoice, "closed")

    environment = virtual(observer=pay_and_close_meanwhile)
    desk = Desk(environment=environment, world=employed(environment))
    subscription = desk.subscription().id
    await invoiced(desk, desk.world)

    await cancel(desk)
    await environment.sleep(SOON)

    assert has_happened
    assert f"task {GRANT}-late-payment" in desk.world.crm.seen
    recorded = desk.world.books.types_of(subscription)
    assert EventType.SUBSCRIPTION_ENDED in recorded
    assert EventType.ATTENTION_NEEDED not in recorded
