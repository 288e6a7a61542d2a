"""How long the parts of the tests may take: the one place that states it. Every run prints its own figures beside.

A part is a folder of `tests/`. Its minutes are the durations of its tests, added up, as in one process.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

import pytest

WHOLE_RUN: Final = 12.0
"""Minutes that `make test` may take on two cores, with one process on each."""
PROCESSES: Final = 2

# From the processor time of a run: other work slowed the machine that measured it.
STATED: Final[Mapping[str, float]] = MappingProxyType(
    {
        "architecture": 0.5,
        "crash": 2.5,
        "diaries": 0.3,
        "replay": 0.2,
        "scenarios": 5.0,
        "storm": 3.0,
        "unit": 5.5,
        "workflows": 2.0,
    }
)
"""Minutes by part, on two cores that have nothing else to do and with compiled modules, as `make test` has."""

# Machines differ, so that this is a remark and no failure.
_FAR_OVER: Final = 2.0


def expected_run(stated: Mapping[str, float] = STATED) -> float:
    """Return the minutes of a run of all parts."""
    return sum(stated.values()) / PROCESSES


def part_of(path: str) -> str | None:
    """Return the part that a test belongs to, by its path or node id; None outside `tests/`."""
    top, _, rest = path.partition("/")
    part, _, name = rest.partition("/")
    return part if top == "tests" and name else None


def table_of(measured: Mapping[str, float], stated: Mapping[str, float] = STATED) -> Iterator[str]:
    """Yield the lines that show measured minutes beside the stated ones."""
    yield f"{'part':<14}{'measured':>10}{'stated':>10}"
    for part in sorted(measured):
        minutes, limit = measured[part], stated.get(part, 0.0)
        mark = "  far over" if minutes > _FAR_OVER * limit else ""
        yield f"{part:<14}{minutes:>10.1f}{limit:>10.1f}{mark}"


class Clock:
    """Adds up the durations of the tests by part; a plugin of the process that leads the run."""

    def __init__(self) -> None:
        self._minutes = defaultdict[str, float](float)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a test's preparation, call or end; those of other processes arrive here too."""
        if part := part_of(report.nodeid):
            self._minutes[part] += report.duration / 60

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the table."""
        if self._minutes:
            terminalreporter.section("minutes")
            for line in table_of(self._minutes):
                terminalreporter.write_line(line)
