"""SIGKILL at any moment of a sale. How it went on is looked at later: Temporal waits for a dead worker."""

import pytest

from domain.ids import subscription_id
from tests.scenarios.kills import MOMENTS, KilledSales
from tests.scenarios.machine import Machine
from tests.scenarios.scene import Scene


@pytest.mark.parametrize("moment", MOMENTS)
async def test_a_sale_outlives_its_worker_that_is_killed_once(
    fragile: Machine, fragile_scene: Scene, killed: KilledSales, moment: str
) -> None:
    order = await killed.at(moment, fragile, fragile_scene)

    shown = await fragile_scene.client.get(subscription_id(order.order_id))

    assert shown.state.value in {"pending", "active"}
