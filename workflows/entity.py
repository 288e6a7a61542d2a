"""What every long-lived workflow of ours shares: effects that follow, refusals that wait, runs that roll."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, NoReturn, TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from domain.outbox import Effect, System
    from workflows import messages
    from workflows.outbox import Outbox
    from workflows.signpost import Signpost

T = TypeVar("T")

_AT_ONCE = timedelta(milliseconds=1)

MOST_EVENTS = 1000
"""Events after which a run is continued as new: about half a second of replay, far below the 10 s limit."""

BY_AN_OPERATOR = "cancelled by an operator"


class StepRefusedError(Exception):
    """The step was refused for good; the message says why."""


class StepInterruptedError(Exception):
    """The step was withdrawn because something else has to be decided first; it may have had its effect."""


class Entity(ABC):
    """A workflow with an outbox, whose refused steps wait for an operator instead of failing it.

    Args:
        queued: The outbox entries in the carried state; changed in place.
    """

    def __init__(self, queued: list[Effect]) -> None:
        self._outbox = Outbox(queued, on_change=self._on_outbox_change)
        self._signpost = Signpost()
        self._is_draining = False
        self._refused: str | None = None
        self._resumes = 0
        self._shown: tuple[str | None, datetime | None] = (None, None)

    @workflow.update(name=messages.RESUME)
    def resume(self) -> str:
        """Try again what an operator has mended; returns what it was."""
        mended = self._attention() or ""
        self._refused = None
        self._resumes += 1
        self._outbox.resume()
        # At once, not with the next effect that comes to rest: the SDK may hand this update over before or
        # after an activity's result of the same moment, and the commands must be the same either way.
        self._show(*self._shown)
        return mended

    @resume.validator
    def _validate_resume(self) -> None:
        self._refuse_while_draining()
        if self._attention() is None:
            raise ApplicationError("nothing waits for an operator", type=messages.REFUSED_ERROR)

    @workflow.update(name=messages.SKIP_EFFECT)
    def skip_effect(self, system: str) -> str:
        """Give up the effect that blocks this system's queue and go on with the next; returns its key."""
        key = self._outbox.skip(System(system))
        self._record_attention(f"skipped by an operator: {key}")
        self._outbox.pump()
        self._show(*self._shown)
        return key

    @skip_effect.validator
    def _validate_skip(self, system: str) -> None:
        self._refuse_while_draining()
        if system not in self._outbox.blocked:
            blocked = ", ".join(self._outbox.blocked) or "none"
            raise ApplicationError(
                f"{system} is not blocked; blocked: {blocked}", type=messages.REFUSED_ERROR
            )

    @abstractmethod
    def _show(self, waits_for: str | None, next_due: datetime | None) -> None:
        """Show operators where the workflow stands."""

    @abstractmethod
    def _record_attention(self, summary: str) -> None:
        """Add the business event of something that an operator has to do, or did, to the outbox."""

    @abstractmethod
    def _stop_by_operator(self) -> None:
        """Turn an operator's request to cancel the workflow into the entity's own way to end."""

    async def _survive(self, life: Coroutine[Any, Any, T]) -> T:
        """Return what `life` returns, whatever an operator does to the workflow in the Web UI.

        Cancelling must not tear an entity down between two steps: money may have moved. The request
        becomes a decision like any other, and everything that follows from it still happens.

        Raises:
            CancelledError: If the run is being thrown away by the worker.
        """
        task = asyncio.create_task(life)
        while True:
            try:
                return await asyncio.shield(task)
            except asyncio.CancelledError:
                if task.cancelled():
                    raise
                self._stop_by_operator()

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

    async def _attempt(
        self,
        step: Callable[[], Awaitable[T]],
        *,
        is_interrupted: Callable[[], bool],
        until: datetime | None = None,
    ) -> T:
        """Return the step's result, unless it is refused or something else has to be decided first.

        An interrupted step is withdrawn between two tries; one that is under way finishes and counts.

        Raises:
            StepRefusedError: It was refused for good.
            StepInterruptedError: It was withdrawn; look before acting again.
        """
        task = asyncio.ensure_future(step())
        with suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: task.done() or is_interrupted(),
                timeout=_time_until(until),
            )
        if not task.done():
            task.cancel()
        try:
            return await task
        except asyncio.CancelledError:
            raise StepInterruptedError from None
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise StepInterruptedError from None
            raise StepRefusedError(str(error.cause or error)) from None

    async def _persist(self, doing: str, step: Callable[[], Awaitable[T]]) -> T:
        """Return the step's result, trying again each time an operator says so."""
        while True:
            try:
                return await self._insist(step)
            except StepRefusedError as refusal:
                await self._await_operator(f"{doing}: {refusal}", is_moved=_never)

    async def _insist(self, step: Callable[[], Awaitable[T]]) -> T:
        """Return the step's result, also if an operator cancels single tries of it.

        Raises:
            StepRefusedError: It was refused for good.
        """
        while True:
            with suppress(StepInterruptedError):
                return await self._attempt(step, is_interrupted=_never)

    async def _await_operator(self, refused: str, *, is_moved: Callable[[], bool]) -> None:
        """Show what was refused and wait until an operator resumes or something else has moved."""
        self._refused = refused
        resumes = self._resumes
        self._record_attention(refused)
        self._outbox.pump()
        self._note("an operator", None)
        await workflow.wait_condition(lambda: self._resumes > resumes or is_moved())
        self._refused = None
        # At once, for the same reason as in `resume`.
        self._show(*self._shown)

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
        self._note(reason, due or until)
        with suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: is_moved() or self._is_long(),
                timeout=_time_until(until),
                timeout_summary=reason
                if until is None
                else f"{reason}, at most until {until:%F %T}",
            )

    def _is_long(self) -> bool:
        """Whether the history is long enough to begin a new run: replay is paid at every wake-up."""
        info = workflow.info()
        return (
            info.get_current_history_length() > MOST_EVENTS or info.is_continue_as_new_suggested()
        )

    async def _finish(self) -> None:
        """Stay until every effect has happened and every handler has answered."""
        self._outbox.pump()
        self._note(None, None)
        await workflow.wait_condition(lambda: self._outbox.is_empty)
        await workflow.wait_condition(workflow.all_handlers_finished)

    async def _roll(self, progress: object) -> NoReturn:
        """Continue as new with everything: handlers answered, effects under way finished, the rest queued."""
        self._is_draining = True
        await workflow.wait_condition(workflow.all_handlers_finished)
        await self._outbox.halt()
        workflow.continue_as_new(progress)

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


def _never() -> bool:
    return False
