"""Every recording stores what its entity is revived from if its workflow is lost."""

from typing import Any

from pydantic import TypeAdapter

from domain.effects.outbox import PostErpInvoice, RecordEvent
from domain.failures import UnavailableError
from tests.workflows.desk import Desk
from tests.workflows.fakes import FakeWorld
from tests.workflows.requests import SOON
from workflows.invoice.state import InvoiceProgress
from workflows.new_sale.state import SaleProgress
from workflows.subscription.state import SubscriptionProgress

KINDS: dict[str, type[Any]] = {
    "sale/A1": SaleProgress,
    "subscription/sub-A1": SubscriptionProgress,
    "invoice/sub-A1-0001": InvoiceProgress,
}


async def test_each_entity_is_stored_as_it_is_carried(desk: Desk, world: FakeWorld):
    world.faults.always["erp"] = UnavailableError("down")
    # The sale stays open until its ERP customer is there.
    await desk.sell()
    await desk.until(lambda: len(world.books.events) == 6, within=SOON)
    assert set(world.books.states) == set(KINDS)
    for entity, kind in KINDS.items():
        stored = world.books.states[entity]
        revived = TypeAdapter(kind).validate_python(stored.state)
        assert (revived.entity, revived.sequence) == (entity, stored.sequence)
        assert stored.sequence == len(world.books.types_of(entity))
        # A record in its own state would make the state grow with copies of itself.
        assert not [each for each in revived.outbox if isinstance(each.body, RecordEvent)]


async def test_a_stored_invoice_refers_to_its_document_and_keeps_its_queue(
    desk: Desk, world: FakeWorld
):
    world.faults.always["erp"] = UnavailableError("down")
    await desk.sell()
    await desk.until(lambda: len(world.books.events) == 6, within=SOON)
    stored = world.books.states["invoice/sub-A1-0001"].state
    invoice = TypeAdapter(InvoiceProgress).validate_python(stored)
    (posted,) = [each.body for each in invoice.outbox if isinstance(each.body, PostErpInvoice)]
    documents = (invoice.document, invoice.start.draft, posted.document)
    assert [document.lines for document in documents] == [(), (), ()]
    assert invoice.document.number == posted.document.number == "INV-000001"
    assert invoice.granted_at is not None
