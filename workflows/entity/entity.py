"""The base of every long-lived workflow: what operators can do with it, and how its runs end."""

import asyncio
from abc import abstractmethod
from collections.abc import Coroutine
from typing import Any, NoReturn, TypeVar

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from domain.effects.outbox import Effect, System
    from workflows.contract import messages
    from workflows.entity.steps import Steps

T = TypeVar("T")

BY_AN_OPERATOR = "cancelled by an operator"


class Entity(Steps):
    """A workflow that operators can resume, and can cancel without stopping it between two steps.

    Args:
        queued: The outbox entries in the carried state; changed in place.
    """

    def __init__(self, queued: list[Effect]) -> None:
        super().__init__(queued)
        self._is_draining = False

    @workflow.update(name=messages.RESUME)
    def resume(self) -> str:
        """Try everything again that waits for an operator; return what was waiting."""
        waited = self._attention() or ""
        self._refused = self._recorded = None
        self._resumes += 1
        self._outbox.resume()
        # Show it now, not when the next effect finishes: the SDK may deliver this update before or after
        # an activity result of the same moment, and the commands must be the same in both cases.
        self._show(*self._shown)
        return waited

    @resume.validator
    def _validate_resume(self) -> None:
        self._refuse_while_draining()
        if self._attention() is None:
            raise ApplicationError("nothing waits for an operator", type=messages.REFUSED_ERROR)

    @workflow.update(name=messages.SKIP_EFFECT)
    def skip_effect(self, system: str) -> str:
        """Drop the effect that blocks this system's queue, start the next one, and return the dropped key."""
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
    def _stop_by_operator(self) -> None:
        """Record that an operator cancels the workflow, so that the entity ends in its own way."""

    async def _survive(self, life: Coroutine[Any, Any, T]) -> T:
        """Return what `life` returns, even if an operator cancels the workflow in the Web UI.

        A cancellation must not stop an entity between two steps, because money may have moved. It is
        recorded as a decision to end, and all effects of that decision still happen.

        Raises:
            CancelledError: The worker evicts this run from its memory.
        """
        task = asyncio.create_task(life)
        while True:
            try:
                return await asyncio.shield(task)
            except asyncio.CancelledError:
                if task.cancelled():
                    raise
                self._stop_by_operator()

    def _refuse_while_draining(self) -> None:
        """Check that this run still accepts updates.

        A refused update leaves no event in the history. Its sender repeats it and reaches the next run.

        Raises:
            ApplicationError: This run is ending.
        """
        if self._is_draining:
            raise ApplicationError("this run is ending; send again", type=messages.DRAINING_ERROR)

    async def _finish(self, progress: object) -> None:
        """Wait until every effect has happened and every handler has finished."""
        self._outbox.pump()
        self._note(None, None)
        await self._until(lambda: self._outbox.is_empty or self._is_long())
        if not self._outbox.is_empty:
            await self._roll(progress)
        await workflow.wait_condition(workflow.all_handlers_finished)

    async def _roll(self, progress: object) -> NoReturn:
        """Continue as new after handlers and running effects have finished; other effects stay queued."""
        self._is_draining = True
        await workflow.wait_condition(workflow.all_handlers_finished)
        await self._outbox.halt()
        workflow.continue_as_new(progress)
