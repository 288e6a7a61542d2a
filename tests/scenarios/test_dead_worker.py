"""A worker that dies in the middle of a charge is missed within seconds, not after the call's own limit."""

from tests.scenarios.machine import Machine
from tests.scenarios.scene import Scene, an_order, first_invoice


async def test_a_charge_whose_worker_was_killed_unlocks_within_twenty_seconds(
    machine: Machine, scene: Scene
) -> None:
    order = an_order()
    # The answer to the charge is lost, and the worker is asking what became of it when it dies.
    await scene.fault("stripe", "lost_response", match="/pay$", times=1)
    await scene.fault("stripe", "latency", match="GET /v1/invoices/", seconds=5, times=1)
    before = len(await scene.journal("stripe"))
    await scene.sell(order)
    await scene.until_seen("stripe", "invoice.paid", after=before)
    machine.kill("worker")
    await scene.mend()

    await machine.start("worker")

    await scene.until_seen("entitlements", "grant.put", first_invoice(order), seconds=20)
    await scene.verify_sold_once(order)
