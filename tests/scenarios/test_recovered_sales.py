"""Sales whose worker was killed at some moment completed, with one of everything."""

import pytest

from domain.ids import subscription_id
from tests.scenarios.kills import MOMENTS, KilledSales
from tests.scenarios.machine import Machine
from tests.scenarios.scene import Scene


@pytest.mark.parametrize("moment", MOMENTS)
async def test_a_killed_sale_ends_with_one_of_everything_when(
    fragile: Machine, fragile_scene: Scene, killed: KilledSales, moment: str
) -> None:
    order = await killed.at(moment, fragile, fragile_scene)

    await fragile_scene.verify_sold_once(order, seconds=100)

    events = await fragile_scene.event_types(order)
    assert sorted(events) == [
        "invoice_issued",
        "invoice_paid",
        "sale_accepted",
        "sale_won",
        "subscription_activated",
        "subscription_started",
    ]
    shown = await fragile_scene.client.get(subscription_id(order.order_id))
    assert shown.state.value == "active"
