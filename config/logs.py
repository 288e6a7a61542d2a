"""The logging setup of all processes. URLs of requests are not logged, because they may name customers."""

import logging
from typing import Final

_FORMAT: Final = "%(asctime)s %(levelname)s %(name)s %(message)s"
# At INFO these libraries log each URL that they call, and a URL may contain a customer's email address.
_VERBOSE: Final = ("httpx", "stripe")


def start_logging() -> None:
    """Log to standard error from level INFO; the libraries that call vendors log from level WARNING."""
    logging.basicConfig(level=logging.INFO, format=_FORMAT)
    for name in _VERBOSE:
        logging.getLogger(name).setLevel(logging.WARNING)
