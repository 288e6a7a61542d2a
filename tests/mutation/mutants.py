"""Finds every change that could be made to a file, and picks a sample of them evenly over the lines."""

import difflib
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from typing import Final

import libcst as cst
import libcst.matchers as m
from libcst.metadata import MetadataWrapper, PositionProvider
from typing_extensions import override

from tests.architecture.tree import Source
from tests.mutation.operators import changes

_TO_LOG: Final = m.Call(
    func=m.Attribute(
        value=m.Name("_log") | m.Name("logger") | m.Attribute(attr=m.Name("logger")),
    )
)
_OF_A_TYPE: Final = m.MatchRegex(r"_?[A-Z]\w*[a-z]\w*")
_CAST: Final = m.Call(func=m.Name("cast"), args=[m.Arg(), m.Arg()])
# Matching is slow, and most nodes are of other kinds.
_MAY_BE_LEFT_ALONE: Final = (
    cst.Annotation,
    cst.AnnAssign,
    cst.Assign,
    cst.Call,
    cst.Decorator,
    cst.Expr,
    cst.Import,
    cst.ImportFrom,
)
# Nothing here decides what the program does.
_LEFT_ALONE: Final = (
    m.Annotation()
    | m.Import()
    | m.ImportFrom()
    | _TO_LOG
    | m.Expr(value=_TO_LOG)
    | m.Expr(value=m.SimpleString() | m.ConcatenatedString())
    # A value that could be changed or could have other attributes is a matter for the type checker.
    | m.Decorator(decorator=m.Call(func=m.Name("dataclass")))
    | m.AnnAssign(annotation=m.Annotation(m.Name("TypeAlias")))
    | m.Assign(value=m.Call(func=m.Name("TypeVar")))
    | m.Assign(
        targets=[m.AssignTarget(m.Name(_OF_A_TYPE))],
        value=m.Subscript() | m.BinaryOperation(operator=m.BitOr()) | m.Name(),
    )
)


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """One change of one file.

    Attributes:
        file: Path from the root of the tree.
        line: Number of the first line that changes.
        before: Text of that line.
        after: Text that stands there instead; empty if the line is left out.
        code: The whole file with the change.
    """

    file: str
    line: int
    before: str
    after: str
    code: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A change that can be made: `changed` instead of `original`, which stands at `line`."""

    source: Source
    module: cst.Module
    line: int
    original: cst.CSTNode
    changed: cst.CSTNode

    def made(self) -> Mutant | None:
        """Return the change as text, or None if it is no Python or no change."""
        after = self.module.deep_replace(self.original, self.changed)
        code = after.code if isinstance(after, cst.Module) else self.source.text
        if code == self.source.text or not _is_python(code):
            return None
        line, old, new = _first_difference(self.source.text, code)
        return Mutant(file=self.source.name, line=line, before=old, after=new, code=code)


def candidates(source: Source) -> list[Candidate]:
    """Return every change that can be made to this file, in the order of its lines."""
    wrapper = MetadataWrapper(cst.parse_module(source.text))
    finder = _Finder()
    wrapper.visit(finder)
    found = [
        Candidate(source=source, module=wrapper.module, line=line, original=old, changed=new)
        for line, old, new in finder.found
    ]
    return sorted(found, key=lambda each: each.line)


def sample(found: Sequence[Candidate], count: int, seed: int) -> list[Mutant]:
    """Return one change from each of `count` stretches of equally many lines; the same ones for a seed."""
    draw = random.Random(seed)
    lines = [list(of_line) for _, of_line in groupby(found, key=_place)]
    count = min(count, len(lines))
    bounds = [len(lines) * each // count for each in range(count + 1)] if count else []
    stretches = [lines[start:end] for start, end in pairwise(bounds)]
    return [made for stretch in stretches for made in _drawn(stretch, draw)]


class _Finder(cst.CSTVisitor):
    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[int, cst.CSTNode, cst.CSTNode]] = []

    @override
    def on_visit(self, node: cst.CSTNode) -> bool:
        if isinstance(node, _MAY_BE_LEFT_ALONE) and m.matches(node, _LEFT_ALONE):
            return False
        if isinstance(node, cst.Call) and m.matches(node, _CAST):
            # The first argument is a type, written as text.
            node.args[1].visit(self)
            return False
        for changed in changes(node):
            self.found.append((self._line(node, changed), node, changed))
        return True

    def _line(self, node: cst.CSTNode, changed: cst.CSTNode) -> int:
        """Return where the change is: the arguments of a call often have lines of their own."""
        if isinstance(node, cst.Call) and isinstance(changed, cst.Call):
            kept = set(map(id, changed.args))
            node = next((each for each in node.args if id(each) not in kept), node)
        place = self.get_metadata(PositionProvider, node, None)
        return place.start.line if place is not None else 0


def _drawn(stretch: Iterable[Sequence[Candidate]], draw: random.Random) -> Iterator[Mutant]:
    """Yield one change of one line, unless there is none in the whole stretch."""
    lines = list(stretch)
    draw.shuffle(lines)
    for of_line in lines:
        for candidate in draw.sample(of_line, len(of_line)):
            made = candidate.made()
            if made is not None:
                yield made
                return


def _place(candidate: Candidate) -> tuple[str, int]:
    return candidate.source.name, candidate.line


def _is_python(code: str) -> bool:
    try:
        compile(code, "mutant", "exec", dont_inherit=True)
    except SyntaxError:
        return False
    return True


def _first_difference(before: str, after: str) -> tuple[int, str, str]:
    """Return the number of the first line that differs, and what it says before and after."""
    # Without indents: leaving out the last argument of a call moves the bracket, which is no change.
    old = [line.strip() for line in before.splitlines()]
    new = [line.strip() for line in after.splitlines()]
    for kind, start, end, new_start, new_end in difflib.SequenceMatcher(
        None, old, new, autojunk=False
    ).get_opcodes():
        if kind != "equal":
            removed, added = old[start:end] or [""], new[new_start:new_end] or [""]
            return start + 1, removed[0], added[0]
    return 0, "", ""
