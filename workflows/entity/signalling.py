"""Messages between workflows: by workflow id without run id, so that they reach the current run."""

from datetime import timedelta
from typing import Final

from temporalio import workflow
from temporalio.exceptions import ApplicationError

_PAUSE: Final = timedelta(seconds=10)
_NOT_FOUND: Final = "not found"


async def signal_workflow(workflow_id: str, signal: str, value: object) -> bool:
    """Send a signal to another workflow; return whether there was one to receive it.

    A receiver that has already closed is an expected outcome: what it would have done with the
    message no longer matters. Whatever else keeps the signal away passes (a full inbox, for one), so it is
    sent again.
    """
    while True:
        try:
            await workflow.get_external_workflow_handle(workflow_id).signal(signal, value)
        except ApplicationError as error:
            if _NOT_FOUND in error.message:
                return False
            await workflow.sleep(_PAUSE, summary=f"cannot tell {workflow_id} yet")
        else:
            return True
