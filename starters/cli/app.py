"""The command line: which commands there are, and how their errors end."""

from importlib import metadata
from typing import Annotated, Final

import typer

from config.ending import leave
from config.files import FileError
from config.settings import SettingsError
from config.stack_file import StackError
from domain.failures import PerennialError
from perennial.errors import ClientError
from starters.cli import preview_commands
from starters.cli.output import OUT, print_error
from starters.cli.process_commands import api, doctor, migrate, setup, worker
from starters.cli.service_commands import cancel, change_payment_method, events, invoice, sell, show

_EXPECTED: Final = (
    ClientError,
    FileError,
    OSError,
    PerennialError,
    SettingsError,
    StackError,
)

EXTENSIONS: Final = "perennial.commands"
"""Entry points of packages that add commands; each is a function that takes the application."""

_EXPECTED_OF_TEMPORAL: Final = frozenset({"TemporalUnreachableError", "RPCError"})

APP = typer.Typer(
    name="perennial",
    help="The whole life of a subscription as durable Temporal workflows.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for _extension in metadata.entry_points(group=EXTENSIONS):
    # Such as `up` and `demo` of the local stack, where it is installed.
    _extension.load()(APP)
for _command in (
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
        leave(ending.code)
    except Exception as error:
        if not _is_expected(error):
            raise
        print_error(_in_words(error))
        leave(1)


def _is_expected(error: Exception) -> bool:
    # By name: a light command does not load Temporal's library to look at an error.
    return isinstance(error, _EXPECTED) or type(error).__name__ in _EXPECTED_OF_TEMPORAL


def _in_words(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return str(error) or type(error).__name__
