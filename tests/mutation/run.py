"""Change a sample of the lines of `workflows/` and `connectors/`: `python -m tests.mutation.run`.

mutmut runs its changes through trampolines, which fit neither decorated methods nor the workflow sandbox.
Here each change is a file of its own, in a copy of the tree, and the tests that know the file run on it.
"""

import argparse
import queue
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from typing_extensions import override

from tests.architecture.mutation_score import LEAST_PERCENT
from tests.architecture.tree import ROOT, sources
from tests.mutation.declared import FILE, Survivor, declared, outdated
from tests.mutation.killers import killers
from tests.mutation.mutants import Mutant, candidates, sample
from tests.mutation.trial import Outcome, copy_tree, run_tests, try_change

ROOMS: Final = ("connectors", "workflows")


@dataclass(frozen=True, kw_only=True)
class Result:
    """What became of a change; `declared` is why it need not be noticed."""

    mutant: Mutant
    outcome: Outcome | None = None
    declared: str = ""

    @property
    def is_noticed(self) -> bool:
        """Whether a test failed."""
        return self.outcome is not None and self.outcome.is_noticed

    @override
    def __str__(self) -> str:
        """One line: the end, the place, the change, and the test or the reason."""
        end = "declared" if self.declared else "noticed" if self.is_noticed else "SURVIVED"
        why = self.declared or (self.outcome.by if self.outcome else "")
        place = f"{self.mutant.file}:{self.mutant.line}"
        return (
            f"{end:8} {place}: {self.mutant.before} => {self.mutant.after or '(left out)'}  [{why}]"
        )


def chosen(count: int, seed: int) -> list[Mutant]:
    """Return the changes of this seed; a package's `__init__.py` has nothing to change."""
    modules = (source for source in sources(*ROOMS) if not source.name.endswith("__init__.py"))
    return sample([each for source in modules for each in candidates(source)], count, seed)


def results(
    mutants: Sequence[Mutant], survivors: Sequence[Survivor], jobs: int, limit: float
) -> Iterator[Result]:
    """Yield what becomes of each change, in their order; a declared one is not tried."""
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        trees: queue.SimpleQueue[Path] = queue.SimpleQueue()
        for job in range(jobs):
            trees.put(copy_tree(ROOT, Path(folder) / str(job)))

        def tried(mutant: Mutant) -> Result:
            reason = next((each.reason for each in survivors if each.is_about(mutant)), "")
            if reason:
                return Result(mutant=mutant, declared=reason)
            tree = trees.get()
            try:
                tests = killers(mutant.file, ROOT)
                outcome = try_change(tree, mutant.file, mutant.code, tests, limit)
            finally:
                trees.put(tree)
            return Result(mutant=mutant, outcome=outcome)

        with ThreadPoolExecutor(jobs) as pool:
            yield from pool.map(tried, mutants)


def tests_that_fail_anyway(found: Sequence[Result], limit: float) -> str:
    """Return a test that noticed a change and also fails without one, or nothing."""
    by = [each.outcome.by for each in found if each.outcome is not None]
    tests = sorted({each.partition("[")[0] for each in by if each.startswith("tests/")})
    if not tests:
        return ""
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        return run_tests(copy_tree(ROOT, Path(folder) / "unchanged"), tests, limit).by


def score(found: Sequence[Result], room: str = "") -> tuple[int, int]:
    """Return how many changes of a room were noticed, and how many should be."""
    counted = [each for each in found if each.mutant.file.startswith(room) and not each.declared]
    return sum(each.is_noticed for each in counted), len(counted)


def is_enough(noticed: int, made: int) -> bool:
    """Whether so many of the changes were noticed."""
    return made > 0 and 100 * noticed >= LEAST_PERCENT * made


def main(given: Sequence[str] | None = None) -> int:
    """Print each change and the score; 1 if too few are noticed or a declaration is outdated."""
    parser = _arguments()
    asked = parser.parse_args(given)
    if min(asked.count, asked.jobs, asked.limit) <= 0:
        parser.error("--count, --jobs and --limit must be above 0")
    survivors = declared(FILE.read_text(encoding="utf-8"))
    wrong = list(outdated(survivors, ROOT))
    if wrong:
        print(*wrong, sep="\n")
        return 1
    found: list[Result] = []
    for result in results(chosen(asked.count, asked.seed), survivors, asked.jobs, asked.limit):
        found.append(result)
        print(result, flush=True)
    for room in ROOMS:
        _print_score(f"{room}/", *score(found, f"{room}/"))
    noticed, made = score(found)
    _print_score(f"seed {asked.seed}", noticed, made)
    broken = tests_that_fail_anyway(found, asked.limit)
    if broken:
        print(f"the score says nothing: this fails without a change too: {broken}")
    return 0 if is_enough(noticed, made) and not broken else 1


def _print_score(name: str, noticed: int, made: int) -> None:
    percent = 100 * noticed / max(made, 1)
    print(f"{name:12} {noticed:4} of {made:4} noticed, {percent:5.1f} %", flush=True)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation.run", description=__doc__)
    parser.add_argument("--count", type=int, default=60, help="how many changes")
    parser.add_argument("--seed", type=int, default=1, help="which changes")
    parser.add_argument("--jobs", type=int, default=1, help="how many at a time")
    parser.add_argument("--limit", type=float, default=1200, help="seconds for one change")
    return parser


if __name__ == "__main__":
    sys.exit(main())
