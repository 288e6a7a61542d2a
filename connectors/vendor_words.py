"""A vendor's error text, cleaned for logs and for workflow histories, which cannot be edited later."""

import re
from typing import Final

LONGEST: Final = 300
_EMAIL_ADDRESS: Final = re.compile(r"[^\s@<>\"',;:()\[\]]+@[^\s@<>\"',;:()\[\]]+")


def vendor_words(text: str) -> str:
    """Return the text as one printable line of at most 300 characters, without email addresses.

    A line break could forge a log entry, and an email address is personal data.
    """
    line = " ".join(text.split())
    plain = "".join(each for each in line if each.isprintable())
    return _EMAIL_ADDRESS.sub("(address)", plain)[:LONGEST]
