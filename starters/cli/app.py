"""The command line: which commands there are, and how their errors end."""

import sys
from typing import Final

import typer

from config.files import FileError
from config.settings import SettingsError
from domain.failures import PerennialError
from starters.cli import preview_commands
from starters.cli.process_commands import api, demo, doctor, migrate, setup, up, worker
from starters.cli.service_commands import cancel, change_payment_method, events, sell, show
from starters.errors import ClientError, StackError
from starters.output import print_error

_EXPECTED: Final = (
    ClientError,
    FileError,
    OSError,
    PerennialError,
    SettingsError,
    StackError,
)

APP = typer.Typer(
    name="perennial",
    help="The whole life of a subscription as durable Temporal workflows.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for _command in (up, demo, worker, api, sell, show, events, cancel, doctor, setup, migrate):
    APP.command()(_command)
APP.command(name="change-payment-method")(change_payment_method)
APP.add_typer(preview_commands.APP, name="preview")


def main() -> None:
    """Run the command line: 0 for success, 1 with one clear line for an error, 2 for wrong usage."""
    try:
        APP()
    except _EXPECTED as error:
        print_error(_in_words(error))
        sys.exit(1)


def _in_words(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return str(error) or type(error).__name__
