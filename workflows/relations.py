"""Messages between workflows: by workflow id without run id, so that they reach the current run."""

from temporalio import workflow
from temporalio.exceptions import ApplicationError


async def tell(workflow_id: str, signal: str, value: object) -> bool:
    """Send a signal to another workflow; return whether it was there to receive it.

    A receiver that has already closed is an expected outcome: what it would have done with the
    message no longer matters.
    """
    try:
        await workflow.get_external_workflow_handle(workflow_id).signal(signal, value)
    except ApplicationError:
        return False
    return True
