"""The base of every long-lived workflow: what operators can do with it."""

from abc import ABC, abstractmethod
from collections.abc import Callable

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from workflows.contract import messages
    from workflows.entity.run import Run
    from workflows.entity.steps import CarriedState, StepRunner
    from workflows.entity.web_ui import Page

BY_AN_OPERATOR = "cancelled by an operator"


class Entity(ABC):
    """A workflow that operators can resume, and can cancel without stopping it between two steps.

    Args:
        state: The carried state.
        page: Returns the page of the workflow in the Web UI as it is now.
    """

    def __init__(self, state: CarriedState, page: Callable[[], Page]) -> None:
        self._runner = StepRunner(state, page)
        self._outbox = self._runner.outbox
        self._run = Run(state, self._runner)

    @workflow.update(name=messages.RESUME)
    def resume(self) -> str:
        """Try everything again that waits for an operator; return what was waiting."""
        return self._runner.resume()

    @resume.validator
    def _validate_resume(self) -> None:
        self._run.refuse_while_draining()
        if self._runner.attention is None:
            raise ApplicationError("nothing waits for an operator", type=messages.REFUSED_ERROR)

    @workflow.update(name=messages.SKIP_EFFECT)
    def skip_effect(self, system: str) -> str:
        """Drop the effect that blocks this system's queue, start the next one, and return the dropped key."""
        return self._runner.skip_effect(system)

    @skip_effect.validator
    def _validate_skip(self, system: str) -> None:
        self._run.refuse_while_draining()
        if system not in self._outbox.blocked:
            blocked = ", ".join(self._outbox.blocked) or "none"
            raise ApplicationError(
                f"{system} is not blocked; blocked: {blocked}", type=messages.REFUSED_ERROR
            )

    @abstractmethod
    def _stop_by_operator(self) -> None:
        """Note that an operator cancels the workflow, so that the entity ends in its own way."""
