"""The whole stack on virtual time, and the customer who lives with it."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.virtual_stack.life import Life
from tests.virtual_stack.stack import migrated, running


@pytest.fixture
async def life(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Life]:
    template = tmp_path_factory.getbasetemp() / "template.db"
    async with running(await migrated(tmp_path / "stack", template)) as stack:
        yield Life(stack)
