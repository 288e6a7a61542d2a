"""Commands that run a process or look at an installation: worker, api, setup, migrate, doctor.

Each loads what it runs when it is called: a command that only asks the API must answer in a moment,
and the database and Temporal libraries take a second to load.
"""

import asyncio
import os
import sys
from typing import Annotated

import typer

from config.logs import start_logging
from config.settings import Settings
from config.stack_file import with_stack
from starters.cli.output import OUT, print_findings, print_json

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]


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
    """Bring the database to the tables of this version; safe to repeat, also while processes run."""
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
