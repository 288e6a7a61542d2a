"""The `perennial` command as another shell runs it beside a stack."""

import asyncio
import subprocess
import sys

from tests.scenarios.machine import Machine, clean_environment


async def perennial(machine: Machine, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command that knows no more of the stack than its folder."""
    return await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "starters.cli", *arguments],
        env=clean_environment() | {"PERENNIAL_DATA": str(machine.stack.data)},
        capture_output=True,
        text=True,
        check=False,
    )
