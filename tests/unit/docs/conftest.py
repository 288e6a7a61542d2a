"""The documents, read once for all checks of what they claim."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[3]
_FENCED: Final = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_SPAN: Final = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True, kw_only=True)
class Document:
    """One page of markdown."""

    path: Path
    text: str

    @property
    def name(self) -> str:
        return str(self.path.relative_to(ROOT))

    def blocks(self, language: str) -> list[str]:
        """Return the fenced blocks in this language."""
        return [text for tag, text in _FENCED.findall(self.text) if tag == language]

    @property
    def prose(self) -> str:
        """The text without its fenced blocks."""
        return _FENCED.sub("", self.text)

    @property
    def spans(self) -> list[str]:
        """The text between backquotes outside the blocks."""
        return _SPAN.findall(self.prose)

    @property
    def commands(self) -> str:
        """What a reader may type: spans and lines of consoles."""
        return "\n".join([*self.spans, *self.blocks("console"), *self.blocks("bash")])


def read(path: Path) -> Document:
    return Document(path=path, text=path.read_text(encoding="utf-8"))


PAGES: Final = (
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
    *sorted((ROOT / "docs").glob("*.md")),
)


@pytest.fixture(scope="session")
def architecture() -> Document:
    return read(ROOT / "docs" / "architecture.md")


@pytest.fixture(params=PAGES, ids=lambda path: path.name)
def document(request: pytest.FixtureRequest) -> Document:
    return read(request.param)
