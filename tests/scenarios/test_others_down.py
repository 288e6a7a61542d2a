"""Whoever else is down: what is paid unlocks at once, and everything else follows, in order and once."""

from datetime import timedelta

import pytest

from domain.ids import invoice_workflow_id, sale_workflow_id, subscription_id
from perennial.orders import Order
from tests.scenarios.machine import Machine
from tests.scenarios.scene import Json, Scene, an_order, first_invoice

_FOLLOWERS = {
    "put_erp_customer",
    "post_erp_invoice",
    "win_opportunity",
    "send_email",
}


async def _unlock_time(scene: Scene, order: Order) -> timedelta:
    """The time from the payment at the provider to the grant, each by its own clock."""
    grant = await scene.until_seen("entitlements", "grant.put", first_invoice(order))
    number = (await scene.seen(order)).provider_invoices[0]["number"]
    return grant.at - (await scene.until_seen("stripe", "invoice.paid", str(number))).at


async def _retried(scene: Scene, order: Order) -> set[str]:
    """The effects of the sale and of its invoice that have failed at least twice."""
    found: set[str] = set()
    for workflow_id in (
        sale_workflow_id(order.order_id),
        invoice_workflow_id(first_invoice(order)),
    ):
        described = await scene.temporal.get_workflow_handle(workflow_id).describe()
        pending = described.raw_description.pending_activities
        found |= {each.activity_type.name for each in pending if each.attempt > 2}
    return found


async def test_with_erp_crm_and_email_down_a_sale_unlocks_as_usual_and_the_rest_follows_once(
    scene: Scene,
) -> None:
    healthy, order = an_order(), an_order()
    await scene.sell(healthy)
    usual = await _unlock_time(scene, healthy)
    await scene.verify_sold_once(healthy)
    for system in ("workday", "salesforce", "mailbox"):
        await scene.fault(system, "status", status=503)

    await scene.sell(order)

    assert await _unlock_time(scene, order) < usual + timedelta(seconds=1)
    await scene.client.wait_until(subscription_id(order.order_id), "active")

    async def all_retried() -> bool:
        return await _retried(scene, order) == _FOLLOWERS

    await scene.until(all_retried, "every follower has met an error twice")
    before = await scene.seen(order)
    assert (before.erp, before.crm, before.emails) == ([], [], [])
    assert before.features

    await scene.mend()
    after = await scene.verify_sold_once(order)
    assert after.erp == ["customer.created", "invoice.submitted", "payment.put"]


async def _tried(scene: Scene, provider_invoice: Json) -> bool:
    deliveries = await scene.get("/stripe/_control/deliveries", type="invoice.paid")
    return any(
        each["subject"] == provider_invoice["id"] and each["attempts"] for each in deliveries
    )


@pytest.mark.parametrize("program", ["api", "temporal", "worker"])
async def test_a_payment_while_one_of_our_programs_is_dead_unlocks_when_it_is_back(
    machine: Machine, scene: Scene, program: str
) -> None:
    order = an_order(card=None)
    await scene.sell(order)
    provider_invoice = await scene.open_provider_invoice(order)
    await scene.until_seen("mailbox", "message.received", str(provider_invoice["number"]))
    machine.kill(program)

    await scene.pay_by_transfer(provider_invoice)
    await scene.until(lambda: _tried(scene, provider_invoice), "the webhook was tried in vain")
    assert (await scene.seen(order)).grants == []
    await machine.start(program)

    await scene.until_seen("entitlements", "grant.put", first_invoice(order))
    await scene.verify_sold_once(order)
