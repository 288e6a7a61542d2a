"""Text that people write into orders: it can be stored, printed and sent by email, and holds no card number."""

import re
import unicodedata
from typing import Final

from perennial.card_numbers import holds_card_number

CARD_NUMBER_FOUND: Final = "must not hold a card number; send the provider's token instead"
# Control characters, separators of lines and paragraphs, halves of surrogate pairs.
_REFUSED: Final = frozenset({"Cc", "Zl", "Zp", "Cs"})
_EMAIL: Final = re.compile(r"[^\s@<>\",;:\\]+@[^\s@<>\",;:\\]+\.[^\s@<>\",;:\\.]{2,}")
# What an email header can hold without quotes, and without an extension that few relays know (RFC 6531).
_LOCAL_PART: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}")
_HOST: Final = re.compile(r"[A-Za-z0-9.-]+")


def free_text(value: str) -> str:
    """Return the text if it is one readable line; it may hold spaces and joiners of any script.

    Raises:
        ValueError: It is blank, has a line break or a control character, or holds a card number.
    """
    is_refused = any(unicodedata.category(each) in _REFUSED for each in value)
    is_blank = not any(each.isprintable() and not each.isspace() for each in value)
    if is_refused or is_blank:
        raise ValueError("must be one line of printable text")
    if holds_card_number(value):
        raise ValueError(CARD_NUMBER_FOUND)
    return value


def email_address(value: str) -> str:
    """Return the address if email can be sent to it; its domain may hold letters beyond ASCII.

    Raises:
        ValueError: It is not one address, or no email can be sent to it.
    """
    if _EMAIL.fullmatch(free_text(value)) is None or not value.isprintable():
        raise ValueError("must be one email address such as 'ada@example.com'")
    local, _, domain = value.rpartition("@")
    if _LOCAL_PART.fullmatch(local) is None:
        raise ValueError(
            "must have 1 to 64 ASCII letters, digits and marks such as '.', '-', '_' or '+' before the '@'"
        )
    if not _is_host(domain):
        raise ValueError("must have a domain name after the '@'")
    return value


def _is_host(domain: str) -> bool:
    try:
        return _HOST.fullmatch(domain.encode("idna").decode()) is not None
    except UnicodeError:
        return False
