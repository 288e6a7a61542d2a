"""One timer that is kept for as long as its instant stays the same."""

import asyncio
from datetime import datetime, timedelta

from temporalio import workflow

_AT_ONCE = timedelta(milliseconds=1)


class Timer:
    """The next instant at which a workflow acts by itself.

    A message that changes nothing about this instant costs no second timer: the first goes on running.
    """

    def __init__(self) -> None:
        self._until: datetime | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def is_over(self) -> bool:
        """Whether the instant has come."""
        return self._task is not None and self._task.done()

    def keep_until(self, until: datetime | None, summary: str | None = None) -> None:
        """Wait for this instant from now on, and for no other; None: for none.

        Args:
            until: The instant.
            summary: What the workflow waits for, as operators read it on the timer.
        """
        if until == self._until and not self.is_over:
            return
        if self._task is not None:
            self._task.cancel()
        self._until, self._task = until, None
        if until is not None:
            pause = max(until - workflow.now(), _AT_ONCE)
            self._task = asyncio.create_task(workflow.sleep(pause, summary=summary))
