"""What every long-lived workflow of ours shares: what operators can do with it, and how its runs end."""

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
    """A workflow that operators can help on, and cancel without tearing it down.

    Args:
        queued: The outbox entries in the carried state; changed in place.
    """

    def __init__(self, queued: list[Effect]) -> None:
        super().__init__(queued)
        self._is_draining = False

    @workflow.update(name=messages.RESUME)
    def resume(self) -> str:
        """Try again what an operator has mended; returns what it was."""
        mended = self._attention() or ""
        self._refused = self._recorded = None
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

    def _refuse_while_draining(self) -> None:
        """Refuse an update without a trace; its sender repeats it and reaches the next run.

        Raises:
            ApplicationError: If this run is ending.
        """
        if self._is_draining:
            raise ApplicationError("this run is ending; send again", type=messages.DRAINING_ERROR)

    async def _finish(self, progress: object) -> None:
        """Stay until every effect has happened and every handler has answered."""
        self._outbox.pump()
        self._note(None, None)
        await self._until(lambda: self._outbox.is_empty or self._is_long())
        if not self._outbox.is_empty:
            await self._roll(progress)
        await workflow.wait_condition(workflow.all_handlers_finished)

    async def _roll(self, progress: object) -> NoReturn:
        """Continue as new with everything: handlers answered, effects under way finished, the rest queued."""
        self._is_draining = True
        await workflow.wait_condition(workflow.all_handlers_finished)
        await self._outbox.halt()
        workflow.continue_as_new(progress)
