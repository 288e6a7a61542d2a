"""The commands `up` and `demo`.

The command line finds them by the entry point `perennial.commands`, so that it works where this package
is not installed.
"""

import asyncio
import os
import shutil
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from config.stack_file import Ports, data_folder
from local_stack.tcp_ports import free_stack_ports
from starters.cli.output import OUT, print_addresses, say

_HIGHEST_OFFSET: Final = 50_000

Data = Annotated[
    Path | None, typer.Option("--data", help="Folder of the stack's state; .data if not given.")
]
Offset = Annotated[
    int, typer.Option(min=0, max=_HIGHEST_OFFSET, help="Move every port up by this much.")
]
PortChoice = Annotated[
    str | None, typer.Option("--ports", metavar="auto", help="auto: take ports that are free.")
]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command()(up)
    app.command()(demo)


def up(*, data: Data = None, port_offset: Offset = 0, ports: PortChoice = None) -> None:
    """Start everything on this machine: Temporal, the sandbox, the API and a worker. Ctrl-C stops it."""
    asyncio.run(_up(data or data_folder(os.environ), choose_ports(port_offset, ports)))


def demo(
    *,
    is_exiting: Annotated[bool, typer.Option("--exit", help="Stop after the last story.")] = False,
    data: Data = None,
    port_offset: Offset = 0,
    ports: PortChoice = None,
) -> None:
    """Start everything and tell four stories: paid by card, paid later, declined, renewed."""
    from local_stack.demo import run_demo

    folder = data or data_folder(os.environ)
    status = asyncio.run(run_demo(folder, choose_ports(port_offset, ports), is_exiting=is_exiting))
    sys.exit(status)


def choose_ports(offset: int, choice: str | None) -> Ports:
    """Return the ports that the options ask for.

    Raises:
        typer.BadParameter: The choice is not `auto`, or comes with an offset.
    """
    if choice is None:
        return Ports.shifted(offset)
    if choice != "auto" or offset:
        raise typer.BadParameter("--ports takes 'auto', and not together with --port-offset")
    return free_stack_ports()


def own_name() -> str:
    """Return how a user calls this command: by its name if the shell finds it, else by its path."""
    called, found = Path(sys.argv[0]), shutil.which("perennial")
    if called.name != "perennial" or (found and Path(found).samefile(called)):
        return "perennial"
    return os.path.relpath(called)


async def _up(data: Path, ports: Ports) -> None:
    from local_stack.up import running_stack, stop_on_signals

    stop_on_signals()
    try:
        async with running_stack(data, ports, say) as running:
            print_addresses(running.stack.addresses)
            OUT.print(
                f"Try in another shell: {own_name()} sell examples/orders/card.json"
                "   (Ctrl-C here stops everything)",
                soft_wrap=True,
            )
            await asyncio.Event().wait()
    except asyncio.CancelledError:
        return
