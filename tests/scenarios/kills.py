"""The moments of a sale at which a worker is killed, and the sales that this happened to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from perennial.orders import Order
from tests.scenarios.machine import Machine
from tests.scenarios.scene import Scene, an_order

Fault = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Moment:
    """The worker dies once `system` has done `action`; `faults` by system open the window for it."""

    system: str
    action: str
    faults: Sequence[tuple[str, Fault]] = ()


def _lost(system: str, action: str, match: str, *more: Fault) -> Moment:
    lost = {"fault": "lost_response", "match": match, "times": 1}
    return Moment(system=system, action=action, faults=[(system, fault) for fault in (lost, *more)])


def _slow(match: str) -> Fault:
    return {"fault": "latency", "match": match, "seconds": 5, "times": 1}


# Those after which Temporal waits longest for the dead worker come first.
MOMENTS: Final = MappingProxyType(
    {
        "the charge is done": _lost(
            # The worker is asking what became of the charge when it dies.
            "stripe",
            "invoice.paid",
            "/pay$",
            _slow("GET /v1/invoices/"),
        ),
        "the provider invoice is open": _lost("stripe", "invoice.finalized", "/finalize"),
        "the provider invoice is a draft": _lost("stripe", "invoice.created", "POST /v1/invoices$"),
        "the customer exists": _lost("stripe", "customer.created", "POST /v1/customers$"),
        "the card is attached": _lost("stripe", "payment_method.attached", "/attach"),
        "the ERP has the invoice": Moment(system="workday", action="invoice.submitted"),
        "the deal is won": Moment(system="salesforce", action="opportunity.created"),
        "the grant is under way": Moment(
            system="stripe",
            action="invoice.paid",
            faults=[("entitlements", _slow("PUT"))],
        ),
        "the grant is put": _lost("entitlements", "grant.put", "PUT"),
    }
)


class KilledSales:
    """Sells, kills the worker at a moment and starts it again; once per moment."""

    def __init__(self) -> None:
        self._orders: dict[str, Order] = {}

    async def at(self, name: str, machine: Machine, scene: Scene) -> Order:
        if name not in self._orders:
            self._orders[name] = await _sell_and_kill(MOMENTS[name], machine, scene)
        return self._orders[name]


async def _sell_and_kill(moment: Moment, machine: Machine, scene: Scene) -> Order:
    order = an_order()
    for system, fault in moment.faults:
        await scene.fault(system, **fault)
    before = len(await scene.journal(moment.system))
    await scene.sell(order)
    await scene.until_seen(moment.system, moment.action, after=before)
    machine.kill("worker")
    await scene.mend()
    await machine.start("worker")
    return order
