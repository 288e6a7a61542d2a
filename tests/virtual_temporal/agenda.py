"""Virtual time: an instant that stands still until it is moved, and what is due at later instants."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(order=True)
class Due:
    """An action that happens at an instant unless it is called off before."""

    at: datetime
    order: int
    action: Callable[[], None] = field(compare=False)
    is_called_off: bool = field(default=False, compare=False)

    def call_off(self) -> None:
        """Let it not happen."""
        self.is_called_off = True


class Agenda:
    """The present instant and the actions that are due later; equal instants keep their order."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self._due: list[Due] = []
        self._count = 0

    def add(self, at: datetime, action: Callable[[], None]) -> Due:
        """Let an action happen at an instant, or at once if it has passed."""
        self._count += 1
        due = Due(max(at, self.now), self._count, action)
        heapq.heappush(self._due, due)
        return due

    @property
    def next_instant(self) -> datetime | None:
        """When the next action is due."""
        while self._due and self._due[0].is_called_off:
            heapq.heappop(self._due)
        return self._due[0].at if self._due else None

    def move_to(self, instant: datetime) -> None:
        """Let time pass until an instant before which nothing else is due, and do what is due then."""
        self.now = max(self.now, instant)
        while (at := self.next_instant) is not None and at <= self.now:
            heapq.heappop(self._due).action()
