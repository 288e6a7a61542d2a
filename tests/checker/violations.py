"""A broken promise, as the checker reports it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from typing_extensions import override


@dataclass(frozen=True, slots=True)
class Violation:
    """Something that must never be.

    Attributes:
        promise: The promise of docs/promises.md, or the name of the rule.
        about: The entity.
        text: What was found.
    """

    promise: str
    about: str
    text: str

    @override
    def __str__(self) -> str:
        return f"{self.promise}: {self.about}: {self.text}"


Violations: TypeAlias = Iterator[Violation]
