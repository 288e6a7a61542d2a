"""Runs tests on a copy of the tree in which one file is changed; the working tree is never touched."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final

from local_stack import parent_death

_OPTIONS: Final = (
    *("-x", "-q", "-rfE", "--tb=no", "--no-header"),
    *("-p", "no:cacheprovider", "--hypothesis-seed=0"),
    # On a real server a test takes real time, and a busy machine may fail it without any change.
    *("-k", "not [real]"),
    # What pytest cannot end is ended by the limit of the whole try.
    "--timeout=60",
)
_NO_TEST_RAN: Final = 5
_LEFT_OUT: Final = (".*", "__pycache__", "mutants", "build", "dist")
_SECONDS: Final = count(1)
# Compiling everything for each change takes longer than most tests.
_NO_BYTECODE: Final = frozenset({"PYTHONDONTWRITEBYTECODE"})
_FAILED: Final = re.compile(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What the tests said: `by` names the first test that failed, or says why no test is named."""

    is_noticed: bool
    by: str = ""


def copy_tree(root: Path, to: Path) -> Path:
    """Copy the tree without its environment, its history and its caches."""
    shutil.copytree(root, to, ignore=shutil.ignore_patterns(*_LEFT_OUT))
    return to


def try_change(tree: Path, file: str, code: str, tests: Sequence[str], limit: float) -> Outcome:
    """Run these tests with this code in place of the file; afterwards the copy is as before."""
    path = tree / file
    before = path.read_text(encoding="utf-8")
    try:
        _write(path, code)
        return run_tests(tree, tests, limit)
    finally:
        _write(path, before)


def run_tests(tree: Path, tests: Sequence[str], limit: float) -> Outcome:
    """Run these tests until the first one fails; what does not end in `limit` seconds is noticed.

    Raises:
        RuntimeError: There was no test to run.
    """
    process = subprocess.Popen(
        parent_death.bound([sys.executable, "-m", "pytest", *_OPTIONS, *tests]),
        cwd=tree,
        env=_environment(tree),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        said, _ = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        return Outcome(is_noticed=True, by="never ends")
    finally:
        _end(process)
    if process.returncode == _NO_TEST_RAN:
        raise RuntimeError(f"no test ran in {' '.join(tests)}")
    failed = _FAILED.search(said)
    by = failed[1] if failed is not None else said.strip().rpartition("\n")[2]
    return Outcome(is_noticed=process.returncode != 0, by=by if process.returncode else "")


def _write(path: Path, code: str) -> None:
    """Write a module at a second of its own: bytecode of another text of this size must not pass for it."""
    path.write_text(code, encoding="utf-8")
    second = next(_SECONDS)
    os.utime(path, (second, second))


def _environment(tree: Path) -> dict[str, str]:
    """Return the environment of the tests: modules come from the copy, and so does their bytecode."""
    kept = {name: value for name, value in os.environ.items() if name not in _NO_BYTECODE}
    return {**kept, "PYTHONPATH": str(tree), "PYTHONPYCACHEPREFIX": str(tree / ".bytecode")}


def _end(process: subprocess.Popen[str]) -> None:
    """End the tests with every process that they started: also a sandbox that outlived its test."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    finally:
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
