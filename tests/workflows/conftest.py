"""Fixtures: a virtual server, the outside world in memory, and a desk that sells."""

from collections.abc import AsyncGenerator

import pytest

from tests.virtual_temporal.environment import VirtualEnvironment
from tests.workflows.desk import Desk, Environment
from tests.workflows.fakes import FakeWorld
from tests.workflows.stage import employed, virtual, working


@pytest.fixture(params=[True, False], ids=["cached", "replayed-at-every-task"])
def is_caching(request: pytest.FixtureRequest) -> bool:
    """Without a cache every task replays from the start: what is not deterministic fails at once."""
    return request.param


@pytest.fixture
def environment(is_caching: bool) -> VirtualEnvironment:
    return virtual(is_caching=is_caching)


@pytest.fixture
def is_patient() -> bool:
    """Whether activities work with real files, so that each is waited for."""
    return False


@pytest.fixture
async def world(environment: Environment, is_patient: bool) -> AsyncGenerator[FakeWorld]:
    if isinstance(environment, VirtualEnvironment):
        yield employed(environment, is_patient=is_patient)
        return
    async with working(environment) as world:
        yield world


@pytest.fixture
def desk(environment: Environment, world: FakeWorld) -> Desk:
    return Desk(environment=environment, world=world)
