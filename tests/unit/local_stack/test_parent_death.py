"""A command ends with its parent, also where the kernel sends no signal for that."""

import asyncio
import subprocess
import sys

import pytest

from tests.architecture.tree import ROOT
from tests.unit.local_stack.test_supervisor import alive, eventually

PARENT = """
import subprocess
from local_stack import parent_death
import sys
command = parent_death.bound([sys.executable, "-S", "-c", sys.argv[2]])
watched = [sys.executable, "-c", sys.argv[1], *command[command.index(parent_death.__file__) + 1 :]]
subprocess.run(watched)
"""
CHILD = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
HERE = "import sys; from local_stack import parent_death; sys.exit(parent_death.main(sys.argv[1:]))"
ELSEWHERE = f"import sys; sys.platform = 'elsewhere'; {HERE}"


@pytest.mark.parametrize("platform", [HERE, ELSEWHERE], ids=["here", "elsewhere"])
async def test_a_command_ends_with_its_parent(platform: str) -> None:
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PARENT, platform, CHILD), cwd=ROOT, stdout=subprocess.PIPE
    )
    assert parent.stdout is not None
    child = int(await parent.stdout.readline())
    assert alive(child)

    parent.kill()
    await parent.communicate()

    await eventually(lambda: not alive(child))
