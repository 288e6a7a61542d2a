"""How a workflow runs its steps.

Effects run after the step that decides them. A refused step waits for an operator. An urgent message
interrupts a step.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from domain.effects.outbox import Effect
    from workflows.entity.outbox import Outbox, is_withdrawn
    from workflows.entity.web_ui import OperatorView

T = TypeVar("T")

_AT_ONCE = timedelta(milliseconds=1)

MOST_EVENTS = 1000
"""Events after which a run continues as new: about half a second of replay, far below the 10 s limit."""


def never() -> bool:
    """Return False: nothing is more urgent than the step."""
    return False


class StepRefusedError(Exception):
    """The step was refused permanently; the message says why."""


class StepInterruptedError(Exception):
    """The step was withdrawn because another decision comes first; it may have had its effect."""


class Steps(ABC):
    """A workflow with an outbox. A refused step waits for an operator and does not fail the workflow.

    Args:
        queued: The outbox entries in the carried state; changed in place.
    """

    def __init__(self, queued: list[Effect]) -> None:
        self._outbox = Outbox(queued, on_change=self._on_outbox_change)
        self._operator_view = OperatorView()
        self._refused: str | None = None
        self._resumes: int = 0
        self._recorded: str | None = None
        self._shown: tuple[str | None, datetime | None] = (None, None)

    @abstractmethod
    def _show(self, waits_for: str | None, next_due: datetime | None) -> None:
        """Show operators the current state of the workflow."""

    @abstractmethod
    def _record_attention(self, summary: str) -> None:
        """Queue a business event about something that an operator has to do, or did."""

    def _attention(self) -> str | None:
        """Return what an operator must fix, or None."""
        return "; ".join(filter(None, [self._refused, *self._outbox.blocked.values()])) or None

    async def _attempt(
        self,
        step: Callable[[], Awaitable[T]],
        *,
        is_interrupted: Callable[[], bool],
        until: datetime | None = None,
    ) -> T:
        """Return the step's result, unless the step is refused or another decision comes first.

        An interrupted step is withdrawn between two tries. A try that is under way finishes and counts.

        Raises:
            StepRefusedError: It was refused permanently.
            StepInterruptedError: It was withdrawn; read the current state before acting again.
        """
        task = asyncio.ensure_future(step())
        with suppress(TimeoutError):
            await self._until(lambda: task.done() or is_interrupted(), until=until)
        if not task.done():
            task.cancel()
        try:
            return await task
        except asyncio.CancelledError:
            raise StepInterruptedError from None
        except ActivityError as error:
            if is_withdrawn(error):
                raise StepInterruptedError from None
            raise StepRefusedError(str(error.cause or error)) from None

    async def _until_accepted(
        self,
        doing: str,
        step: Callable[[], Awaitable[T]],
        *,
        is_moved: Callable[[], bool] = never,
    ) -> T:
        """Return the step's result; after a refusal, try again when an operator resumes.

        Args:
            doing: Name of the step, which operators read in front of a refusal.
            step: The call.
            is_moved: Whether another decision comes first.

        Raises:
            StepInterruptedError: Another decision came first, while the step ran or after its refusal;
                read the current state before acting again.
        """
        while True:
            try:
                return await self._attempt(step, is_interrupted=is_moved)
            except StepInterruptedError:
                if is_moved():
                    raise
            except StepRefusedError as refusal:
                if not await self._is_mended(f"{doing}: {refusal}", is_moved=is_moved):
                    raise StepInterruptedError from None

    async def _insist(self, step: Callable[[], Awaitable[T]]) -> T:
        """Return the step's result; a try that an operator cancels is repeated.

        Raises:
            StepRefusedError: It was refused permanently.
        """
        while True:
            with suppress(StepInterruptedError):
                return await self._attempt(step, is_interrupted=never)

    async def _is_mended(
        self, refused: str, *, is_moved: Callable[[], bool], until: datetime | None = None
    ) -> bool:
        """Show the refusal, wait for an operator, and return whether an operator has resumed.

        False means that another decision comes first, or that `until` has come.
        """
        self._refused = refused
        resumes = self._resumes
        if refused != self._recorded:
            # The same refusal again needs no second event.
            self._record_attention(refused)
            self._recorded = refused
        self._outbox.pump()
        self._note("an operator", until)
        with suppress(TimeoutError):
            await self._until(lambda: self._resumes > resumes or is_moved(), until=until)
        self._refused = None
        # Show it now, for the same reason as in `resume`.
        self._show(*self._shown)
        return self._resumes > resumes

    async def _wait(
        self,
        is_moved: Callable[[], bool],
        *,
        reason: str,
        until: datetime | None,
        due: datetime | None = None,
    ) -> None:
        """Start queued effects and wait until a message changes what to do or `until` has come.

        The wait also ends when the history is long enough to begin a new run.

        Args:
            is_moved: Whether a message has arrived that changes what to do.
            reason: What the workflow waits for, as text for operators.
            until: When to go on without a message; None to wait for a message only.
            due: The next deadline that matters to people, if it is not `until`.
        """
        self._outbox.pump()
        self._note(reason, due or until)
        with suppress(TimeoutError):
            await self._until(
                lambda: is_moved() or self._is_long(),
                until=until,
                summary=reason if until is None else f"{reason}, at most until {until:%F %T}",
            )

    async def _until(
        self,
        is_so: Callable[[], bool],
        *,
        until: datetime | None = None,
        summary: str | None = None,
    ) -> None:
        """Wait until the condition holds; an error of our own code in an effect fails the workflow task here.

        Raises:
            TimeoutError: The condition does not hold in time.
            BaseException: The error of our code; the run waits for a fix and then goes on.
        """
        await workflow.wait_condition(
            lambda: is_so() or self._outbox.fault is not None,
            timeout=_time_until(until),
            timeout_summary=summary,
        )
        if self._outbox.fault is not None:
            raise self._outbox.fault

    def _is_long(self) -> bool:
        """Whether the history is long enough to begin a new run, so that replays stay short."""
        info = workflow.info()
        return (
            info.get_current_history_length() > MOST_EVENTS or info.is_continue_as_new_suggested()
        )

    def _note(self, waits_for: str | None, next_due: datetime | None) -> None:
        self._shown = (waits_for, next_due)
        self._show(waits_for, next_due)

    def _on_outbox_change(self, blocked: str | None) -> None:
        if blocked is not None:
            self._record_attention(blocked)
            self._outbox.pump()
        self._show(*self._shown)


def _time_until(instant: datetime | None) -> timedelta | None:
    return None if instant is None else max(instant - workflow.now(), _AT_ONCE)
