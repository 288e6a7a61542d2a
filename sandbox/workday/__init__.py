"""The simulated Workday Financials: the Revenue_Management v39.2 web service over SOAP 1.1."""

from sandbox.workday.records import SYSTEM
from sandbox.workday.web import build_web, fault_answer, operation_of
from sandbox.world import System, World

__all__ = ["build"]


def build(world: World) -> System:
    """Return Workday at `/workday`."""
    return System(
        name=SYSTEM,
        prefix="/workday",
        app=build_web(world),
        title="Workday (ERP)",
        fault_answer=fault_answer,
        operation_of=operation_of,
    )
