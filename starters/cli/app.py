"""The command line: which commands there are, and how their errors end."""

import logging
import os
import sys
from importlib import metadata
from typing import Annotated, Final, NoReturn

import typer

from config.files import FileError
from config.settings import SettingsError
from domain.failures import PerennialError
from starters.cli import preview_commands
from starters.cli.process_commands import api, demo, doctor, migrate, setup, up, worker
from starters.cli.service_commands import cancel, change_payment_method, events, invoice, sell, show
from starters.errors import ClientError, StackError
from starters.output import OUT, print_error

_EXPECTED: Final = (
    ClientError,
    FileError,
    OSError,
    PerennialError,
    SettingsError,
    StackError,
)

_EXPECTED_OF_TEMPORAL: Final = frozenset({"TemporalUnreachableError", "RPCError"})
_NATIVE: Final = "temporalio.bridge.temporal_sdk_bridge"

APP = typer.Typer(
    name="perennial",
    help="The whole life of a subscription as durable Temporal workflows.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for _command in (
    up,
    demo,
    worker,
    api,
    sell,
    show,
    invoice,
    events,
    cancel,
    doctor,
    setup,
    migrate,
):
    APP.command()(_command)
APP.command(name="change-payment-method")(change_payment_method)
APP.add_typer(preview_commands.APP, name="preview")


def _print_version(is_asked: bool) -> None:  # noqa: FBT001 - called by typer
    if is_asked:
        OUT.print(f"perennial {metadata.version('perennial')}")
        raise typer.Exit


@APP.callback()
def _options(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Print the version.",
            is_eager=True,
            callback=_print_version,
        ),
    ] = False,
) -> None:
    del version  # its callback has done it


def main() -> None:
    """Run the command line: 0 for success, 1 with one clear line for an error, 2 for wrong usage."""
    try:
        APP()
    except SystemExit as ending:
        _leave(ending.code)
    except Exception as error:
        if not _is_expected(error):
            raise
        print_error(_in_words(error))
        _leave(1)


def _leave(code: str | int | None) -> NoReturn:
    """End the process.

    Temporal's native threads may still want the interpreter's lock while the interpreter goes away, and
    one run in fifty then ends with a crash after all is said (temporalio/sdk-python issue 300). Where
    they were started, the process leaves without taking the interpreter down.
    """
    status = code if isinstance(code, int) else int(code is not None)
    if _NATIVE not in sys.modules:
        sys.exit(status)
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _is_expected(error: Exception) -> bool:
    # By name: a light command does not load Temporal's library to look at an error.
    return isinstance(error, _EXPECTED) or type(error).__name__ in _EXPECTED_OF_TEMPORAL


def _in_words(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return str(error) or type(error).__name__
