"""What every test run needs, whatever it tests."""

import atexit
import os
import signal
import sys
from typing import Final

import pytest
from hypothesis import settings

from local_stack.parent_death import signal_when_parent_ends
from tests.minutes import Clock

# A slow machine is not a failure; pytest's own timeout ends what hangs.
settings.register_profile("perennial", deadline=None, print_blob=True)
settings.load_profile("perennial")

_STATUS: Final = pytest.StashKey[int]()
# Present once a test has used Temporal's native library.
_NATIVE: Final = "temporalio.bridge.temporal_sdk_bridge"


def pytest_configure(config: pytest.Config) -> None:
    """End a process of xdist with the one that leads the run; that one adds up the minutes."""
    if hasattr(config, "workerinput"):
        # Also in a test that hangs, and not by SIGTERM, which a test may catch. Elsewhere than on Linux
        # xdist notices within 15 seconds.
        signal_when_parent_ends(signal.SIGKILL)
    else:
        config.pluginmanager.register(Clock())


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Keep the status for `pytest_unconfigure`, which is not told."""
    session.config.stash[_STATUS] = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave without tearing the interpreter down, once Temporal's native library was used.

    Its threads may still want the interpreter's lock while the interpreter goes away, which ends one run
    in seven with a crash after all tests have passed (temporalio/sdk-python issue 300).
    """
    is_worker = "PYTEST_XDIST_WORKER" in os.environ
    # mutmut runs pytest inside its own process and goes on afterwards.
    is_inside = "MUTANT_UNDER_TEST" in os.environ
    if _STATUS not in config.stash or _NATIVE not in sys.modules or is_worker or is_inside:
        return
    _save_coverage()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(config.stash[_STATUS])


def _save_coverage() -> None:
    coverage = sys.modules.get("coverage")
    measured = coverage.Coverage.current() if coverage else None
    if measured:
        measured.stop()
        measured.save()
