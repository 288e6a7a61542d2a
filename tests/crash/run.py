"""Every path with everything that can go wrong in it: `python -m tests.crash.run`; `make crash` in short.

Prints the number of crash points of each path, and what was wrong after each break.
"""

import argparse
import asyncio
import logging
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path as Folder
from typing import Final

from local_stack.parent_death import signal_when_parent_ends
from tests.crash.harness import Break, Lived, breaks_of, complaints, is_known, live
from tests.crash.path import Path
from tests.crash.paths import PATHS
from tests.virtual_temporal.points import Point

_PROCESSES: Final = 2
_MOVING: Final = frozenset({"charge_provider_invoice", "open_provider_invoice", "put_grant"})
# Real time, which ends only what hangs.
_LONGEST_LIFE_SECONDS: Final = 120.0


@dataclass
class Outcome:
    """What became of one path.

    Attributes:
        points: Its crash points.
        lives: How many lives were led.
        known: How many were broken as the path says.
        complaints: What else was wrong, by life.
    """

    name: str
    points: int = 0
    lives: int = 0
    known: int = 0
    seconds: float = 0.0
    complaints: list[str] = field(default_factory=list[str])

    def add(self, path: Path, where: str, found: Sequence[str]) -> None:
        """Count a life and what was wrong with it."""
        self.lives += 1
        if is_known(path, found):
            self.known += 1
        else:
            self.complaints.extend(f"{where}: {each}" for each in found)


async def tried(
    path: Path, folder: Folder, *, seed: int = 1, at_most: int | None = None
) -> Outcome:
    """Lead the life of a path undisturbed, with a replay at every task, and with each break.

    Args:
        path: The path.
        folder: Where its tables lie.
        seed: Chooses the breaks.
        at_most: How many breaks are tried; None tries all.
    """
    begun, outcome = time.monotonic(), Outcome(path.name)
    undisturbed = await live(path, folder)
    outcome.points = len(undisturbed.points)
    outcome.add(path, "undisturbed", complaints(path, undisturbed))
    replayed = await live(path, folder, is_caching=False)
    outcome.add(path, "replayed at every task", complaints(path, replayed, undisturbed))
    breaks = breaks_of(path, undisturbed.points)
    if at_most is not None:
        breaks = sampled(breaks, undisturbed.points, random.Random(f"{seed}/{path.name}"), at_most)
    for each in breaks:
        where = f"{each.kind} at {each.index}, {undisturbed.points[each.index]}"
        outcome.add(path, where, await _after(path, folder, each, undisturbed))
    if path.known is not None and at_most is None and not outcome.known:
        outcome.complaints.append(f"{path.known.issue} is mended: take it off the path")
    outcome.seconds = time.monotonic() - begun
    return outcome


def sampled(
    breaks: Sequence[Break], points: Sequence[Point], draw: random.Random, at_most: int
) -> list[Break]:
    """Return so many breaks, if there are: one where money or access moves, and any others."""
    shuffled = draw.sample(breaks, len(breaks))
    first = next((each for each in shuffled if points[each.index].detail in _MOVING), None)
    others = [each for each in shuffled if each != first]
    return [*([] if first is None else [first]), *others][:at_most]


async def _after(path: Path, folder: Folder, broken: Break, undisturbed: Lived) -> list[str]:
    try:
        async with asyncio.timeout(_LONGEST_LIFE_SECONDS):
            lived = await live(path, folder, broken)
    except Exception as error:  # noqa: BLE001 - a life that cannot be led to its end is a finding
        return [f"{type(error).__name__}: {error}"]
    upto = broken.index + 1
    if list(lived.points[:upto]) != list(undisturbed.points[:upto]):
        return ["the path is not the same every time"]
    return complaints(path, lived, undisturbed)


def _end_with(leader: int) -> None:
    """End this process with the one that leads the run, however that ends."""
    signal_when_parent_ends(signal.SIGKILL)
    if os.getppid() != leader:
        # It ended before the kernel was asked.
        os._exit(1)


def _try_one(name: str, seed: int, at_most: int | None) -> Outcome:
    # What fails on purpose would fill the screen.
    logging.disable(logging.CRITICAL)
    path = next(path for path in PATHS if path.name == name)
    with tempfile.TemporaryDirectory(prefix="perennial-crash-") as folder:
        return asyncio.run(tried(path, Folder(folder), seed=seed, at_most=at_most))


def _print(path: Path, outcome: Outcome) -> None:
    print(
        f"{path.name:40} {outcome.points:4} points {outcome.lives:4} lives "
        f"{outcome.seconds:5.0f} s  {'clean' if not outcome.complaints else ''}",
        flush=True,
    )
    if path.known is not None:
        print(f"    {outcome.known} known ({path.known.issue}): {path.known.text}", flush=True)
    for each in outcome.complaints:
        print(f"    {each}", flush=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Try every path, or those whose name contains a word; 1 if anything was wrong."""
    parser = argparse.ArgumentParser(prog="make crash", description=__doc__)
    parser.add_argument("--path", default="", help="only paths whose name contains this")
    parser.add_argument("--at-most", type=int, help="breaks that are tried of each path")
    parser.add_argument("--seed", type=int, default=1, help="chooses them")
    given = parser.parse_args(argv)
    # The longest first, so that both processes end at about the same time.
    chosen = sorted(
        (path for path in PATHS if given.path in path.name), key=lambda path: -path.points
    )
    if not chosen:
        parser.error(f"no path has {given.path!r} in its name")
    if given.at_most is not None and given.at_most < 0:
        parser.error("--at-most must be 0 or more")
    outcomes: list[Outcome] = []
    with ProcessPoolExecutor(
        _PROCESSES,
        mp_context=get_context("spawn"),
        initializer=_end_with,
        initargs=(os.getpid(),),
    ) as pool:
        futures = [pool.submit(_try_one, p.name, given.seed, given.at_most) for p in chosen]
        for path, future in zip(chosen, futures, strict=True):
            outcomes.append(future.result())
            _print(path, outcomes[-1])
    points, lives = (sum(getattr(o, what) for o in outcomes) for what in ("points", "lives"))
    wrong = sum(len(outcome.complaints) for outcome in outcomes)
    print(f"{len(outcomes)} paths, {points} crash points, {lives} lives, {wrong} complaints")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
