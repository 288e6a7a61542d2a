"""`perennial up` stopped with open sales and started again on the same folder: everything goes on."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from config.stack_file import Stack
from domain.ids import invoice_id
from tests.scenarios.machine import Up
from tests.scenarios.scene import Scene, an_order


@pytest.fixture
async def up(tmp_path: Path) -> AsyncGenerator[Up]:
    started = Up(tmp_path / "data")
    yield started
    started.stop()


async def _scene(stack: Stack) -> Scene:
    return await Scene.of(stack)


async def test_open_sales_and_renewals_go_on_after_up_was_stopped_and_started(up: Up) -> None:
    transfer, declined = an_order(card=None), an_order(card="pm_card_chargeCustomerFail")
    beating = an_order("heartbeat")
    scene = await _scene(await up.start())
    for order in (transfer, declined, beating):
        await scene.sell(order)
    await scene.open_provider_invoice(transfer)
    await scene.open_provider_invoice(declined)
    await scene.client.wait_until(f"sub-{beating.order_id}", "active")
    accepted = an_order()
    await scene.sell(accepted)
    await scene.aclose()

    assert up.stop() == 0
    scene = await _scene(await up.start())

    await scene.verify_sold_once(accepted)
    await scene.pay_by_transfer(await scene.open_provider_invoice(transfer))
    await scene.verify_sold_once(transfer)
    await scene.client.change_payment_method(f"sub-{declined.order_id}", "pm_card_visa")
    await scene.verify_sold_once(declined)
    beats = len((await scene.seen(beating)).charges)
    await scene.until_seen(
        "entitlements", "grant.put", invoice_id(f"sub-{beating.order_id}", beats + 1)
    )
    seen = await scene.seen(beating)
    assert len(seen.charges) == len(
        [each for each in seen.provider_invoices if each["status"] == "paid"]
    )
    await scene.client.cancel(f"sub-{beating.order_id}", at="now")
    await scene.client.wait_until(f"sub-{beating.order_id}", "ended")
    await scene.aclose()
