"""Every path with everything that can go wrong in it: `python -m tests.crash.run`; `make crash` in short.

Prints the number of crash points of each path, and what was wrong after each break.
"""

import argparse
import asyncio
import logging
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path as Folder
from typing import Final

from tests.crash.harness import Break, Lived, breaks_of, complaints, live
from tests.crash.path import Path
from tests.crash.paths import PATHS

_PROCESSES: Final = 2


@dataclass(frozen=True)
class Outcome:
    """What became of one path.

    Attributes:
        points: Its crash points.
        breaks: How many lives were led with something broken.
        complaints: What was wrong, by break.
    """

    name: str
    points: int
    breaks: int
    seconds: float
    complaints: Sequence[str]


async def tried(path: Path, folder: Folder, *, seed: int | None, at_most: int | None) -> Outcome:
    """Lead the life of a path undisturbed, with a replay at every task, and with each break.

    Args:
        path: The path.
        folder: Where its tables lie.
        seed: Chooses the breaks.
        at_most: How many breaks are tried; None tries all.
    """
    begun = time.monotonic()
    undisturbed = await live(path, folder)
    found = [f"undisturbed: {each}" for each in complaints(path, undisturbed)]
    replayed = await live(path, folder, is_caching=False)
    found += [f"replayed at every task: {e}" for e in complaints(path, replayed, undisturbed)]
    breaks = breaks_of(path, undisturbed.points)
    if at_most is not None:
        breaks = random.Random(f"{seed}/{path.name}").sample(breaks, min(at_most, len(breaks)))
    for each in breaks:
        found += await _after(path, folder, each, undisturbed)
    spent = time.monotonic() - begun
    return Outcome(path.name, len(undisturbed.points), len(breaks), spent, found)


async def _after(path: Path, folder: Folder, broken: Break, undisturbed: Lived) -> list[str]:
    where = f"{broken.kind} at {broken.index}, {undisturbed.points[broken.index]}"
    try:
        lived = await live(path, folder, broken)
    except Exception as error:  # noqa: BLE001 - a life that cannot be led to its end is a finding
        return [f"{where}: {type(error).__name__}: {error}"]
    upto = broken.index + 1
    if list(lived.points[:upto]) != list(undisturbed.points[:upto]):
        return [f"{where}: the path is not the same every time"]
    return [f"{where}: {each}" for each in complaints(path, lived, undisturbed)]


def _try_one(name: str, seed: int | None, at_most: int | None) -> Outcome:
    logging.disable(logging.CRITICAL)
    path = next(path for path in PATHS if path.name == name)
    with tempfile.TemporaryDirectory(prefix="perennial-crash-") as folder:
        return asyncio.run(tried(path, Folder(folder), seed=seed, at_most=at_most))


def main(argv: Sequence[str] | None = None) -> int:
    """Try every path, or those whose name contains a word; 1 if anything was wrong."""
    parser = argparse.ArgumentParser(prog="make crash", description=__doc__)
    parser.add_argument("--path", default="", help="only paths whose name contains this")
    parser.add_argument("--at-most", type=int, help="breaks that are tried of each path")
    parser.add_argument("--seed", type=int, default=1, help="chooses them")
    given = parser.parse_args(argv)
    names = [path.name for path in PATHS if given.path in path.name]
    is_clean = True
    total = [0, 0]
    with ProcessPoolExecutor(_PROCESSES, mp_context=get_context("spawn")) as pool:
        futures = [pool.submit(_try_one, name, given.seed, given.at_most) for name in names]
        for future in futures:
            outcome = future.result()
            total[0] += outcome.points
            total[1] += outcome.breaks
            print(
                f"{outcome.name:40} {outcome.points:4} points {outcome.breaks:4} breaks "
                f"{outcome.seconds:6.0f} s  {'clean' if not outcome.complaints else ''}",
                flush=True,
            )
            for each in outcome.complaints:
                print(f"    {each}", flush=True)
            is_clean = is_clean and not outcome.complaints
    print(f"{len(names)} paths, {total[0]} points, {total[1]} breaks")
    return 0 if is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
