"""What every long-lived workflow of ours shares: effects that follow, refusals that wait, runs that roll."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import NoReturn, TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from domain.outbox import Effect
    from workflows import messages
    from workflows.outbox import Outbox
    from workflows.signpost import Signpost

T = TypeVar("T")

_AT_ONCE = timedelta(milliseconds=1)

MOST_EVENTS = 1000
"""Events after which a run is continued as new: about half a second of replay, far below the 10 s limit."""


class Entity(ABC):
    """A workflow with an outbox, whose refused steps wait for an operator instead of failing it.

    Args:
        queued: The outbox entries in the carried state; changed in place.
    """

    def __init__(self, queued: list[Effect]) -> None:
        self._outbox = Outbox(queued)
        self._signpost = Signpost()
        self._is_draining = False
        self._refused: str | None = None
        self._resumes = 0

    @workflow.update(name=messages.RESUME)
    def resume(self) -> str:
        """Try again what an operator has mended; returns what it was."""
        mended = self._attention() or ""
        self._refused = None
        self._resumes += 1
        self._outbox.resume()
        return mended

    @resume.validator
    def _validate_resume(self) -> None:
        self._refuse_while_draining()
        if self._attention() is None:
            raise ApplicationError("nothing waits for an operator", type=messages.REFUSED_ERROR)

    @abstractmethod
    def _show(self, waits_for: str | None, next_due: datetime | None) -> None:
        """Show operators where the workflow stands."""

    @abstractmethod
    def _record_refusal(self, summary: str) -> None:
        """Add the business event of a refused step to the outbox."""

    def _attention(self) -> str | None:
        """Return what an operator must mend, or None."""
        return "; ".join(filter(None, [self._refused, *self._outbox.blocked.values()])) or None

    def _refuse_while_draining(self) -> None:
        """Refuse an update without a trace; its sender repeats it and reaches the next run.

        Raises:
            ApplicationError: If this run is ending.
        """
        if self._is_draining:
            raise ApplicationError("this run is ending; send again", type=messages.DRAINING_ERROR)

    async def _persist(self, doing: str, step: Callable[[], Awaitable[T]]) -> T:
        """Return the step's result, trying again each time an operator says so.

        Raises:
            ActivityError: If the workflow itself was cancelled.
        """
        while True:
            try:
                return await step()
            except ActivityError as error:
                if is_cancelled_exception(error):
                    raise
                self._refused = f"{doing}: {error.cause or error}"
            resumes = self._resumes
            self._record_refusal(self._refused)
            self._outbox.pump()
            self._show("an operator", None)
            await workflow.wait_condition(lambda: self._resumes > resumes)  # noqa: B023 - awaited here

    async def _wait(
        self,
        is_moved: Callable[[], bool],
        *,
        reason: str,
        until: datetime | None,
        due: datetime | None = None,
    ) -> None:
        """Let effects follow and wait until something has moved or `until` has come.

        Args:
            is_moved: Whether a message has arrived that changes what to do.
            reason: What is waited for, in words.
            until: When to go on anyway; None: only a message can.
            due: The next deadline that matters to people, if it is not `until`.
        """
        self._outbox.pump()
        self._show(reason, due or until)
        timeout = None if until is None else max(until - workflow.now(), _AT_ONCE)
        try:
            await workflow.wait_condition(
                lambda: is_moved() or self._is_long(),
                timeout=timeout,
                timeout_summary=reason
                if until is None
                else f"{reason}, at most until {until:%F %T}",
            )
        except TimeoutError:
            return

    def _is_long(self) -> bool:
        """Whether the history is long enough to begin a new run: replay is paid at every wake-up."""
        info = workflow.info()
        return (
            info.get_current_history_length() > MOST_EVENTS or info.is_continue_as_new_suggested()
        )

    async def _finish(self) -> None:
        """Stay until every effect has happened and every handler has answered."""
        self._outbox.pump()
        self._show(None, None)
        while not self._outbox.is_empty:
            waiting = self._attention()
            await workflow.wait_condition(
                lambda: self._outbox.is_empty or self._attention() != waiting  # noqa: B023 - awaited here
            )
            self._show(None, None)
        await workflow.wait_condition(workflow.all_handlers_finished)

    async def _roll(self, progress: object) -> NoReturn:
        """Continue as new with everything: handlers answered, effects under way finished, the rest queued."""
        self._is_draining = True
        await workflow.wait_condition(workflow.all_handlers_finished)
        await self._outbox.halt()
        workflow.continue_as_new(progress)
