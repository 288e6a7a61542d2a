"""Modules and functions stay small enough to read in one sitting: `python -m tests.architecture.sizes`."""

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from typing import Final

from tests.architecture.tree import PRODUCT, Source, sources

MODULE_LINES: Final = 300
FUNCTION_LINES: Final = 40
# A workflow is one class, which must be read in one sitting from its messages to its last step.
WORKFLOW_LINES: Final = 450
_WORKFLOWS: Final = re.compile(r"workflows/\w+/workflow\.py")
# A migration is a record of what was done to the tables once, in one function.
_UNBOUNDED_FUNCTIONS: Final = "storage/migrations/versions/"


def oversized(modules: Iterable[Source]) -> Iterator[str]:
    """Yield a line for each module and function over its limit."""
    for source in modules:
        lines, most = len(source.text.splitlines()), lines_allowed(source.name)
        if lines > most:
            yield f"{source.name}: {lines} lines, at most {most}: split it by decision"
        if not source.name.startswith(_UNBOUNDED_FUNCTIONS):
            yield from _oversized_functions(source)


def lines_allowed(name: str) -> int:
    """Return how many lines the module of this name may have."""
    return WORKFLOW_LINES if _WORKFLOWS.fullmatch(name) else MODULE_LINES


def _oversized_functions(source: Source) -> Iterator[str]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES:
                yield (
                    f"{source.name}:{node.lineno}: {node.name} has {lines} lines, "
                    f"at most {FUNCTION_LINES}: name its steps"
                )


def main() -> int:
    """Print what is too large; 1 if anything is."""
    found = list(oversized(sources(*PRODUCT, "tests")))
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
