"""What a vendor said about a refusal, made fit for logs and for histories that nobody can edit."""

import re
from typing import Final

LONGEST: Final = 300
_EMAIL_ADDRESS: Final = re.compile(r"[^\s@<>\"',;:()\[\]]+@[^\s@<>\"',;:()\[\]]+")


def vendor_words(text: str) -> str:
    """Return the text as one printable line of at most 300 characters, without mail addresses.

    A line break would forge an entry of a log, and an address is personal data.
    """
    line = " ".join(text.split())
    plain = "".join(each for each in line if each.isprintable())
    return _EMAIL_ADDRESS.sub("(address)", plain)[:LONGEST]
