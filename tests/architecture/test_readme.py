"""The documents name what exists: every make target in the README, every record in the index."""

import re

from tests.architecture.tree import ROOT


def targets() -> list[str]:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return re.findall(r"^([a-z-]+):.*## ", makefile, flags=re.MULTILINE)


def test_every_make_target_explains_itself():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.+)$", makefile, flags=re.MULTILINE)
    assert phony
    assert sorted(phony[1].split()) == sorted(targets())


def test_the_readme_mentions_every_make_target():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [target for target in targets() if f"make {target}" not in readme] == []


def test_the_index_links_every_decision_record():
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text(encoding="utf-8")
    records = sorted(path.name for path in folder.glob("[0-9]*.md"))
    assert records
    assert [name for name in records if f"({name})" not in index] == []


def test_every_decision_record_has_the_same_five_parts():
    parts = ("## Context", "## Decision", "## Consequences", "## Alternatives", "## Source")
    for path in (ROOT / "docs" / "decisions").glob("[0-9]*.md"):
        text = path.read_text(encoding="utf-8")
        assert [line for line in text.splitlines() if line.startswith("## ")] == [*parts], path.name
