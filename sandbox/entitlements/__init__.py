"""The simulated entitlement service: versioned grants and holds, access, and flags read by OFREP."""

from sandbox.entitlements.accounts import SYSTEM
from sandbox.entitlements.web import build_web, fault_answer
from sandbox.world import System, World

__all__ = ["build"]


def build(world: World) -> System:
    """Return the entitlement service at `/entitlements`."""
    return System(
        name=SYSTEM,
        prefix="/entitlements",
        app=build_web(world),
        title="Entitlement service",
        fault_answer=fault_answer,
    )
