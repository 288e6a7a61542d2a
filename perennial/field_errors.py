"""What is wrong with an input, field by field, without repeating a card number."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pydantic_core import ErrorDetails
from typing_extensions import override

from perennial.card_numbers import holds_card_number
from perennial.text_fields import CARD_NUMBER_FOUND

WHOLE: Final = "body"
"""Named as the field when the whole document is wrong."""
_LONGEST_ECHO: Final = 64
_WORDS: Final = {
    "missing": "is required",
    "extra_forbidden": "there is no such field",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldError:
    """One thing that is wrong with what was sent.

    Attributes:
        field: Path of the field, as `account.email` or `add_ons.0.quantity`.
        allowed: What is allowed there, in words.
        value: What was sent, cut short; None if it must not be repeated.
    """

    field: str
    allowed: str
    value: str | None = None

    @override
    def __str__(self) -> str:
        said = "" if self.value is None else f" {self.value!r}"
        return f"{self.field}{said}: {self.allowed}"


def field_errors(found: Sequence[ErrorDetails]) -> tuple[FieldError, ...]:
    """Return pydantic's findings as field errors that repeat no card number."""
    return tuple(_field_error(error) for error in found)


def echo(value: object) -> str | None:
    """Return a refused value for the response, cut short; None for what must not be repeated."""
    if not isinstance(value, str | int | float) or holds_card_number(str(value)):
        return None
    text = str(value)
    return text if len(text) <= _LONGEST_ECHO else f"{text[:_LONGEST_ECHO]}..."


def _field_error(error: ErrorDetails) -> FieldError:
    parts = [str(part) for part in error["loc"] if part not in {"card", "transfer"}]
    field = ".".join(parts) or WHOLE
    if holds_card_number(field):
        return FieldError(field="(not shown)", allowed=CARD_NUMBER_FOUND)
    message = _WORDS.get(error["type"], error["msg"].removeprefix("Value error, "))
    return FieldError(field=field, allowed=message, value=echo(error.get("input")))
