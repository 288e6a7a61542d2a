"""Signals between workflows: sent to a workflow id without a run id, so that they reach the current run."""

from datetime import timedelta
from typing import Final

from temporalio import workflow
from temporalio.exceptions import ApplicationError

_PAUSE: Final = timedelta(seconds=10)
_NOT_FOUND: Final = "not found"


async def signal_workflow(workflow_id: str, signal: str, value: object) -> bool:
    """Send a signal to another workflow and return whether that workflow was running.

    It is expected that the receiver may have closed: the signal then no longer matters. Every other
    failure is temporary (for example, the receiver has too many signals waiting), so the signal is sent
    again after a pause.
    """
    while True:
        try:
            await workflow.get_external_workflow_handle(workflow_id).signal(signal, value)
        except ApplicationError as error:
            if _NOT_FOUND in error.message:
                return False
            await workflow.sleep(_PAUSE, summary=f"cannot signal {workflow_id} yet")
        else:
            return True
