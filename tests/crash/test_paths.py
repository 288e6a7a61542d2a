"""A seeded sample of `make crash`: each path undisturbed, replayed at every task, and with a few breaks."""

from pathlib import Path as Folder

import pytest

from tests.crash.path import Path
from tests.crash.paths import PATHS
from tests.crash.run import tried

_SEED = 1
_BREAKS_EACH = 3


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)
async def test_a_path_comes_to_the_same_end_wherever_its_worker_dies(
    path: Path, tmp_path: Folder
) -> None:
    outcome = await tried(path, tmp_path, seed=_SEED, at_most=_BREAKS_EACH)

    assert not outcome.complaints, "\n".join(outcome.complaints)
