"""Salesforce, played: tokens, records by external id, composite and a little SOQL, API v67.0."""

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
