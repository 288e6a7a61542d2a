"""Leads a path's life, once undisturbed and then once for each of its points with something broken there."""

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path as Folder

from tests.checker.check import violations
from tests.checker.facts import Facts
from tests.checker.happenings import outside, recorded
from tests.crash.path import Path
from tests.virtual_stack.life import ORDER_ID, SUBSCRIPTION, Life
from tests.virtual_stack.stack import VirtualStack, migrated, running
from tests.virtual_temporal.points import AnswerLostError, Point, PointKind, WorkerDiesError


class BreakKind(StrEnum):
    """What goes wrong at a point."""

    WORKER_DIES = "worker dies"
    """The process ends; a fresh one with nothing in memory goes on."""
    ANSWER_LOST = "answer lost"
    """The effect has happened, its answer never arrives, and the worker goes on."""


@dataclass(frozen=True, slots=True)
class Break:
    """Something that goes wrong at a point of a path, which are counted from 0."""

    index: int
    kind: BreakKind


@dataclass(frozen=True)
class Lived:
    """A life that was led to its end."""

    points: Sequence[Point]
    facts: Facts

    @property
    def happened(self) -> Counter[str]:
        """What happened, whenever it did."""
        lines = (*outside(self.facts), *recorded(self.facts))
        return Counter(f"{line.who}: {line.text}" for line in lines)


class _Saboteur:
    """Counts the points of a life, and breaks something at one of them."""

    def __init__(self, path: Path, broken: Break | None) -> None:
        self.points: list[Point] = []
        self._path = path
        self._broken = broken
        self.life: Life | None = None

    def __call__(self, point: Point) -> None:
        index = len(self.points)
        self.points.append(point)
        if self._path.at is not None and self.life is not None:
            self._path.at(self.life, index, point)
        if self._broken is None or index != self._broken.index:
            return
        if self._broken.kind is BreakKind.ANSWER_LOST:
            raise AnswerLostError
        if self.life is not None:
            self.life.stack.worker.die()
        raise WorkerDiesError


async def live(
    path: Path, folder: Folder, broken: Break | None = None, *, is_caching: bool = True
) -> Lived:
    """Lead the life of a path.

    Args:
        path: What happens.
        folder: Where the tables of this life lie, and a template of empty ones that is made if it is missing.
        broken: What goes wrong, if anything.
        is_caching: Without it every workflow task replays from the start.
    """
    saboteur = _Saboteur(path, broken)
    name = "undisturbed" if broken is None else f"{broken.index}-{broken.kind.name}"
    own = await migrated(folder / f"{name}-{is_caching}", folder / "template.db")
    async with AsyncExitStack() as exits:
        stack: VirtualStack = await exits.enter_async_context(
            running(own, observers=[saboteur], is_caching=is_caching, is_strict=False)
        )
        saboteur.life = life = Life(stack)
        await path.script(life)
        await life.acts_end()
        return Lived(tuple(saboteur.points), await life.facts())


def breaks_of(points: Sequence[Point]) -> list[Break]:
    """Return everything that can go wrong in a life with these points."""
    found: list[Break] = []
    for index, point in enumerate(points):
        found.append(Break(index, BreakKind.WORKER_DIES))
        if point.kind is PointKind.EFFECT_DONE:
            found.append(Break(index, BreakKind.ANSWER_LOST))
    return found


def complaints(path: Path, lived: Lived, undisturbed: Lived | None = None) -> list[str]:
    """Return what is wrong with a life: a promise broken, another end than declared, or than undisturbed."""
    found = [str(each) for each in violations(lived.facts, except_for=path.except_for)]
    found.extend(_other_end(path, lived.facts))
    if undisturbed is not None:
        found.extend(_other_happenings(path, lived.happened, undisturbed.happened))
    elif len(lived.points) < path.least_points:
        found.append(f"has lost points: {path.least_points} -> {len(lived.points)}")
    return found


def _other_end(path: Path, facts: Facts) -> Iterable[str]:
    states = {row["subscription_id"]: row["state"] for row in facts.table("subscriptions")}
    ends = {
        "state": (path.state, states.get(SUBSCRIPTION)),
        "charges": (
            path.charges,
            sum(each["status"] == "succeeded" for each in facts.charges),
        ),
        "access": (path.has_access, bool(facts.access.get("acme"))),
    }
    for what, (due, found) in ends.items():
        if due != found:
            yield f"{what} of order {ORDER_ID} in the end: {found}, declared: {due}"


def _other_happenings(path: Path, found: Counter[str], due: Counter[str]) -> Iterable[str]:
    for line in sorted((found - due) + (due - found)):
        if line not in path.differs:
            yield f"{found[line]} times instead of {due[line]}: {line}"
