"""`python -m starters.cli`: the same as the command `perennial`."""

from starters.cli.app import main

if __name__ == "__main__":
    main()
