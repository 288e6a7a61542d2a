"""A sale on terms: the invoice is sent, the transfer arrives, the features unlock."""

import asyncio
from datetime import timedelta

from domain.collection.provider_invoice import ProviderInvoice, ProviderInvoiceStatus
from domain.effects.events import EventType
from tests.workflows.desk import TRANSFER, Desk
from tests.workflows.fakes import FakeWorld
from workflows.contract import messages
from workflows.contract.messages import ProviderEventReceived

SOON = timedelta(minutes=5)
GRANT, PROVIDER_INVOICE = "sub-A1-0001", "in_sub-A1-0001"


async def invoiced(desk: Desk, world: FakeWorld) -> None:
    await desk.sell(payment=TRANSFER)
    await desk.until(lambda: f"{GRANT}/invoice" in world.email_sender.sent, within=SOON)


async def notify(desk: Desk, event_id: str) -> None:
    await desk.invoice().signal(
        messages.PROVIDER_EVENT,
        ProviderEventReceived(event_id=event_id, event_type="invoice.paid"),
    )


async def test_nothing_is_unlocked_before_the_transfer_arrives(desk: Desk, world: FakeWorld):
    await invoiced(desk, world)
    await desk.environment.sleep(timedelta(days=20))
    assert world.entitlements.grants == {}
    assert world.provider.charges == {}


async def test_the_transfer_unlocks_at_its_event(desk: Desk, world: FakeWorld):
    await invoiced(desk, world)
    world.provider.pay(PROVIDER_INVOICE)
    await notify(desk, "evt_1")
    await desk.until(lambda: GRANT in world.entitlements.grants, within=timedelta(seconds=10))


async def test_a_lost_event_costs_only_time(desk: Desk, world: FakeWorld):
    await invoiced(desk, world)
    world.provider.pay(PROVIDER_INVOICE)
    await desk.until(lambda: GRANT in world.entitlements.grants, within=timedelta(hours=30))


async def test_money_that_was_there_before_the_invoice_unlocks_and_asks_for_nothing(
    desk: Desk, world: FakeWorld
):
    world.provider.is_paid_when_opened = True
    sale = await desk.sell(payment=TRANSFER)
    assert (await sale.result()).is_won
    assert list(world.entitlements.grants) == [GRANT]
    await desk.until(lambda: f"{GRANT}/receipt" in world.email_sender.sent, within=SOON)
    assert list(world.email_sender.sent) == [f"{GRANT}/receipt"]


async def test_an_event_that_lies_unlocks_nothing(desk: Desk, world: FakeWorld):
    await invoiced(desk, world)
    await notify(desk, "evt_forged")
    await desk.environment.sleep(timedelta(hours=1))
    assert world.entitlements.grants == {}


async def test_the_same_event_five_times_changes_nothing_more(desk: Desk, world: FakeWorld):
    await invoiced(desk, world)
    world.provider.pay(PROVIDER_INVOICE)
    # At once: the first alone would end the invoice.
    await asyncio.gather(*(notify(desk, "evt_1") for _ in range(5)))
    await desk.until(lambda: len(world.erp.posted) == 3, within=SOON)
    await desk.until(lambda: f"{GRANT}/receipt" in world.email_sender.sent, within=SOON)
    await desk.until(lambda: len(world.books.types_of(f"invoice/{GRANT}")) >= 2, within=SOON)
    assert world.books.types_of(f"invoice/{GRANT}") == [
        EventType.INVOICE_ISSUED,
        EventType.INVOICE_PAID,
    ]


async def test_a_transfer_that_never_comes_is_given_up_after_its_term_and_window(
    desk: Desk, world: FakeWorld
):
    sale = await desk.sell(payment=TRANSFER)
    result = await sale.result()
    assert not result.is_won
    assert world.provider.provider_invoices[PROVIDER_INVOICE].status is ProviderInvoiceStatus.VOID
    history = await desk.invoice().fetch_history()
    life = history.events[-1].event_time.ToDatetime() - history.events[0].event_time.ToDatetime()
    assert timedelta(days=37) <= life < timedelta(days=38)


async def test_a_payment_of_the_customer_s_own_that_fails_after_all_leaves_the_invoice_open(
    desk: Desk, world: FakeWorld
):
    await invoiced(desk, world)
    world.provider.process(PROVIDER_INVOICE, is_processing=True)
    await notify(desk, "evt_1")
    await desk.environment.sleep(timedelta(hours=1))
    world.provider.process(PROVIDER_INVOICE, is_processing=False)
    await notify(desk, "evt_2")
    await desk.environment.sleep(timedelta(hours=1))
    assert world.entitlements.grants == {}
    world.provider.pay(PROVIDER_INVOICE)
    await notify(desk, "evt_3")
    await desk.until(lambda: GRANT in world.entitlements.grants, within=SOON)


async def test_an_event_that_comes_again_is_not_read_again(desk: Desk, world: FakeWorld):
    await invoiced(desk, world)
    read, reads = world.provider.read_provider_invoice, list[str]()

    async def counted(provider_invoice_id: str) -> ProviderInvoice:
        reads.append(provider_invoice_id)
        return await read(provider_invoice_id)

    world.provider.read_provider_invoice = counted
    for event in ("evt_1", "evt_1", "evt_2"):
        await notify(desk, event)
        await desk.environment.sleep(timedelta(minutes=1))
    assert reads == [PROVIDER_INVOICE] * 2


async def test_only_what_can_be_paid_is_emailed_with_its_page(desk: Desk, world: FakeWorld):
    await invoiced(desk, world)
    page = world.provider.provider_invoices[PROVIDER_INVOICE].hosted_url
    assert page
    world.provider.pay(PROVIDER_INVOICE)
    await notify(desk, "evt_1")
    await desk.until(lambda: f"{GRANT}/receipt" in world.email_sender.sent, within=SOON)
    sent = world.email_sender.sent
    assert page in sent[f"{GRANT}/invoice"].text
    assert page not in sent[f"{GRANT}/receipt"].text
