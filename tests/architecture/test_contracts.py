"""Each import contract bites: a copy of the tree with one violation of each is reported, line by line."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Final

import pytest

from tests.architecture.tree import PRODUCT, ROOT

pytest.importorskip("importlinter", reason="import-linter comes with the group `lint` (make check)")

# Module to write, what it imports, and the contract that must report it.
VIOLATIONS: Final = (
    ("config.planted_up", "import starters", "layers"),
    ("activities.planted_up", "import workflows", "layers"),
    ("sandbox.planted_domain", "import domain.money.money", "layers"),
    ("domain.planted_sandbox", "import sandbox", "layers"),
    ("workers.planted_sibling", "import starters", "layers"),
    ("starters.planted_stack", "import local_stack", "layers"),
    ("perennial.planted_domain", "import domain.ids", "layers"),
    ("domain.money.planted_up", "import domain.periods.periods", "domain-floors"),
    ("domain.credits.planted_sibling", "import domain.accounting.ledger", "domain-floors"),
    ("workflows.invoice.planted_sibling", "import workflows.new_sale.state", "workflow-floors"),
    ("workflows.contract.planted_up", "import workflows.entity.steps", "workflow-floors"),
    ("starters.use_cases.planted_up", "import starters.api", "starter-floors"),
    ("starters.temporal.planted_up", "import starters.assemble", "starter-floors"),
    ("local_stack.demo.planted_up", "import local_stack.commands", "local-stack-floors"),
    ("perennial.planted_engine", "import temporalio", "wire-is-light"),
    ("workflows.contract.planted_wire", "import perennial.enums", "wire-apart"),
    ("storage.planted_wire", "import perennial.orders", "wire-apart"),
    ("domain.planted_clock", "import time", "domain-is-pure"),
    ("domain.planted_engine", "import temporalio", "domain-is-pure"),
    ("workflows.planted_uuid", "import uuid", "workflows-are-deterministic"),
    ("connectors.planted_activities", "import activities.ports", "adapters-independent"),
    ("storage.planted_engine", "import temporalio", "adapters-independent"),
    ("starters.planted_assembly", "import connectors", "one-assembly"),
    ("workers.planted_assembly", "import storage", "one-assembly"),
    ("workers.planted_world", "import sandbox", "sandbox-apart"),
)
CYCLE: Final = (
    ("domain.planted_left", "import domain.planted_right"),
    ("domain.planted_right", "import domain.planted_left"),
)
# What a workflow may not reach, it may not reach through an activity's module either.
INDIRECT: Final = (
    ("activities.planted_http", "import httpx"),
    ("workflows.planted_indirect", "import activities.planted_http"),
)


def copy_with(target: Path, planted: tuple[tuple[str, str], ...]) -> None:
    for room in PRODUCT:
        shutil.copytree(ROOT / room, target / room, ignore=shutil.ignore_patterns("__pycache__"))
        (target / room / "__init__.py").touch()
    shutil.copy(ROOT / "pyproject.toml", target)
    # The contracts name them, so they must be there.
    (target / "workers" / "assemble.py").touch()
    (target / "starters" / "assemble.py").touch()
    for module, text in planted:
        target.joinpath(*module.split(".")).with_suffix(".py").write_text(f"{text}\n")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    target = tmp_path_factory.mktemp("tree")
    copy_with(target, (*((module, text) for module, text, _ in VIOLATIONS), *CYCLE, *INDIRECT))
    command = [Path(sys.executable).parent / "lint-imports", "--no-cache"]
    done = subprocess.run(command, cwd=target, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    return done.stdout


def section_of(report: str, contract: str) -> str:
    """Return what the report says under the heading of a broken contract."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    name = next(found["name"] for found in contracts["contracts"] if found["id"] == contract)
    details = report.split("Broken contracts", 1)[1]
    sections = re.split(r"\n(.+)\n-+\n", details)
    return dict(zip(sections[1::2], sections[2::2], strict=True))[name]


@pytest.mark.parametrize(("module", "text", "contract"), VIOLATIONS)
def test_a_planted_violation_is_reported_under_its_contract(
    report: str, module: str, text: str, contract: str
):
    assert module in section_of(report, contract)


def test_a_forbidden_import_is_reported_also_through_an_activity(report: str):
    assert "activities.planted_http -> httpx" in section_of(report, "workflows-are-deterministic")


def test_a_cycle_inside_a_room_is_reported(report: str):
    assert ".planted_right -> .planted_left" in section_of(report, "acyclic")


def test_every_contract_has_a_planted_violation():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    proven = {"acyclic", *(contract for *_, contract in VIOLATIONS)}
    assert {found["id"] for found in contracts["contracts"]} == proven
