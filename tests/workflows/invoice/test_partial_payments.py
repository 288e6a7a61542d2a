"""Money that was paid in part is never forgotten."""

from dataclasses import replace
from datetime import timedelta

from domain.collection.provider_invoice import ProviderInvoiceStatus
from domain.effects.events import EventType
from domain.money.money import Money
from tests.workflows.desk import Desk
from tests.workflows.fakes import FakeWorld
from tests.workflows.requests import MONTH, PROVIDER_INVOICE, SOON, invoiced, notify

SECOND = "in_sub-A1-0002"


async def test_a_renewal_that_was_paid_in_part_is_not_voided_without_telling_anybody(
    desk: Desk, world: FakeWorld
):
    await invoiced(desk, world)
    world.provider.pay(PROVIDER_INVOICE)
    await notify(desk, "e1")
    provider_invoices = world.provider.provider_invoices
    await desk.until(lambda: SECOND in provider_invoices, within=2 * MONTH)
    provider_invoices[SECOND] = replace(
        provider_invoices[SECOND], amount_paid=Money(minor_units=2500, currency="USD")
    )
    await notify(desk, "e2", 2)
    await desk.until(
        lambda: EventType.ATTENTION_NEEDED in world.books.types_of("invoice/sub-A1-0002"),
        within=2 * MONTH,
    )
    await desk.environment.sleep(timedelta(days=2))
    assert provider_invoices[SECOND].status is ProviderInvoiceStatus.OPEN
    # Looked at again and again, but told once.
    types = world.books.types_of("invoice/sub-A1-0002")
    assert types.count(EventType.ATTENTION_NEEDED) == 1

    assert "25.00 USD of 57.00 USD is paid" in await desk.resume(desk.invoice(2))
    await desk.until(
        lambda: provider_invoices[SECOND].status is ProviderInvoiceStatus.VOID, within=SOON
    )


async def test_a_person_settles_what_the_provider_calls_paid_but_never_took(
    desk: Desk, world: FakeWorld
):
    await invoiced(desk, world)
    world.provider.pay(PROVIDER_INVOICE)
    paid = world.provider.provider_invoices[PROVIDER_INVOICE]
    # Stripe settles from the customer's credit, and waives what is below its smallest charge.
    world.provider.provider_invoices[PROVIDER_INVOICE] = replace(
        paid, amount_paid=Money(minor_units=5000, currency="USD")
    )
    await notify(desk, "e1")
    await desk.until(lambda: "task sub-A1-0001-shortfall" in world.crm.seen, within=SOON)
    await desk.until(lambda: "payment of INV-000001" in world.erp.posted, within=SOON)
