"""The share of changes to the rulebook that a test notices: `python -m tests.architecture.mutation_score`.

Reads what `mutmut run` left behind; a change that never ends counts as noticed.
"""

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Final

LEAST_PERCENT: Final = 90
_NOTICED: Final = frozenset({"killed", "timeout", "caught by type check"})
_LINE: Final = re.compile(r"\s*domain\.((?:\w+\.)?\w+)\.\S+: (.+)")


def counts(results: Iterable[str]) -> dict[str, Counter[str]]:
    """Return how many mutants of each module met which end; those that were not checked are left out."""
    found: dict[str, Counter[str]] = {}
    for line in results:
        match = _LINE.fullmatch(line.rstrip())
        if match is not None and match[2] != "not checked":
            found.setdefault(match[1], Counter())[match[2]] += 1
    return found


def score(ends: Counter[str]) -> tuple[int, int]:
    """Return how many mutants were noticed, and how many there were."""
    return sum(ends[end] for end in _NOTICED), sum(ends.values())


def main() -> int:
    """Print the score by module and in all; 1 if too few changes are noticed."""
    mutmut = Path(sys.executable).with_name("mutmut")
    shown = subprocess.run(
        [mutmut, "results", "--all", "true"], capture_output=True, text=True, check=True
    )
    by_module = counts(shown.stdout.splitlines())
    total = sum(by_module.values(), Counter[str]())
    for name, ends in [*sorted(by_module.items()), ("all of domain/", total)]:
        noticed, made = score(ends)
        print(f"{name:32} {noticed:5} of {made:5} noticed, {100 * noticed / max(made, 1):5.1f} %")
    noticed, made = score(total)
    return 0 if made and 100 * noticed >= LEAST_PERCENT * made else 1


if __name__ == "__main__":
    sys.exit(main())
