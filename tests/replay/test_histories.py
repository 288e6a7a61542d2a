"""Histories of real runs, committed, replay against today's code for ever (`make histories` records more)."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, cast

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from config.temporal import DATA_CONVERTER
from tests.architecture.runner import strict_runner
from tests.architecture.tree import workflow_classes

HISTORIES: Final = Path(__file__).parent / "histories"
PATHS: Final = sorted(HISTORIES.glob("*.json"))


def started(events: list[Mapping[str, Any]]) -> Mapping[str, Any]:
    return events[0]["workflowExecutionStartedEventAttributes"]


def read(path: Path) -> list[Mapping[str, Any]]:
    return cast("list[Mapping[str, Any]]", json.loads(path.read_text(encoding="utf-8"))["events"])


@cache
def replayer() -> Replayer:
    return Replayer(
        workflows=[*workflow_classes()],
        workflow_runner=strict_runner(),
        data_converter=DATA_CONVERTER,
    )


async def replay(path: Path, events: list[Mapping[str, Any]]) -> None:
    # The time-skipping server leaves the id out of the history; the file is named after it.
    workflow_id = started(events).get("workflowId") or path.stem.replace("__", "/")
    await replayer().replay_workflow(WorkflowHistory.from_json(workflow_id, {"events": events}))


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
async def test_a_committed_history_replays(path: Path):
    await replay(path, read(path))


def test_every_workflow_has_a_committed_history():
    recorded = {started(read(path))["workflowType"]["name"] for path in PATHS}
    defined = {vars(found)["__temporal_workflow_definition"].name for found in workflow_classes()}
    assert defined <= recorded, "run `make histories` and commit tests/replay/histories"


@pytest.mark.parametrize("path", PATHS[:1], ids=lambda path: path.stem)
async def test_a_history_with_another_activity_is_refused(path: Path):
    events = read(path)
    scheduled = next(event for event in events if "activityTaskScheduledEventAttributes" in event)
    scheduled["activityTaskScheduledEventAttributes"]["activityType"]["name"] = "planted"
    with pytest.raises(NondeterminismError):
        await replay(path, events)
