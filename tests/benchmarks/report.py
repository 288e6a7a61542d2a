"""What a benchmark has measured, whether that is within its budget, and the table and file that say so."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from rich.table import Table
from typing_extensions import override


class Verdict(StrEnum):
    """How a measurement stands to its budget."""

    OK = "ok"
    OVER = "over"
    INFO = "info"
    """It has no budget."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Budget:
    """A limit, itself still within the budget.

    Attributes:
        limit: In the unit of what it applies to; a ratio has none.
        is_floor: The value must be at least the limit; otherwise at most.
        is_ratio: It limits ours / floor; otherwise ours.
    """

    limit: float
    is_floor: bool = False
    is_ratio: bool = False

    @override
    def __str__(self) -> str:
        return f"{'>=' if self.is_floor else '<='} {_number(self.limit)}{' x' * self.is_ratio}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Measurement:
    """One row of the table.

    Attributes:
        what: What was measured.
        ours: The value of the product.
        unit: Unit of `ours` and `floor`.
        floor: The same for the bare thing, in the same run; None if there is none.
        budget: None for information only.
        note: How to read it.
    """

    what: str
    ours: float
    unit: str
    floor: float | None = None
    budget: Budget | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Ours / floor, or None without a floor."""
        return self.ours / self.floor if self.floor else None

    @property
    def verdict(self) -> Verdict:
        """Whether the value is within its budget; a ratio that could not be measured is not."""
        if self.budget is None:
            return Verdict.INFO
        value = self.ratio if self.budget.is_ratio else self.ours
        if value is None:
            return Verdict.OVER
        is_within = (
            value >= self.budget.limit if self.budget.is_floor else value <= self.budget.limit
        )
        return Verdict.OK if is_within else Verdict.OVER


_STYLES: Final = {Verdict.OK: "green", Verdict.OVER: "bold red", Verdict.INFO: "dim"}


def is_within_budget(measurements: Sequence[Measurement]) -> bool:
    """Whether nothing is over its budget."""
    return all(one.verdict is not Verdict.OVER for one in measurements)


def table_of(measurements: Sequence[Measurement]) -> Table:
    """Return the table for people."""
    table = Table(title="Benchmarks")
    for heading in ("what", "unit"):
        table.add_column(heading)
    for heading in ("ours", "floor", "ratio", "budget"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for one in measurements:
        table.add_row(
            one.what,
            one.unit,
            _number(one.ours),
            "" if one.floor is None else _number(one.floor),
            "" if one.ratio is None else f"{one.ratio:.2f} x",
            "" if one.budget is None else str(one.budget),
            one.verdict.value,
            style=_STYLES[one.verdict],
        )
    return table


def notes_of(measurements: Sequence[Measurement]) -> list[str]:
    """Return how to read the rows, one line each."""
    return [f"{one.what}: {one.note}" for one in measurements if one.note]


def write(path: Path, measurements: Sequence[Measurement], machine: Mapping[str, object]) -> None:
    """Write everything as JSON, for comparison with other days and machines."""
    document = {
        "machine": dict(machine),
        "measurements": [
            {
                "what": one.what,
                "unit": one.unit,
                "ours": one.ours,
                "floor": one.floor,
                "ratio": one.ratio,
                "budget": None if one.budget is None else str(one.budget),
                "verdict": one.verdict.value,
                "note": one.note,
            }
            for one in measurements
        ],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def _number(value: float) -> str:
    """Three digits are all that a shared machine can promise."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
