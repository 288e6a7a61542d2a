"""What processes log, in one place: who, what and when; never an address with a customer in it."""

import logging
from typing import Final

_FORMAT: Final = "%(asctime)s %(levelname)s %(name)s %(message)s"
# At INFO these write down each address that they call, and a search by mail address is one of them.
_TALKATIVE: Final = ("httpx", "stripe")


def start_logging() -> None:
    """Log to standard error from INFO on, and from the libraries that call vendors only what is wrong."""
    logging.basicConfig(level=logging.INFO, format=_FORMAT)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
