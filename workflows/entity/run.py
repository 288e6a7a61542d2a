"""How the runs of a workflow end: drained, with every effect done or carried on, and never between two steps."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn, TypeVar

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from workflows.contract import messages
    from workflows.entity.steps import CarriedState, StepRunner, is_history_long

T = TypeVar("T")


class Run:
    """The present run of one workflow.

    Args:
        state: The carried state, which the next run begins with.
        runner: Runs the steps of this run.
    """

    def __init__(self, state: CarriedState, runner: StepRunner) -> None:
        self._state = state
        self._runner = runner
        self._is_draining = False

    async def survive(self, life: Coroutine[Any, Any, T], *, on_cancel: Callable[[], None]) -> T:
        """Return what `life` returns, even if an operator cancels the workflow in the Web UI.

        A cancellation must not stop an entity between two steps, because money may have moved. `on_cancel`
        notes it as a decision to end, and all effects of that decision still happen.

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
                on_cancel()

    def refuse_while_draining(self) -> None:
        """Check that this run still accepts updates.

        A refused update leaves no event in the history. Its sender repeats it and reaches the next run.

        Raises:
            ApplicationError: This run is ending.
        """
        if self._is_draining:
            raise ApplicationError("this run is ending; send again", type=messages.DRAINING_ERROR)

    async def finish(self) -> None:
        """Wait until every effect has happened and every handler has finished."""
        outbox = self._runner.outbox
        outbox.pump()
        self._runner.show_idle()
        await self._runner.until(lambda: outbox.is_empty or is_history_long())
        if not outbox.is_empty:
            await self.roll()
        await workflow.wait_condition(workflow.all_handlers_finished)

    async def roll(self) -> NoReturn:
        """Continue as new after handlers and running effects have finished; other effects stay queued.

        Signals that arrive meanwhile are noted in the carried state, and the next run acts on them.
        """
        self._is_draining = True
        await workflow.wait_condition(workflow.all_handlers_finished)
        await self._runner.outbox.halt()
        workflow.continue_as_new(self._state)
