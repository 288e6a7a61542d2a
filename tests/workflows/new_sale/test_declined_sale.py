"""A sale whose card is declined: the account stays locked until a new payment method is there."""

from datetime import timedelta

from domain.collection.next_step import Attempt
from domain.collection.provider_invoice import ProviderInvoiceStatus
from domain.effects.events import EventType
from domain.failures import UnavailableError
from tests.workflows.desk import Desk, card
from tests.workflows.fakes import FakeWorld
from workflows.contract import messages
from workflows.contract.requests import ChangePaymentMethod

SOON = timedelta(minutes=5)
GRANT = "sub-A1-0001"


async def change_method(desk: Desk, method: str, request_id: str = "r1") -> None:
    await desk.ask(
        desk.subscription(),
        messages.REQUEST,
        ChangePaymentMethod(request_id=request_id, payment_method=method),
    )


async def declined(desk: Desk, world: FakeWorld, code: str = "insufficient_funds") -> None:
    world.provider.declines = {"pm_bad": code}
    await desk.sell(payment=card("pm_bad"))
    await desk.until(lambda: f"{GRANT}/declined-1" in world.email_sender.sent, within=SOON)


async def test_a_declined_card_unlocks_nothing_and_is_not_tried_again(desk: Desk, world: FakeWorld):
    await declined(desk, world)
    await desk.environment.sleep(timedelta(days=5))
    assert world.entitlements.grants == {}
    assert list(world.provider.charges) == [f"{GRANT}/charge/1"]


async def test_a_new_card_is_charged_and_unlocks(desk: Desk, world: FakeWorld):
    await declined(desk, world)
    await change_method(desk, "pm_good")
    await desk.until(lambda: GRANT in world.entitlements.grants, within=SOON)
    assert list(world.provider.charges) == [f"{GRANT}/charge/1", f"{GRANT}/charge/2"]
    assert len(world.provider.money_taken) == 1


async def test_a_second_declined_card_is_one_more_attempt(desk: Desk, world: FakeWorld):
    await declined(desk, world)
    world.provider.declines["pm_worse"] = "lost_card"
    await change_method(desk, "pm_worse", "r1")
    await desk.until(lambda: f"{GRANT}/declined-2" in world.email_sender.sent, within=SOON)
    assert world.entitlements.grants == {}
    await change_method(desk, "pm_good", "r2")
    await desk.until(lambda: GRANT in world.entitlements.grants, within=SOON)
    # The record follows the unlock.
    paid = EventType.INVOICE_PAID
    await desk.until(lambda: paid in world.books.types_of(f"invoice/{GRANT}"), within=SOON)
    attempts = [event.attempt for event in world.books.events.values() if event.attempt]
    assert [attempt.decline_code for attempt in unique(attempts)] == [
        "insufficient_funds",
        "lost_card",
        None,
    ]


def unique(attempts: list[Attempt]) -> list[Attempt]:
    return sorted(
        {attempt.number: attempt for attempt in attempts}.values(), key=lambda a: a.number
    )


async def test_the_same_request_twice_attaches_and_charges_once(desk: Desk, world: FakeWorld):
    await declined(desk, world)
    await change_method(desk, "pm_good", "r1")
    await change_method(desk, "pm_good", "r1")
    await desk.until(lambda: GRANT in world.entitlements.grants, within=SOON)
    assert world.provider.attached.count("pm_good") == 1


async def test_a_card_that_cannot_even_be_attached_waits_for_another_one(
    desk: Desk, world: FakeWorld
):
    world.provider.refused_at_attach = frozenset({"pm_refused"})
    await desk.sell(payment=card("pm_refused"))
    await desk.until(lambda: "A1/method-refused" in world.email_sender.sent, within=SOON)
    assert world.provider.charges == {}
    await change_method(desk, "pm_good")
    await desk.until(lambda: GRANT in world.entitlements.grants, within=SOON)


async def test_a_sale_that_is_never_paid_is_undone_everywhere(desk: Desk, world: FakeWorld):
    world.provider.declines = {"pm_bad": "insufficient_funds"}
    result = await (await desk.sell(payment=card("pm_bad"))).result()
    assert not result.is_won
    assert result.failure == "collection_window_over"
    assert world.provider.provider_invoices["in_sub-A1-0001"].status is ProviderInvoiceStatus.VOID
    await desk.until(lambda: "cancel INV-000001" in world.erp.posted, within=SOON)
    assert world.crm.seen == ["won A1", "lost A1", "task A1-not-activated"]
    assert world.entitlements.grants == {}
    assert world.books.types_of("sale/A1")[-1] is EventType.SALE_FAILED


async def test_money_that_arrives_unseen_before_giving_up_wins(desk: Desk, world: FakeWorld):
    await declined(desk, world)
    world.provider.pay("in_sub-A1-0001")
    await desk.until(lambda: GRANT in world.entitlements.grants, within=timedelta(days=8))


async def test_money_that_arrives_in_the_second_of_giving_up_wins(desk: Desk, world: FakeWorld):
    await declined(desk, world)
    # Every read before the end fails, so that only the answer to the void tells of the payment.
    world.faults.always["read_provider_invoice"] = UnavailableError("down")
    await desk.environment.sleep(timedelta(hours=5))
    world.provider.pay("in_sub-A1-0001")
    await desk.invoice().signal(messages.STOP_COLLECTION, "cancelled")
    world.faults.always.clear()
    await desk.until(lambda: GRANT in world.entitlements.grants, within=SOON)
