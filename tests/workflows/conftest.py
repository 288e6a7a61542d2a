"""Fixtures: a time-skipping server, the outside world in memory, and a desk that sells."""

from collections.abc import AsyncGenerator

import pytest
from temporalio.testing import WorkflowEnvironment

from tests.workflows.desk import Desk
from tests.workflows.fakes import FakeWorld
from tests.workflows.stage import time_skipping, working


@pytest.fixture
async def environment() -> AsyncGenerator[WorkflowEnvironment]:
    async with time_skipping() as environment:
        yield environment


@pytest.fixture(params=[1000, 0], ids=["cached", "replayed-at-every-task"])
def cache_size(request: pytest.FixtureRequest) -> int:
    """Without a cache every task replays from the start: what is not deterministic fails at once."""
    return request.param


@pytest.fixture
async def world(environment: WorkflowEnvironment, cache_size: int) -> AsyncGenerator[FakeWorld]:
    async with working(environment, cache_size=cache_size) as world:
        yield world


@pytest.fixture
def desk(environment: WorkflowEnvironment, world: FakeWorld) -> Desk:
    return Desk(environment=environment, world=world)
