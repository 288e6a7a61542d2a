"""What can be changed at a place of the code: the operators of mutmut, and those that it lacks."""

from collections.abc import Iterator
from typing import Final

import libcst as cst
import libcst.matchers as m
from mutmut.mutation.mutators import mutation_operators

# Their own arguments are about types; what is inside the arguments is still changed.
_ABOUT_TYPES: Final = m.Name("len") | m.Name("isinstance") | m.Name("cast")
_NEGATED_ELSEWHERE: Final = m.Equal() | m.NotEqual() | m.Is() | m.IsNot() | m.In() | m.NotIn()
_CONSTANT: Final = m.Name("None") | m.Name("True") | m.Name("False")


def changes(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Yield every node that may stand in this one's place."""
    if isinstance(node, cst.Call) and m.matches(node.func, _ABOUT_TYPES):
        return
    for kind, operator in mutation_operators:
        if isinstance(node, kind):
            yield from operator(node)
    yield from _removed_statement(node)
    yield from _negated_condition(node)
    yield from _forgotten_result(node)


def _removed_statement(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Leave out a call or an await that stands for itself, and an error that is raised."""
    is_effect = isinstance(node, cst.Expr) and isinstance(node.value, cst.Call | cst.Await)
    if is_effect or isinstance(node, cst.Raise):
        yield cst.Pass()


def _negated_condition(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Negate what decides; a comparison or a constant that mutmut turns around is left to it."""
    if not isinstance(node, cst.If | cst.While | cst.CompIf | cst.IfExp):
        return
    is_turned_around = m.matches(
        node.test,
        m.Comparison(comparisons=[m.ComparisonTarget(operator=_NEGATED_ELSEWHERE)])
        | m.UnaryOperation(operator=m.Not())
        | _CONSTANT,
    )
    if not is_turned_around:
        inner = node.test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
        yield node.with_changes(test=cst.UnaryOperation(operator=cst.Not(), expression=inner))


def _forgotten_result(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Return None instead of a result."""
    if not isinstance(node, cst.Return) or node.value is None:
        return
    if not m.matches(node.value, _CONSTANT):
        yield node.with_changes(value=cst.Name("None"))
