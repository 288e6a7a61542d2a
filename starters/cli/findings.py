"""What a check of an installation found."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """The result of one check.

    Attributes:
        detail: What was found.
        advice: What to do; None if nothing.
    """

    check: str
    is_ok: bool
    detail: str
    advice: str | None = None
