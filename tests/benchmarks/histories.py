"""What a workflow has left in its history, counted."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHistory
from typing_extensions import override


@dataclass(frozen=True, kw_only=True, slots=True)
class Footprint:
    """Events of some workflows, and what they stand for."""

    events: float
    activities: float
    workflow_tasks: float
    signals: float
    upserts: float

    @override
    def __str__(self) -> str:
        return (
            f"{self.activities:g} activities, {self.workflow_tasks:g} workflow tasks, "
            f"{self.signals:g} signals, {self.upserts:g} upserts, {self.events:g} events"
        )


def footprint(histories: Iterable[WorkflowHistory], *, per: int = 1) -> Footprint:
    """Return the events of all histories together, divided by `per`."""
    counts = Counter(event.event_type for history in histories for event in history.events)
    return Footprint(
        events=round(counts.total() / per, 1),
        activities=round(counts[EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED] / per, 1),
        workflow_tasks=round(counts[EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED] / per, 1),
        signals=round(counts[EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED] / per, 1),
        upserts=round(counts[EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES] / per, 1),
    )
