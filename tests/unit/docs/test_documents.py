"""The documents name only what exists."""

import ast
import re
from pathlib import Path
from typing import Any, Final

import pytest
from typer.main import get_group

import perennial
from config.setting_types import variable_of
from config.settings import Settings
from config.stack_file import DATA_VARIABLE
from domain.failures import PerennialError
from domain.invoicing import transitions as invoicing
from domain.sales import states as sales
from domain.subscription import states as subscription
from domain.transitions import Transitions
from local_stack.programs import PAYMENT_EVENTS
from perennial.client import KEY_VARIABLE, URL_VARIABLE
from starters.cli.app import APP
from tests.unit.docs.conftest import PAGES, ROOT, Document
from tests.unit.docs.settings_page import BUILD_VARIABLE, PAGE, settings_page
from workflows.contract.search_attributes import SEARCH_ATTRIBUTES

TABLES: Final[tuple[Transitions[Any, Any], ...]] = (
    sales.TRANSITIONS,
    invoicing.TRANSITIONS,
    subscription.TRANSITIONS,
)
LARGEST_PICTURE: Final = 300 * 1024
_LINK: Final = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
# A file or folder of ours: it has a slash or an ending, and nothing that only a pattern has.
_PATH: Final = re.compile(r"^[\w.-]+(/[\w.-]+)*/?$")
_ENDINGS: Final = (".py", ".md", ".toml", ".json", ".png", ".yml", ".lock", "/")


def named_paths(document: Document) -> list[str]:
    rooms = {path.name for path in ROOT.iterdir() if path.is_dir()}
    return [
        span
        for span in document.spans
        if _PATH.match(span) and (span.endswith(_ENDINGS) or span.split("/")[0] in rooms)
    ]


def test_every_path_exists(document: Document):
    # Made at run time, not committed.
    missing = [
        path
        for path in named_paths(document)
        if not exists(path) and not path.startswith((".data", ".venv"))
    ]
    assert missing == []


def exists(path: str) -> bool:
    """Whether the path is there; a bare file name may be in any room."""
    if (ROOT / path).exists():
        return True
    rooms = (room for room in ROOT.iterdir() if room.is_dir() and not room.name.startswith("."))
    return "/" not in path and any(next(room.rglob(path), None) for room in rooms)


def test_every_relative_link_leads_somewhere(document: Document):
    links = [link for link in _LINK.findall(document.prose) if "://" not in link]
    assert [link for link in links if not leads_somewhere(document, link)] == []


def leads_somewhere(document: Document, link: str) -> bool:
    name, _, anchor = link.partition("#")
    target = document.path if not name else (document.path.parent / name).resolve()
    if not target.exists():
        return False
    return not anchor or anchor in anchors(target)


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_command_exists(document: Document):
    commands = set(get_group(APP).commands)
    named = re.findall(
        r"(?:^|(?<!from)[\s/])perennial ([a-z][a-z-]*)", document.commands, re.MULTILINE
    )
    assert [name for name in named if name not in commands] == []


def test_every_make_target_exists(document: Document):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, flags=re.MULTILINE))
    named = re.findall(r"\bmake ([a-z]+)", document.commands)
    assert [name for name in named if name not in targets] == []


def test_every_variable_is_read_by_something(document: Document):
    known = {variable_of(name) for name in Settings.model_fields}
    known |= {URL_VARIABLE, KEY_VARIABLE, DATA_VARIABLE, BUILD_VARIABLE}
    named = re.findall(r"\bPERENNIAL_[A-Z_]*[A-Z]\b", document.text)
    assert [name for name in named if name not in known and name != "PERENNIAL_US"] == []


def test_every_search_attribute_is_registered(document: Document):
    named = re.findall(r"\bPerennial[A-Z]\w+", document.text)
    known = {*SEARCH_ATTRIBUTES, PerennialError.__name__}
    assert [name for name in named if name not in known] == []


def test_every_python_example_is_python_that_the_package_offers(document: Document):
    for block in document.blocks("python"):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom) and node.module == "perennial":
                missing = {alias.name for alias in node.names} - set(perennial.__all__)
                assert missing == set()


@pytest.mark.parametrize("picture", sorted((ROOT / "docs" / "pictures").glob("*.png")))
def test_every_picture_is_small_and_shown_somewhere(picture: Path):
    assert picture.stat().st_size <= LARGEST_PICTURE
    assert any(f"pictures/{picture.name}" in page.read_text("utf-8") for page in PAGES)


def test_the_settings_page_is_that_of_the_settings():
    assert PAGE.read_text(encoding="utf-8") == settings_page()


@pytest.mark.parametrize("transitions", TABLES, ids=lambda table: table.entity)
def test_the_diagram_of_an_entity_is_its_table_of_transitions(
    architecture: Document, transitions: Transitions[Any, Any]
):
    table = transitions.table
    assert arrows(diagram(architecture, transitions.entity)) == {
        *((state.value, after.value, event.value) for (state, event), after in table.items()),
        ("[*]", transitions.initial.value, ""),
        *((state.value, "[*]", "") for state in transitions.final),
    }


def diagram(document: Document, entity: str) -> str:
    """Return the state diagram that follows the sentence about this entity."""
    workflow = {"sale": "`NewSale`"}.get(entity, f"`{entity.title()}`")
    _, _, after = document.text.partition(f" {workflow} has these states")
    return after.partition("```mermaid")[2].partition("```")[0]


def arrows(block: str) -> set[tuple[str, str, str]]:
    """Return the arrows of a state diagram; one arrow may carry several events."""
    return {
        (before, after, event.strip())
        for before, after, events in re.findall(r"(\S+) --> (\w+|\[\*\])(?:: (.+))?", block)
        for event in events.split(",")
    }


def test_the_webhooks_page_names_the_events_to_subscribe_to():
    page = (ROOT / "docs" / "webhooks.md").read_text(encoding="utf-8")
    assert tuple(re.findall(r"^- `(invoice\.\w+)`", page, flags=re.MULTILINE)) == PAYMENT_EVENTS
