"""A worker that dies in the middle of a charge is missed within seconds, not after the call's own limit."""

from tests.scenarios.kills import KilledSales
from tests.scenarios.machine import Machine
from tests.scenarios.scene import Scene, first_invoice


async def test_a_charge_whose_worker_was_killed_unlocks_within_twenty_seconds(
    fragile: Machine, fragile_scene: Scene
) -> None:
    order = await KilledSales().at("the charge is done", fragile, fragile_scene)
    await fragile_scene.until_seen("entitlements", "grant.put", first_invoice(order), seconds=20)
