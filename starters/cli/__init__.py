"""The command `perennial`; `starters.cli.app` puts it together."""
