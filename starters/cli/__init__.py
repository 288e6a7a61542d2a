"""The command `perennial`."""

from starters.cli.app import main

__all__ = ["main"]
