"""The score, the declared survivors, and which tests know a file."""

from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, sources
from tests.mutation.declared import FILE, Survivor, declared, outdated
from tests.mutation.killers import killers
from tests.mutation.mutants import Mutant
from tests.mutation.run import ROOMS, Result, is_enough, score
from tests.mutation.trial import Outcome

MUTANT = Mutant(file="workflows/a.py", line=3, before="a = 1", after="a = 2", code="")
NOTICED = Result(mutant=MUTANT, outcome=Outcome(is_noticed=True, by="tests/a.py::test_a"))
SURVIVED = Result(mutant=MUTANT, outcome=Outcome(is_noticed=False))
DECLARED = Result(mutant=MUTANT, declared="equivalent")

ENTRY = """
[[survivor]]
file = "workflows/a.py"
line = "a = 1"
becomes = "a = 2"
reason = "equivalent"
"""


def test_a_declared_survivor_does_not_count():
    assert score([NOTICED, SURVIVED, DECLARED, NOTICED]) == (2, 3)
    assert score([NOTICED], "connectors/") == (0, 0)


def test_nine_of_ten_are_enough_and_nothing_is_not():
    assert is_enough(9, 10)
    assert not is_enough(89, 100)
    assert not is_enough(0, 0)


def test_a_line_says_the_change_and_what_noticed_it():
    assert str(NOTICED) == "noticed  workflows/a.py:3: a = 1 => a = 2  [tests/a.py::test_a]"
    assert str(SURVIVED).startswith("SURVIVED workflows/a.py:3")
    assert str(DECLARED).endswith("[equivalent]")


@pytest.mark.parametrize(
    ("becomes", "is_about"), [("a = 2", True), ("a = 3", False), (None, True), ("", False)]
)
def test_a_declaration_is_about_one_change_or_about_every_change_of_a_line(
    becomes: str | None, is_about: bool
):
    survivor = Survivor(file="workflows/a.py", line="a = 1", becomes=becomes, reason="equivalent")

    assert survivor.is_about(MUTANT) is is_about


def test_a_declaration_whose_line_is_gone_is_outdated(tmp_path: Path):
    survivors = declared(ENTRY)
    (tmp_path / "workflows").mkdir()

    assert len(list(outdated(survivors, tmp_path))) == 1
    (tmp_path / "workflows/a.py").write_text("b = 1\n")
    assert len(list(outdated(survivors, tmp_path))) == 1
    (tmp_path / "workflows/a.py").write_text("if b:\n    a = 1\n")
    assert list(outdated(survivors, tmp_path)) == []
    assert len(list(outdated(declared(ENTRY.replace("equivalent", " ")), tmp_path))) == 1


def test_the_declared_survivors_are_up_to_date():
    assert list(outdated(declared(FILE.read_text(encoding="utf-8")), ROOT)) == []


def test_every_file_is_known_to_a_test_and_the_nearest_test_comes_first():
    for source in sources(*ROOMS):
        assert killers(source.name, ROOT)

    assert killers("connectors/stripe/keys.py", ROOT)[0].endswith("test_stripe_keys.py")
    assert killers("workflows/new_sale/state.py", ROOT)[0] == "tests/workflows/new_sale"
    with pytest.raises(LookupError):
        killers("domain/money/money.py", ROOT)
