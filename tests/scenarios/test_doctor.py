"""`perennial doctor` on a stack that is well, and on one that is not."""

import json

from tests.scenarios.machine import Machine
from tests.scenarios.scene import Scene
from tests.scenarios.terminal import perennial


async def test_the_doctor_finds_nothing_wrong_with_a_running_stack(
    machine: Machine, scene: Scene
) -> None:
    done = await perennial(machine, "doctor", "--json")

    findings = json.loads(done.stdout)
    assert {name: found for name, found in findings.items() if not found["is_ok"]} == {}
    assert done.returncode == 0


async def test_the_doctor_names_what_does_not_run(machine: Machine, scene: Scene) -> None:
    machine.stop("api")

    done = await perennial(machine, "doctor", "--json")

    findings = json.loads(done.stdout)
    assert [name for name, found in findings.items() if not found["is_ok"]] == ["API"]
    assert "perennial api" in findings["API"]["advice"]
    assert done.returncode == 1
