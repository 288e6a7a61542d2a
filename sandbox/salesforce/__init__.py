"""The simulated Salesforce, API v67.0: tokens, records by external id, composite requests, a little SOQL."""

from sandbox.salesforce.errors import fault_answer
from sandbox.salesforce.org import SYSTEM
from sandbox.salesforce.web import build_web
from sandbox.world import System, World

__all__ = ["build"]


def build(world: World) -> System:
    """Return Salesforce at `/salesforce`."""
    return System(
        name=SYSTEM,
        prefix="/salesforce",
        app=build_web(world),
        title="Salesforce (CRM)",
        fault_answer=fault_answer,
    )
