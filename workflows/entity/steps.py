"""How a workflow runs its steps.

Effects run after the step that decides them. A refused step waits for an operator. An urgent message
interrupts a step.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from datetime import datetime
from typing import Protocol, TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from domain.effects.events import EntityState, EventType
    from domain.effects.outbox import Effect
    from workflows.entity.outbox import Outbox, is_withdrawn
    from workflows.entity.timer import Timer
    from workflows.entity.web_ui import OperatorView, Page, Waiting

T = TypeVar("T")

MOST_EVENTS = 1000
"""Events after which a run continues as new: about half a second of replay, far below the 10 s limit."""


class CarriedState(Protocol):
    """The state of a workflow, carried across its runs as one value."""

    outbox: list[Effect]

    def record(self, event_type: EventType, summary: str, *, at: datetime) -> None:
        """Count a business event and queue the effect that records it."""
        ...

    def carried(self, recorded: Collection[Effect]) -> EntityState:
        """Return the state as it is stored with these records."""
        ...


def never() -> bool:
    """Return False: nothing is more urgent than the step."""
    return False


def is_history_long() -> bool:
    """Whether the history is long enough to begin a new run, so that replays stay short."""
    info = workflow.info()
    return info.get_current_history_length() > MOST_EVENTS or info.is_continue_as_new_suggested()


class StepRefusedError(Exception):
    """The step was refused permanently; the message says why."""


class StepInterruptedError(Exception):
    """The step was withdrawn because another decision comes first; it may have had its effect."""


class StepRunner:
    """Runs the steps of one workflow and shows operators what it waits for.

    Args:
        state: The carried state; its outbox is changed in place.
        page: Returns the page of the workflow as it is now.
    """

    def __init__(self, state: CarriedState, page: Callable[[], Page]) -> None:
        self.outbox = Outbox(state.outbox, carried=state.carried, on_change=self._on_outbox_change)
        self.resumes = 0
        """How often an operator has resumed the workflow."""
        self._state = state
        self._view = OperatorView(page)
        self._timer = Timer()
        self._refused: str | None = None
        self._recorded: str | None = None
        self._waits_for: str | None = None
        self._due: datetime | None = None

    @property
    def attention(self) -> str | None:
        """What an operator must fix, or None."""
        return "; ".join(filter(None, [self._refused, *self.outbox.blocked.values()])) or None

    def resume(self) -> str:
        """Try everything again that waits for an operator; return what was waiting."""
        waited = self.attention or ""
        self._refused = self._recorded = None
        self.resumes += 1
        self.outbox.resume()
        # Show it now, not when the next effect finishes: the SDK may deliver this update before or after
        # an activity result of the same moment, and the commands must be the same in both cases.
        self.show()
        return waited

    def skip_effect(self, system: str) -> str:
        """Drop the effect that blocks this system's queue, start the next one, and return the dropped key."""
        key = self.outbox.skip(system)
        self._record_attention(f"skipped by an operator: {key}")
        self.outbox.pump()
        self.show()
        return key

    async def attempt(
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
            await self.until(lambda: task.done() or is_interrupted(), until=until)
        if not task.done():
            task.cancel()
        try:
            # A result that arrives in the moment of the withdrawal counts: its effect has happened.
            return await task
        except asyncio.CancelledError:
            raise StepInterruptedError from None
        except ActivityError as error:
            if is_withdrawn(error):
                raise StepInterruptedError from None
            raise StepRefusedError(str(error.cause or error)) from None

    async def until_accepted(
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
                return await self.attempt(step, is_interrupted=is_moved)
            except StepInterruptedError:
                if is_moved():
                    raise
            except StepRefusedError as refusal:
                resumes = self.resumes
                await self.await_operator(f"{doing}: {refusal}", is_moved=is_moved)
                if self.resumes == resumes:
                    raise StepInterruptedError from None

    async def insist(self, step: Callable[[], Awaitable[T]]) -> T:
        """Return the step's result; a try that an operator cancels is repeated.

        Raises:
            StepRefusedError: It was refused permanently.
        """
        while True:
            with suppress(StepInterruptedError):
                return await self.attempt(step, is_interrupted=never)

    async def await_operator(
        self, refused: str, *, is_moved: Callable[[], bool], until: datetime | None = None
    ) -> None:
        """Show the refusal; return when an operator resumes, another decision comes first, or at `until`."""
        self._refused = refused
        resumes = self.resumes
        if refused != self._recorded:
            # The same refusal again needs no second event.
            self._record_attention(refused)
            self._recorded = refused
        self.outbox.pump()
        self._note("an operator", until)
        with suppress(TimeoutError):
            await self.until(lambda: self.resumes > resumes or is_moved(), until=until)
        self._refused = None
        # Show it now, for the same reason as in `resume`.
        self.show()

    async def wait(
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
        self.outbox.pump()
        self._note(reason, due or until)
        summary = reason if until is None else f"{reason}, at most until {until:%F %T}"
        self._timer.keep_until(until, summary)
        with suppress(TimeoutError):
            await self.until(lambda: is_moved() or is_history_long(), until=until)

    async def until(self, is_so: Callable[[], bool], *, until: datetime | None = None) -> None:
        """Wait until the condition holds; an error of our own code in an effect fails the workflow task here.

        Raises:
            TimeoutError: The condition does not hold in time.
            BaseException: The error of our code; the run waits for a fix and then goes on.
        """
        if until is not None:
            self._timer.keep_until(until)
        await workflow.wait_condition(
            lambda: (
                is_so()
                or (until is not None and self._timer.is_over)
                or self.outbox.fault is not None
            )
        )
        if self.outbox.fault is not None:
            raise self.outbox.fault
        if not is_so():
            raise TimeoutError

    def show(self) -> None:
        """Show operators the workflow as it is now."""
        self._view.show(
            Waiting(
                reason=self._waits_for,
                due=self._due,
                attention=self.attention,
                effects=self.outbox.waiting,
            )
        )

    def show_idle(self) -> None:
        """Show operators that the workflow waits for nothing but its effects."""
        self._note(None, None)

    def _note(self, waits_for: str | None, due: datetime | None) -> None:
        self._waits_for, self._due = waits_for, due
        self.show()

    def _record_attention(self, summary: str) -> None:
        self._state.record(EventType.ATTENTION_NEEDED, summary, at=workflow.now())

    def _on_outbox_change(self, blocked: str | None) -> None:
        if blocked is not None:
            self._record_attention(blocked)
            self.outbox.pump()
        self.show()
