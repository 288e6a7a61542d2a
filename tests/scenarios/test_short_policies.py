"""What time alone does: an invoice read again after a lost webhook, a sale undone that is never paid."""

import pytest

from perennial.errors import RequestRefusedError
from tests.scenarios.scene import Scene, an_order, first_invoice


async def test_a_lost_webhook_costs_nothing_but_time(short_scene: Scene) -> None:
    scene, order = short_scene, an_order(card=None)
    await scene.sell(order)
    provider_invoice = await scene.open_provider_invoice(order)
    await scene.fault("stripe", "drop_webhooks")

    await scene.pay_by_transfer(provider_invoice)

    await scene.until_seen("entitlements", "grant.put", first_invoice(order))
    await scene.verify_sold_once(order)
    deliveries = await scene.get("/stripe/_control/deliveries", type="invoice.paid")
    dropped = [each for each in deliveries if each["subject"] == provider_invoice["id"]]
    assert [each["state"] for each in dropped] == ["dropped"]
    lost = dropped[0]["event"]
    assert await scene.rows("SELECT * FROM inbound_events WHERE event_id = :id", id=lost) == []


async def test_a_sale_that_is_never_paid_is_undone_everywhere(short_scene: Scene) -> None:
    scene, order = short_scene, an_order(card="pm_card_chargeCustomerFail")
    subscription = await scene.sell(order)

    await scene.client.wait_until(subscription, "abandoned")
    await scene.until_closed(order)

    seen = await scene.seen(order)
    assert [provider_invoice["status"] for provider_invoice in seen.provider_invoices] == ["void"]
    assert (seen.charges, seen.grants, seen.features) == ([], [], {})
    assert seen.erp == ["customer.created", "invoice.submitted", "invoice.canceled"]
    assert seen.crm == [
        "account.created",
        "opportunity.created Closed Won",
        "opportunity.updated Closed Lost",
        "task.created",
    ]
    number = seen.provider_invoices[0]["number"]
    assert sorted(seen.emails) == [
        f"Invoice {number} was cancelled",
        f"Your payment for invoice {number} did not go through",
    ]
    events = await scene.event_types(order)
    assert {"invoice_voided", "subscription_ended", "sale_failed"} <= set(events)
    assert "invoice_paid" not in events
    with pytest.raises(RequestRefusedError):
        await scene.client.change_payment_method(subscription, "pm_card_visa")
    assert (await scene.seen(order)).charges == []
