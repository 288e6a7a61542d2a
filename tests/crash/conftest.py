"""Two lives that were led to their ends, whose facts the checker's tests change."""

from pathlib import Path as Folder

import pytest
import pytest_asyncio

from tests.checker.facts import Facts
from tests.crash.harness import live
from tests.crash.paths import PATHS


async def _facts_of(name: str, folder: Folder) -> Facts:
    path = next(path for path in PATHS if path.name == name)
    return (await live(path, folder)).facts


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def paid(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    """A subscription that was renewed twice."""
    folder = tmp_path_factory.mktemp("paid")
    return await _facts_of("renewed twice over continue-as-new", folder)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lost(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    """A sale that was declined and undone."""
    return await _facts_of("declined then lost", tmp_path_factory.mktemp("lost"))
