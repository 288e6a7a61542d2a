"""The rulebook computes money, rates and calendars exactly: no binary floating point in `domain/`."""

import ast
from collections.abc import Iterator

from tests.architecture.tree import Source, sources


def floats(source: Source) -> Iterator[str]:
    for node in ast.walk(source.tree):
        is_literal = isinstance(node, ast.Constant) and isinstance(node.value, float | complex)
        is_name = isinstance(node, ast.Name) and node.id == "float"
        if is_literal or is_name:
            line = node.lineno if isinstance(node, ast.expr) else 0
            yield f"{source.name}:{line}: a float; use int minor units, Decimal or Fraction"


def test_the_rulebook_has_no_float():
    assert [found for source in sources("domain") for found in floats(source)] == []


def test_a_float_annotation_a_literal_and_a_conversion_are_found():
    planted = "rate: float = 1\nhalf = 0.5\nshare = float(1)\nwhole: int = 5\n"
    lines = [*floats(Source(name="domain/planted.py", text=planted))]
    assert [line.split(":")[1] for line in lines] == ["1", "2", "3"]
