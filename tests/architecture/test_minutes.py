"""The parts of the tests fit into the minutes of a whole run, and a run shows what they took."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.architecture.tree import ROOT
from tests.minutes import STATED, WHOLE_RUN, expected_run, part_of, table_of


def parts_with_tests() -> set[str | None]:
    tests = (ROOT / "tests").rglob("test_*.py")
    return {part_of(path.relative_to(ROOT).as_posix()) for path in tests}


def test_every_part_that_has_tests_states_its_minutes():
    assert parts_with_tests() == STATED.keys()


def test_a_whole_run_stays_within_its_minutes():
    assert expected_run() <= WHOLE_RUN


def test_a_part_is_a_folder_of_the_tests():
    assert part_of("tests/unit/domain/test_money.py::test_one") == "unit"
    assert part_of("tests/test_money.py") is None
    assert part_of("storage/test_money.py") is None


def test_only_a_part_far_over_its_minutes_is_marked():
    measured = {"slow": 2.1, "busy": 2.0, "unknown": 0.1}

    lines = list(table_of(measured, {"slow": 1.0, "busy": 1.0}))

    assert [line.split()[0] for line in lines if line.endswith("far over")] == ["slow", "unknown"]


def test_a_run_of_several_processes_shows_what_its_parts_took(tmp_path: Path):
    test = tmp_path / "tests" / "planted" / "test_one.py"
    test.parent.mkdir(parents=True)
    test.write_text("def test_it():\n    pass\n")
    (tmp_path / "conftest.py").write_text(
        "from tests.conftest import pytest_configure as pytest_configure\n"
    )
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")
    }
    command = (sys.executable, "-m", "pytest", "-n", "1", "--import-mode=importlib", "tests")

    done = subprocess.run(
        command,
        cwd=tmp_path,
        env=environment | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert "1 passed" in done.stdout, done.stdout + done.stderr
    assert re.search(r"^planted +0\.0 +0\.0", done.stdout, re.MULTILINE)
