"""Runs the stories on a local stack and reports whether every step was verified."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final
from urllib.parse import quote

from rich.table import Table

from config.clock import utc_now
from config.stack_file import Ports, Stack
from config.temporal import connect
from local_stack.demo.outside import Outside, StoryFailedError
from local_stack.demo.stories import STORIES, Stage, StoryResult
from local_stack.up import running_stack, stop_on_signals
from perennial.client import Client
from perennial.errors import ClientError
from starters.cli.output import OUT, print_addresses, print_error, say

VERIFIED: Final = 0
FAILED: Final = 1


async def run_demo(data: Path, ports: Ports, *, is_exiting: bool) -> int:
    """Start the stack, tell the stories, and return 0 only if every step was verified.

    Args:
        data: Folder of the stack's state.
        ports: Where its parts listen.
        is_exiting: Stop afterwards; otherwise stay up until Ctrl-C.
    """
    stop_on_signals()
    status = FAILED
    try:
        async with running_stack(data, ports, say) as running:
            print_addresses(running.stack.addresses)
            status = await _run_all(running.stack)
            if not is_exiting:
                OUT.print("\nEverything stays up until Ctrl-C.")
                await asyncio.Event().wait()
    except asyncio.CancelledError:
        return status
    return status


async def _run_all(stack: Stack) -> int:
    outside = Outside(stack)
    temporal = await connect(stack.environment)
    results: list[StoryResult] = []
    try:
        async with Client.from_env(stack.environment) as client:
            stage = Stage(client, outside, temporal, _line, f"{utc_now():%m%d%H%M%S}")
            for name, story in STORIES:
                OUT.print(f"\n[bold]{name}[/]")
                results.append(await story(stage))
    except (StoryFailedError, ClientError) as error:
        print_error(str(error))
        return FAILED
    finally:
        await outside.aclose()
    _print_times(stack, results)
    return VERIFIED


def _line(who: str, what: str) -> None:
    OUT.print(f"  [cyan]{who:<13}[/]{what}", soft_wrap=True)


def _print_times(stack: Stack, results: Sequence[StoryResult]) -> None:
    table = Table(title="From payment event to active grant", title_justify="left")
    table.add_column("sale")
    table.add_column("time", justify="right")
    for story in results:
        if story.unlocked_after is not None:
            milliseconds = story.unlocked_after / timedelta(milliseconds=1)
            table.add_row(story.title, f"{milliseconds:.0f} ms")
    OUT.print()
    OUT.print(table)
    OUT.print("\n[bold]Look at[/]")
    for story in results:
        OUT.print(f"  {story.title}")
        for workflow_id in story.workflows:
            OUT.print(f"    {workflow_url(stack, workflow_id)}", soft_wrap=True)
    for name in ("Inbox", "Stripe", "Workday", "Salesforce", "Entitlements"):
        OUT.print(f"  {name}: {stack.addresses[name]}", soft_wrap=True)


def workflow_url(stack: Stack, workflow_id: str) -> str:
    """Return the address of a workflow's page in the Web UI."""
    ui = stack.addresses["Temporal Web UI"]
    return f"{ui}/namespaces/default/workflows/{quote(workflow_id, safe='')}"
