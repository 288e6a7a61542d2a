"""The points of a history at which something can go wrong, and the end of a worker's process at one of them."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from typing_extensions import override


class PointKind(StrEnum):
    """What happens at a point."""

    WORKFLOW_TASK = "workflow task"
    """Workflow code has decided; its commands have not reached the server."""
    ACTIVITY_STARTED = "activity started"
    """A worker has the activity; its effect has not happened."""
    EFFECT_DONE = "effect done"
    """The effect has happened; the answer has not reached the server."""
    TIMER = "timer"
    SIGNAL = "signal"
    UPDATE = "update"


@dataclass(frozen=True)
class Point:
    """A point in the history of a workflow.

    Attributes:
        kind: What happens.
        workflow_id: Whose history it is.
        detail: Name of the activity, signal, update or job.
    """

    kind: PointKind
    workflow_id: str
    detail: str

    @override
    def __str__(self) -> str:
        return f"{self.kind} of {self.workflow_id}: {self.detail}"


class WorkerDiesError(Exception):
    """The worker's process ends here."""


class AnswerLostError(Exception):
    """The answer of one activity is lost here; the worker goes on."""


Observer = Callable[[Point], None]
"""Called at each point; raises `WorkerDiesError` or, at a done effect, `AnswerLostError` to break it there."""


def pass_by(point: Point) -> None:
    """Let nothing go wrong."""
    del point
