"""Commands that run something: up, demo, worker, api, setup, migrate, doctor.

Each loads what it runs when it is called: a command that only asks the API must answer in a moment,
and the database and Temporal libraries take a second to load.
"""

import asyncio
import os
import shutil
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from config.logs import start_logging
from config.settings import Settings
from local_stack.stack_file import Ports, data_folder, with_stack
from starters.cli.output import OUT, print_addresses, print_findings, print_json, say

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
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]


def up(*, data: Data = None, port_offset: Offset = 0, ports: PortChoice = None) -> None:
    """Start everything on this machine: Temporal, the sandbox, the API and a worker. Ctrl-C stops it."""
    asyncio.run(_up(data or data_folder(os.environ), choose_ports(port_offset, ports)))


def demo(
    *,
    is_exiting: Annotated[
        bool, typer.Option("--exit", help="Stop when the stories are told.")
    ] = False,
    data: Data = None,
    port_offset: Offset = 0,
    ports: PortChoice = None,
) -> None:
    """Start everything and tell four stories: paid by card, paid later, declined, renewed."""
    from local_stack.demo import run_demo

    folder = data or data_folder(os.environ)
    status = asyncio.run(run_demo(folder, choose_ports(port_offset, ports), is_exiting=is_exiting))
    sys.exit(status)


def worker() -> None:
    """Run a worker that serves all queues, until SIGTERM."""
    os.environ.update(with_stack(os.environ))
    sys.stdout.flush()
    # The worker is assembled in its own room; this process becomes it.
    os.execv(sys.executable, [sys.executable, "-m", "workers"])  # noqa: S606 - our own module


def api() -> None:
    """Run the HTTP API with its webhooks, until SIGTERM."""
    from starters.api.serve import serve

    os.environ.update(with_stack(os.environ))
    start_logging()
    if not asyncio.run(serve(Settings.from_env(os.environ))):
        sys.exit(1)


def migrate(*, as_json: AsJson = False) -> None:
    """Bring the database to the tables of this version; safe to repeat, and beside running processes."""
    from starters.assemble import migrate_database

    revision = asyncio.run(migrate_database(Settings.from_env(with_stack(os.environ))))
    if as_json:
        print_json({"revision": revision})
    else:
        OUT.print(f"the database is at revision {revision}")


def setup(*, as_json: AsJson = False) -> None:
    """Prepare an installation: tables, and search attributes in Temporal; safe to repeat."""
    from starters.cli.setup import prepare

    environment = with_stack(os.environ)
    prepared = asyncio.run(prepare(Settings.from_env(environment), environment))
    if as_json:
        print_json({"revision": prepared.revision, "registered": list(prepared.registered)})
        return
    OUT.print(f"the database is at revision {prepared.revision}")
    registered = ", ".join(prepared.registered) or "nothing, all were there"
    OUT.print(f"search attributes registered: {registered}")


def doctor(*, as_json: AsJson = False) -> None:
    """Check everything that Perennial needs, and say what to do about what is missing."""
    from starters.cli.doctor import examine

    environment = with_stack(os.environ)
    findings = asyncio.run(examine(Settings.from_env(environment), environment))
    if as_json:
        print_json(
            {
                finding.check: {
                    "is_ok": finding.is_ok,
                    "detail": finding.detail,
                    "advice": finding.advice,
                }
                for finding in findings
            }
        )
    else:
        print_findings(findings)
    if not all(finding.is_ok for finding in findings):
        sys.exit(1)


def choose_ports(offset: int, choice: str | None) -> Ports:
    """Return the ports that the options ask for.

    Raises:
        typer.BadParameter: The choice is not `auto`, or comes with an offset.
    """
    if choice is None:
        return Ports.shifted(offset)
    if choice != "auto" or offset:
        raise typer.BadParameter("--ports takes 'auto' and no --port-offset beside it")
    return Ports.free()


def own_name() -> str:
    """Return how this command is called from here: by its name if the shell finds it so, else by its path."""
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
