"""The glossary is a list that people can search."""

import re

from tests.unit.docs.conftest import ROOT


def test_the_glossary_is_sorted_and_names_each_word_once():
    rows = re.findall(
        r"^\| ([^|]+?) \|", (ROOT / "docs/glossary.md").read_text("utf-8"), re.MULTILINE
    )
    words = [row for row in rows if row not in {"Word", "---"}]
    assert len(words) >= 40
    assert len(words) == len(set(words))
    assert words == sorted(words, key=str.lower)
