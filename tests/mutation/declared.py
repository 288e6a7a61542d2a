"""Changes that no test should notice, with the reason: `tests/mutation/survivors.toml`."""

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.mutation.mutants import Mutant

FILE: Final = Path(__file__).with_name("survivors.toml")


@dataclass(frozen=True, kw_only=True)
class Survivor:
    """A declared survivor.

    Attributes:
        file: Path from the root of the tree.
        line: Text of the line that changes.
        becomes: Text that stands there instead; None for every change of this line.
        reason: Why no test should notice.
    """

    file: str
    line: str
    reason: str
    becomes: str | None = None

    def is_about(self, mutant: Mutant) -> bool:
        """Whether it declares this change."""
        is_same_line = (self.file, self.line) == (mutant.file, mutant.before)
        return is_same_line and self.becomes in {None, mutant.after}


def declared(text: str) -> tuple[Survivor, ...]:
    """Return the survivors that a file declares.

    Raises:
        TypeError: An entry has a name that is unknown, or lacks one.
    """
    return tuple(Survivor(**entry) for entry in tomllib.loads(text).get("survivor", []))


def outdated(survivors: Iterable[Survivor], root: Path) -> Iterator[str]:
    """Yield a line for each declaration that speaks of code which is gone, or gives no reason."""
    for survivor in survivors:
        path = root / survivor.file
        lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
        if survivor.line not in map(str.strip, lines):
            yield f"{survivor.file}: declared survivor, but no line says: {survivor.line}"
        if not survivor.reason.strip():
            yield f"{survivor.file}: declared survivor without a reason: {survivor.line}"
