"""Finds card numbers in other text, by shape and Luhn digit; they are never repeated or logged.

PCI DSS 4.0 requirement 3 wants card numbers unreadable anywhere they are stored; the surest way is
not to take them in.
"""

import re
import unicodedata
from typing import Final

_SHORTEST: Final = 13
_LONGEST: Final = 19
_RUN: Final = re.compile(r"\d(?:[\s.\-\u2010-\u2015_/]{0,2}\d){12,}")
_LOOSE_RUN: Final = re.compile(r"\d(?:[\W_]{0,4}\d){12,}")
_GROUPS: Final = re.compile(r"\d(?:[._-]?\d){12,18}")
_ISSUED: Final = re.compile(
    r"""
    4(\d{12}|\d{15}|\d{18})                                 # Visa
    | (5[1-5]\d{2}|222[1-9]|22[3-9]\d|2[3-6]\d{2}|27[01]\d|2720)\d{12}   # Mastercard
    | 3[47]\d{13}                                           # American Express
    | 3(0[0-5]|[68]\d)\d{11}                                # Diners Club
    | (6011\d{2}|64[4-9]\d{3}|65\d{4})\d{10,13}             # Discover
    | 35(2[89]|[3-8]\d)\d{12}                               # JCB
    | 62\d{14,17}                                           # UnionPay
    """,
    re.VERBOSE,
)


def holds_card_number(text: str) -> bool:
    """Return whether free text holds a card number, however it is written.

    Two ways: 13 to 19 digits, the usual separators allowed, with a right Luhn digit; or, with any marks
    between and any digits around, the number of a known network.
    """
    plain = _without_disguise(text)
    return any(
        len(digits) <= _LONGEST and _passes_luhn(digits) for digits in _runs(_RUN, plain)
    ) or any(_has_issued(digits) for digits in _runs(_LOOSE_RUN, plain))


def is_card_number(text: str) -> bool:
    """Return whether an id holds a card number of a known network, in one piece or in groups.

    Stricter than `holds_card_number`: one number in ten has a right Luhn digit by chance, and an
    order id made of digits must not be refused for it.
    """
    return any(
        _ISSUED.fullmatch(digits) is not None and _passes_luhn(digits)
        for digits in _runs(_GROUPS, text)
    )


def _without_disguise(text: str) -> str:
    # Circled, raised and full-width digits become plain ones; invisible characters are removed.
    normal = unicodedata.normalize("NFKC", text)
    return "".join(each for each in normal if unicodedata.category(each) != "Cf")


def _runs(pattern: re.Pattern[str], text: str) -> list[str]:
    # Also digits of other scripts count; int() reads them all.
    return [
        "".join(str(int(character)) for character in run[0] if character.isdecimal())
        for run in pattern.finditer(text)
    ]


def _has_issued(digits: str) -> bool:
    return any(
        _ISSUED.fullmatch(digits, start, start + length) is not None
        and _passes_luhn(digits[start : start + length])
        for length in range(_SHORTEST, _LONGEST + 1)
        for start in range(len(digits) - length + 1)
    )


def _passes_luhn(digits: str) -> bool:
    if digits.strip("0") == "":
        return False
    total = 0
    for position, character in enumerate(reversed(digits)):
        digit = int(character)
        doubled = digit * 2 if position % 2 else digit
        total += doubled - 9 if doubled > 9 else doubled  # noqa: PLR2004 - Luhn's digit sum
    return total % 10 == 0
