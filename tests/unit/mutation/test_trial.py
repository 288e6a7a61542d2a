"""Tests run on a changed copy of a tree."""

from pathlib import Path

import pytest

from tests.mutation.trial import copy_tree, run_tests, try_change

RULE = "def due(paid):\n    while paid < 0:\n        paid += 1\n    return paid == 0\n"
TEST = "from rule import due\n\n\ndef test_due():\n    assert due(0)\n    assert due(-1)\n"


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One tree for all tests, so that its bytecode is made once."""
    tree = tmp_path_factory.mktemp("tree")
    (tree / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
    (tree / "rule.py").write_text(RULE)
    (tree / "test_rule.py").write_text(TEST)
    return tree


def tried(tree: Path, old: str, new: str, limit: float = 30) -> tuple[bool, str]:
    assert old in RULE
    outcome = try_change(tree, "rule.py", RULE.replace(old, new), ["test_rule.py"], limit)
    assert (tree / "rule.py").read_text() == RULE
    return outcome.is_noticed, outcome.by


def test_an_obviously_wrong_change_is_noticed_and_a_harmless_one_is_not(tree: Path):
    # Of the same size as the code, so that stale bytecode would be taken for it.
    assert tried(tree, "paid == 0", "paid != 0") == (True, "test_rule.py::test_due")
    assert tried(tree, "paid == 0", "0 == paid") == (False, "")


def test_a_change_that_never_ends_is_noticed(tree: Path):
    assert tried(tree, "paid += 1", "paid -= 1", limit=3) == (True, "never ends")


def test_a_change_that_cannot_be_imported_is_noticed(tree: Path):
    assert tried(tree, "return", "retrun") == (True, "test_rule.py")


def test_a_run_without_a_test_says_nothing(tree: Path):
    (tree / "test_nothing.py").write_text("")

    with pytest.raises(RuntimeError, match="no test ran"):
        run_tests(tree, ["test_nothing.py"], limit=30)


def test_a_copy_has_neither_environment_nor_caches(tmp_path: Path):
    for name in (".venv", "__pycache__", "mutants", "domain"):
        (tmp_path / "tree" / name).mkdir(parents=True)

    copy = copy_tree(tmp_path / "tree", tmp_path / "copy")

    assert [path.name for path in copy.iterdir()] == ["domain"]
