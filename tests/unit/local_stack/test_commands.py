"""The commands of the local stack are found by name, whichever package is imported first."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "module", ["local_stack.commands", "starters.cli.output", "starters.cli.app"]
)
def test_each_can_be_imported_first(module: str) -> None:
    # In a new process: here everything is imported already.
    script = (
        f"import {module}; from starters.cli.app import APP;"
        " print(sorted(c.callback.__name__ for c in APP.registered_commands))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "'up'" in done.stdout
    assert "'demo'" in done.stdout
