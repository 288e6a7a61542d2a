"""The workflow sandbox, made strict: workflows are loaded anew, and an import nobody meant to share is an error."""

from dataclasses import replace
from typing import Final

from temporalio import workflow
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from config.temporal import workflow_runner
from tests.architecture.tree import modules, workflow_classes

_WITH_WORKFLOWS: Final = {found.__module__ for found in workflow_classes()}
SHARED: Final = (
    "domain",
    "activities",
    "typing_extensions",
    # `from workflows import x` escapes `imports_passed_through`, so the shared ones are named.
    *(found.__name__ for found in modules("workflows") if found.__name__ not in _WITH_WORKFLOWS),
)
"""Everything of ours but the modules that define workflows."""


def strict_runner() -> SandboxedWorkflowRunner:
    """Return a runner that restricts workflow code, refusing modules that are neither shared nor its own."""
    runner = workflow_runner(SHARED)
    restrictions = runner.restrictions.with_import_notification_policy(
        workflow.SandboxImportNotificationPolicy.RAISE_ON_UNINTENTIONAL_PASSTHROUGH
    )
    return replace(runner, restrictions=restrictions)
