"""docs/rulebook.md says what is true: published cases that pass, and previews as they are printed."""

import re
from collections import Counter
from pathlib import Path

from tests.unit.domain.test_published_cases import CHECKS, load

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/rulebook.md").read_text("utf-8")
# How the source of a case names its peer.
PEERS = {
    "polar": "Polar",
    "stripe": "Stripe",
    "getlago": "Lago, credit notes",
    "killbill": "Kill Bill, prorations",
    "flexprice": "Flexprice",
    "zuora": "Zuora",
}


def peer_of(source: str) -> str:
    return next(name for mark, name in PEERS.items() if mark in source)


def test_the_table_of_peers_counts_the_cases_that_pass() -> None:
    cases = [case for case in load("peer_facts*.json") if case["kind"] in CHECKS]
    passed = Counter[str]()
    for case in cases:
        CHECKS[case["kind"]](case)
        passed[peer_of(case["source"])] += 1
    # Each of them is a test of its own: tests/unit/domain/test_published_cases.py.
    passed["Kill Bill, billed cycles"] = len(load("billed_cycles*.json"))
    told = {
        peer: (int(cases), int(passing))
        for peer, cases, passing in re.findall(
            r"^\| ([^|]+?) \| [^|]+ \| (\d+) \| (\d+) \|$", PAGE, re.MULTILINE
        )
    }

    assert told == {peer: (count, count) for peer, count in passed.items()}


def test_the_previews_are_those_that_are_printed() -> None:
    printed = ROOT / "tests/unit/starters/use_cases/expected_previews"

    for currency in ("JPY", "USD", "KWD"):
        text = (printed / f"monthly-to-annual-{currency}.txt").read_text("utf-8")
        invoice, _ = text.split("\n\nNext renewal")
        assert f"```\n{invoice}\n```" in PAGE
