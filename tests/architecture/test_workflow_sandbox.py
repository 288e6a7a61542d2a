"""Every workflow loads in the workers' sandbox, with nothing shared or reloaded by accident."""

import sys
from importlib import import_module
from pathlib import Path

import pytest
from temporalio import workflow
from temporalio.worker.workflow_sandbox import (
    RestrictedWorkflowAccessError,
    UnintentionalPassthroughError,
)

from tests.architecture.runner import strict_runner
from tests.architecture.tree import workflow_classes

PLANTED = """
from temporalio import workflow
{imports}

@workflow.defn
class Planted:
    @workflow.run
    async def run(self) -> None:
        return None
"""


def load(found: type) -> None:
    # What a worker does with each of its workflows when it starts; no public name leads there.
    strict_runner().prepare_workflow(workflow._Definition.must_from_class(found))


def plant(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, imports: str) -> type:
    (folder / f"{name}.py").write_text(PLANTED.format(imports=imports))
    monkeypatch.setattr(sys, "path", [str(folder), *sys.path])
    monkeypatch.delitem(sys.modules, name, raising=False)
    planted: type = import_module(name).Planted
    return planted


def test_there_is_at_least_one_workflow():
    assert workflow_classes()


@pytest.mark.parametrize("found", workflow_classes(), ids=lambda found: found.__name__)
async def test_a_workflow_loads_in_the_strict_sandbox(found: type):
    load(found)


async def test_a_workflow_that_reads_the_clock_when_it_loads_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    imports = "import datetime\nSTARTED = datetime.datetime.now()"
    found = plant(tmp_path, monkeypatch, "planted_clock", imports)
    with pytest.raises(RestrictedWorkflowAccessError, match=r"datetime\.now"):
        load(found)


async def test_a_workflow_that_imports_what_nobody_meant_to_share_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "planted_helper.py").write_text("NUMBER = 1\n")
    found = plant(tmp_path, monkeypatch, "planted_import", "import planted_helper")
    with pytest.raises(UnintentionalPassthroughError, match="planted_helper"):
        load(found)


async def test_a_workflow_without_surprises_is_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    load(plant(tmp_path, monkeypatch, "planted_plain", ""))
