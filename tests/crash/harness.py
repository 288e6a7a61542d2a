"""Leads a path's life, once undisturbed and then once for each of its points with something broken there."""

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path as Folder
from typing import NoReturn

from tests.checker.check import violations
from tests.checker.facts import Facts
from tests.checker.happenings import outside, recorded
from tests.crash.path import End, Path
from tests.virtual_stack.life import SUBSCRIPTION, Life
from tests.virtual_stack.stack import VirtualStack, migrated, running
from tests.virtual_temporal.points import AnswerLostError, Point, PointKind, WorkerDiesError


class BreakKind(StrEnum):
    """What goes wrong at a point."""

    WORKER_DIES = "worker dies"
    """The process ends; a fresh one with nothing in memory goes on."""
    ANSWER_LOST = "answer lost"
    """The effect has happened, its answer never arrives, and the worker goes on."""
    SOMEONE_ACTS = "someone acts"
    """What the path declares as its act begins here; nothing breaks."""
    SOMEONE_ACTS_AND_WORKER_DIES = "someone acts and the worker dies"
    """The worker's process ends at the point after the act."""


@dataclass(frozen=True, slots=True)
class Break:
    """Something that goes wrong at a point of a path, which are counted from 0."""

    index: int
    kind: BreakKind


@dataclass(frozen=True)
class Lived:
    """A life that was led to its end."""

    broken: Break | None
    points: Sequence[Point]
    facts: Facts

    @property
    def happened(self) -> Counter[str]:
        """What happened, whenever it did."""
        lines = (*outside(self.facts), *recorded(self.facts))
        return Counter(f"{line.who}: {line.text}" for line in lines)


class _Saboteur:
    """Counts the points of a life, and lets something happen at one of them."""

    def __init__(self, path: Path, broken: Break | None) -> None:
        self.points: list[Point] = []
        self._path = path
        self._broken = broken
        self.life: Life | None = None

    def __call__(self, point: Point) -> None:
        after = -1 if self._broken is None else len(self.points) - self._broken.index
        self.points.append(point)
        if self._path.at is not None:
            self._path.at(self._alive, point)
        if self._broken is not None:
            self._break(self._broken.kind, after)

    def _break(self, kind: BreakKind, after: int) -> None:
        match kind, after:
            case BreakKind.ANSWER_LOST, 0:
                raise AnswerLostError
            case BreakKind.WORKER_DIES, 0:
                self._die()
            case BreakKind.SOMEONE_ACTS_AND_WORKER_DIES, 1:
                self._die()
            case ((BreakKind.SOMEONE_ACTS | BreakKind.SOMEONE_ACTS_AND_WORKER_DIES), 0):
                life, act = self._alive, self._path.act
                assert act is not None
                life.meanwhile(lambda: act(life))
            case _:
                pass

    def _die(self) -> NoReturn:
        self._alive.stack.worker.die()
        raise WorkerDiesError

    @property
    def _alive(self) -> Life:
        assert self.life is not None, "nothing happens before the life begins"
        return self.life


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
        return Lived(broken, tuple(saboteur.points), await life.facts())


def breaks_of(path: Path, points: Sequence[Point]) -> list[Break]:
    """Return everything that is tried in the life of a path with these points."""
    found: list[Break] = []
    for index, point in enumerate(points):
        if path.act is not None:
            if path.act_at is None or index in path.act_at:
                found.append(Break(index, BreakKind.SOMEONE_ACTS))
                found.append(Break(index, BreakKind.SOMEONE_ACTS_AND_WORKER_DIES))
            continue
        found.append(Break(index, BreakKind.WORKER_DIES))
        if point.kind is PointKind.EFFECT_DONE:
            found.append(Break(index, BreakKind.ANSWER_LOST))
    return found


def complaints(path: Path, lived: Lived, undisturbed: Lived | None = None) -> list[str]:
    """Return what is wrong with a life: a promise broken, another end than declared, or than undisturbed."""
    found = [str(each) for each in violations(lived.facts)]
    if len(lived.points) < path.points and lived.broken is None:
        found.append(f"has lost points: {path.points} -> {len(lived.points)}")
    is_decided_by_act = path.act is not None
    if not (is_decided_by_act and lived.broken is None):
        end = _end_of(lived.facts)
        found.extend([] if end in path.ends else [_ends_as(end)])
    if undisturbed is not None and not is_decided_by_act:
        found.extend(_other_happenings(lived.happened, undisturbed.happened))
    return found


def _end_of(facts: Facts) -> End:
    states = {row["subscription_id"]: row["state"] for row in facts.table("subscriptions")}
    charges = sum(each["status"] == "succeeded" for each in facts.charges)
    return End(states.get(SUBSCRIPTION, "none"), charges, has_access=bool(facts.access.get("acme")))


def _ends_as(end: End) -> str:
    return f"ends as {end}"


def _other_happenings(found: Counter[str], due: Counter[str]) -> Iterable[str]:
    for line in sorted((found - due) + (due - found)):
        yield f"{found[line]} times instead of {due[line]}: {line}"


def is_known(path: Path, found: Sequence[str]) -> bool:
    """Return whether everything that is wrong with a life is what its path says is broken today."""
    known = path.known
    if known is None or not any(known.is_about(complaint) for complaint in found):
        return False
    ends = {_ends_as(end) for end in path.ends_if_known}
    return all(known.is_about(complaint) or complaint in ends for complaint in found)
