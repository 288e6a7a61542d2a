"""Promises that are broken today, each with the issue that mends it."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """A promise that is broken today, and the issue that mends it.

    Attributes:
        issue: Its number.
        text: What is wrong, in one sentence.
        signs: What is in each complaint about it.
    """

    issue: str
    text: str
    signs: Collection[str]

    def is_about(self, complaint: str) -> bool:
        """Return whether the complaint is about this."""
        return any(sign in complaint for sign in self.signs)


EARLY_REQUESTS: Final = Known(
    issue="R2.05, 2",
    text="a request before the subscription's first step is answered 404",
    signs=("there is no such subscription",),
)
ENDING_CHARGES: Final = Known(
    issue="R2.05, 3",
    text="what was being collected, or had fallen due, when its subscription ended is still charged",
    signs=("as it ended",),
)
