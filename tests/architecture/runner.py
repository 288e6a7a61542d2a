"""The workflow sandbox of the workers, made strict: an import that nobody meant to share is an error."""

from dataclasses import replace

from temporalio import workflow
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from config.temporal import workflow_runner


def strict_runner() -> SandboxedWorkflowRunner:
    """Return the runner of the workers, refusing modules that are neither shared nor the workflow's own."""
    runner = workflow_runner()
    restrictions = runner.restrictions.with_import_notification_policy(
        workflow.SandboxImportNotificationPolicy.RAISE_ON_UNINTENTIONAL_PASSTHROUGH
    )
    return replace(runner, restrictions=restrictions)
