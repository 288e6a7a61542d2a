"""On what was measured: numbers of two machines are not comparable, their ratios are."""

import os
import platform
import subprocess
from importlib.metadata import version

import psutil

from config.clock import utc_now
from local_stack.programs import find_temporal

_PACKAGES = ("temporalio", "pydantic", "pydantic_core", "httpx", "fastapi", "uvicorn", "sqlalchemy")


def facts() -> dict[str, object]:
    """Return the machine, the versions and the date."""
    return {
        "measured_at": utc_now().isoformat(timespec="seconds"),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "load_before": [round(load, 2) for load in os.getloadavg()],
        "system": platform.platform(),
        "processor": platform.machine(),
        "python": platform.python_version(),
        "temporal": _temporal_version(),
        "packages": {name: version(name) for name in _PACKAGES},
    }


def _temporal_version() -> str:
    binary = find_temporal()
    if binary is None:
        return "missing"
    found = subprocess.run([binary, "--version"], capture_output=True, text=True, check=True)
    return found.stdout.strip()
