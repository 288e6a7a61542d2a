"""Real processes for the diaries: one stack that most share, and others for what must not disturb them."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import pytest

from local_stack.programs import find_temporal
from tests.policies import write_policies
from tests.scenarios.machine import Machine
from tests.scenarios.scene import Scene


def run_machine(machine: Machine) -> Generator[Machine]:
    """Run the machine's programs until the generator is closed."""
    if find_temporal() is None:
        pytest.skip("the 'temporal' program is not installed")
    try:
        asyncio.run(machine.start_all())
        yield machine
    finally:
        machine.close()


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Generator[Machine]:
    """The stack that most scenarios share, on SQLite; each uses an account and an order of its own."""
    yield from run_machine(Machine(tmp_path_factory.mktemp("stack")))


@pytest.fixture
async def scene(machine: Machine) -> AsyncGenerator[Scene]:
    """The shared stack with every program running, shipped policies and no fault switched on."""
    opened = await Scene.of(machine.stack)
    try:
        yield opened
    finally:
        await opened.mend()
        await opened.aclose()
        for name in ("api", "worker"):
            if machine.overrides or not machine.is_running(name):
                machine.overrides.clear()
                await machine.restart(name)


@pytest.fixture
async def short_scene(machine: Machine, scene: Scene, tmp_path: Path) -> Scene:
    """The shared stack whose first invoices are collected for seconds and read again every two."""
    policies = tmp_path / "policies.toml"
    write_policies(policies, first_for="6s", renewal_for="6s")
    await machine.restart("worker", {"PERENNIAL_POLICIES_PATH": str(policies)})
    return scene
