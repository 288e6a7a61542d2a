"""The benchmark table tells what is within its budget from what is over it."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from tests.benchmarks.report import (
    Budget,
    Measurement,
    Verdict,
    is_within_budget,
    table_of,
    write,
)

AT_MOST_60 = Budget(limit=60)
AT_LEAST_70_PERCENT = Budget(limit=0.7, is_floor=True, is_ratio=True)


def measured(ours: float, budget: Budget | None, floor: float | None = None) -> Measurement:
    return Measurement(what=f"row {ours:g}", ours=ours, unit="events", floor=floor, budget=budget)


@pytest.mark.parametrize(
    ("one", "verdict"),
    [
        (measured(60, AT_MOST_60), Verdict.OK),
        (measured(61, AT_MOST_60), Verdict.OVER),
        (measured(7, AT_LEAST_70_PERCENT, floor=10), Verdict.OK),
        (measured(6.9, AT_LEAST_70_PERCENT, floor=10), Verdict.OVER),
        # A floor that was not measured proves nothing.
        (measured(7, AT_LEAST_70_PERCENT), Verdict.OVER),
        (measured(7, AT_LEAST_70_PERCENT, floor=0), Verdict.OVER),
        (measured(7, None, floor=10), Verdict.INFO),
    ],
)
def test_the_limit_itself_is_still_within_the_budget(one: Measurement, verdict: Verdict):
    assert one.verdict is verdict


def test_one_row_over_its_budget_is_enough_to_be_over():
    within, over = measured(60, AT_MOST_60), measured(61, AT_MOST_60)
    assert is_within_budget([within, measured(9, None)])
    assert not is_within_budget([within, over])


def test_the_table_shows_value_floor_ratio_budget_and_verdict_of_each_row():
    output = io.StringIO()
    rows = [measured(5, AT_LEAST_70_PERCENT, floor=10), measured(42, AT_MOST_60)]
    Console(file=output, width=120).print(table_of(rows))
    over, ok = [line.split() for line in output.getvalue().splitlines() if "row" in line]
    assert [cell for cell in over if cell != "│"][2:] == [
        *("events", "5", "10", "0.50", "x", ">=", "0.7", "x", "over")
    ]
    assert [cell for cell in ok if cell != "│"][2:] == ["events", "42", "<=", "60", "ok"]


def test_the_file_holds_the_verdicts_and_the_machine(tmp_path: Path):
    file = tmp_path / "new" / "bench.json"
    write(file, [measured(61, AT_MOST_60)], {"cores": 2})
    document = json.loads(file.read_text("utf-8"))
    assert document["machine"] == {"cores": 2}
    assert [(row["ours"], row["verdict"]) for row in document["measurements"]] == [(61, "over")]
