"""`make bench`: every budget, measured against a bare floor in the same run.

Exit status 0 whatever was measured; with `--strict`, 1 if something is over its budget.
"""

import argparse
import asyncio
import logging
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

RESULT = Path(".data/bench.json")


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print the table, write the file and return the exit status."""
    arguments = _arguments(argv)
    console = Console()
    with TemporaryDirectory(prefix="perennial-bytecode-") as folder:
        _cache_bytecode(folder)
        # Only now, so that everything of ours is compiled once and not at every import in the sandbox.
        from tests.benchmarks import machine, report, suite  # noqa: PLC0415 - see above

        size = suite.QUICK if arguments.quick else suite.FULL
        facts, begin = machine.facts(), time.monotonic()
        measurements = asyncio.run(suite.measure(size, console.log))
    facts["quick"], facts["seconds"] = arguments.quick, round(time.monotonic() - begin)
    console.print(report.table_of(measurements))
    for note in report.notes_of(measurements):
        console.print(f"[dim]{note}[/dim]", highlight=False)
    report.write(arguments.output, measurements, facts)
    console.print(f"{facts['seconds']} s; written to {arguments.output}")
    is_failed = arguments.strict and not report.is_within_budget(measurements)
    return int(is_failed)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench ARGS=...", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a short run with rough numbers")
    parser.add_argument(
        "--strict", action="store_true", help="fail if something is over its budget"
    )
    parser.add_argument("--output", type=Path, default=RESULT, help="where the JSON goes")
    return parser.parse_args(argv)


def _cache_bytecode(folder: str) -> None:
    """Keep bytecode, as an installed package does, whatever this shell says.

    The workflow sandbox imports a workflow's module anew for every instance; without bytecode the compiler
    would be measured.
    """
    sys.dont_write_bytecode, sys.pycache_prefix = False, folder
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = folder


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    status = main()
    from tests.benchmarks.child import leave

    leave(status)
