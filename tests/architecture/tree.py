"""The source tree as the architecture tests see it."""

import ast
import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Final

ROOT: Final = Path(__file__).parents[2]
HERE: Final = Path(__file__).parent
PRODUCT: Final = (
    "local_stack",
    "perennial",
    "workers",
    "starters",
    "config",
    "workflows",
    "connectors",
    "storage",
    "activities",
    "domain",
    "sandbox",
)
# Importing these runs them, or needs a migration context.
_NOT_IMPORTABLE: Final = ("__main__", "migrations")


@dataclass(frozen=True, kw_only=True)
class Source:
    """One module's text; `name` is its path from the root of the tree."""

    name: str
    text: str

    @property
    def tree(self) -> ast.Module:
        """The module, parsed."""
        return ast.parse(self.text, filename=self.name)

    @property
    def module(self) -> str:
        """The dotted name of the module."""
        return self.name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def sources(*rooms: str) -> Iterator[Source]:
    """Yield every module of these rooms, by name."""
    for room in rooms:
        for path in sorted((ROOT / room).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            yield Source(name=name, text=path.read_text(encoding="utf-8"))


def modules(*rooms: str) -> Iterator[ModuleType]:
    """Import and yield every module of these rooms."""
    for source in sources(*rooms):
        if not any(part in source.module.split(".") for part in _NOT_IMPORTABLE):
            yield importlib.import_module(source.module)


def classes(*rooms: str) -> Iterator[type]:
    """Yield every class that a module of these rooms defines at its top level."""
    for module in modules(*rooms):
        for found in vars(module).values():
            if isinstance(found, type) and found.__module__ == module.__name__:
                yield found


def workflow_classes() -> tuple[type, ...]:
    """Return every class of `workflows/` with `@workflow.defn`."""
    return tuple(
        found for found in classes("workflows") if "__temporal_workflow_definition" in vars(found)
    )
