"""The virtual server breaks what it is told to break, and lets time pass between tries as a real server does."""

import asyncio
import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.api.common.v1 import Payloads
from temporalio.client import WorkflowUpdateFailedError

from config.temporal import DATA_CONVERTER
from domain.failures import UnavailableError
from tests.virtual_temporal.agenda import Agenda
from tests.virtual_temporal.environment import VirtualEnvironment
from tests.virtual_temporal.points import AnswerLostError, Point, PointKind, WorkerDiesError
from tests.virtual_temporal.workflow_side import NotDeterministicError
from tests.workflows.desk import Desk
from tests.workflows.fakes import FakeWorld
from tests.workflows.requests import GRANT, MONTH, SOON, change
from tests.workflows.stage import employed, virtual
from workflows.contract import messages
from workflows.contract.messages import InvoiceChanged, InvoiceOutcome

CHARGE = "charge_provider_invoice"
OF_NO_ONE = InvoiceChanged(invoice_id="none", outcome=InvoiceOutcome.PAID, reason="paid")
HEARTBEAT, CALL = timedelta(seconds=10), timedelta(seconds=90)
PAUSE = timedelta(milliseconds=500)
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Witness:
    """Notes every point with its instant, and breaks the first one that fits."""

    def __init__(self) -> None:
        self.points: list[Point] = []
        self.instants: list[datetime] = []
        self.now: Callable[[], datetime] = lambda: NOON
        self.fits: Callable[[Point], bool] = lambda point: False
        self.break_with: type[Exception] = WorkerDiesError
        self.broken: Point | None = None

    def __call__(self, point: Point) -> None:
        self.points.append(point)
        self.instants.append(self.now())
        if self.broken is None and self.fits(point):
            self.broken = point
            raise self.break_with

    def when(self, kind: PointKind, detail: str) -> list[datetime]:
        """Return the instants of the points of this kind and detail."""
        return [
            at
            for point, at in zip(self.points, self.instants, strict=True)
            if (point.kind, point.detail) == (kind, detail)
        ]

    def pauses(self, kind: PointKind, detail: str) -> list[timedelta]:
        """Return the time between one of these points and the next."""
        instants = self.when(kind, detail)
        return [later - earlier for earlier, later in itertools.pairwise(instants)]

    def break_at(
        self, kind: PointKind, detail: str | None = None, how: type[Exception] = WorkerDiesError
    ) -> None:
        """Break the first point of this kind, and of this detail if one is given."""
        self.break_with = how
        self.fits = lambda point: point.kind is kind and detail in {None, point.detail}


@pytest.fixture
def witness() -> Witness:
    return Witness()


@pytest.fixture
def environment(*, is_caching: bool, witness: Witness) -> VirtualEnvironment:
    environment = virtual(is_caching=is_caching, observer=witness)
    witness.now = environment.server.now
    return environment


@pytest.fixture
def world(environment: VirtualEnvironment) -> FakeWorld:
    return employed(environment)


async def test_an_invoice_passes_a_point_before_and_after_each_effect(desk: Desk, witness: Witness):
    await (await desk.sell()).result()
    passed = [
        (point.kind, point.detail)
        for point in witness.points
        if point.workflow_id == f"invoice/{GRANT}" and point.kind is not PointKind.WORKFLOW_TASK
    ]
    assert passed[:6] == [
        (kind, activity)
        for activity in ("take_number", "open_provider_invoice", CHARGE)
        for kind in (PointKind.ACTIVITY_STARTED, PointKind.EFFECT_DONE)
    ]


@pytest.mark.parametrize("kind", list(PointKind))
async def test_a_worker_that_dies_at_a_point_neither_loses_a_sale_nor_charges_it_twice(
    desk: Desk, world: FakeWorld, witness: Witness, kind: PointKind
):
    witness.break_at(kind)
    await (await desk.sell()).result()
    await change(desk, "pm_new")
    await desk.until(lambda: len(world.entitlements.grants) == 2, within=2 * MONTH)
    await desk.environment.sleep(SOON)
    assert witness.broken is not None
    assert len(world.provider.money_taken) == 2
    assert world.provider.attached == ["pm_good", "pm_new"]


async def test_a_fresh_worker_replays_and_notices_other_commands(witness: Witness):
    environment = virtual(observer=witness)
    desk = Desk(environment=environment, world=employed(environment))
    await (await desk.sell()).result()
    run = environment.server.find("subscription/sub-A1")
    assert run is not None
    run.tasks[0].commands[0].pop()
    # The worker that remembers replays nothing.
    await change(desk, "pm_new")
    environment.server.kill_worker()
    with pytest.raises(NotDeterministicError, match=run.workflow_id):
        await change(desk, "pm_newer", request_id="r2")


@pytest.mark.parametrize(
    ("kind", "how"),
    [
        (PointKind.ACTIVITY_STARTED, WorkerDiesError),
        (PointKind.EFFECT_DONE, WorkerDiesError),
        (PointKind.EFFECT_DONE, AnswerLostError),
    ],
)
async def test_a_lost_try_is_noticed_when_its_heartbeats_fail_to_come(
    desk: Desk, world: FakeWorld, witness: Witness, kind: PointKind, how: type[Exception]
):
    witness.break_at(kind, CHARGE, how)
    await (await desk.sell()).result()
    assert witness.pauses(PointKind.ACTIVITY_STARTED, CHARGE) == [HEARTBEAT + PAUSE]
    assert len(world.provider.money_taken) == 1


async def test_a_try_that_gives_no_answer_ends_with_its_time(
    desk: Desk, world: FakeWorld, witness: Witness
):
    charge, never = world.provider.charge, asyncio.Event()

    async def hang(**given: str) -> None:
        world.provider.charge = charge
        await never.wait()
        world.entitlements.grants.clear()

    world.provider.charge = hang  # pyright: ignore[reportAttributeAccessIssue] - it never answers
    await (await desk.sell()).result()
    assert witness.pauses(PointKind.ACTIVITY_STARTED, CHARGE) == [CALL + PAUSE]
    never.set()
    await desk.environment.sleep(SOON)
    assert GRANT in world.entitlements.grants, "it went on after its time"


async def test_the_pauses_between_tries_double_up_to_their_limit(
    desk: Desk, world: FakeWorld, witness: Witness
):
    world.faults.always["charge"] = UnavailableError("down")
    await desk.sell()
    await desk.until(lambda: world.faults.struck.count("charge") == 9, within=SOON)
    pauses = witness.pauses(PointKind.ACTIVITY_STARTED, CHARGE)
    assert [pause.total_seconds() for pause in pauses] == [0.5, 1, 2, 4, 8, 16, 30, 30]


async def test_a_lost_workflow_task_is_done_again_after_its_timeout(desk: Desk, witness: Witness):
    witness.break_at(PointKind.WORKFLOW_TASK, "initialize_workflow")
    begun = witness.now()
    await (await desk.sell()).result()
    first, *_ = witness.when(PointKind.ACTIVITY_STARTED, "prepare_sale")
    assert first - begun == timedelta(seconds=10)


async def test_a_refused_update_leaves_no_event_and_a_replay_does_not_hear_of_it(
    desk: Desk, environment: VirtualEnvironment
):
    await (await desk.sell()).result()
    run = environment.server.find("subscription/sub-A1")
    assert run is not None
    before = len(run.history)
    with pytest.raises(WorkflowUpdateFailedError):
        await desk.resume(desk.subscription())
    assert len(run.history) == before
    # Refused by the workflow task that also hears of a signal: the signal's events are all that is left.
    environment.server.signal(run, messages.INVOICE_CHANGED, await payloads_of(OF_NO_ONE))
    with pytest.raises(WorkflowUpdateFailedError):
        await desk.resume(desk.subscription())
    assert len(run.history) == before + 4
    environment.server.kill_worker()
    await change(desk, "pm_new")


async def test_a_run_is_told_in_the_order_in_which_things_happened(
    desk: Desk, environment: VirtualEnvironment
):
    await (await desk.sell()).result()
    run = environment.server.find("subscription/sub-A1")
    assert run is not None
    for _ in range(3):
        environment.server.signal(run, messages.INVOICE_CHANGED, await payloads_of(OF_NO_ONE))
    await desk.environment.sleep(timedelta(seconds=1))
    told = [job.signal_workflow.originating_event_id for job in run.tasks[-1].activations[0].jobs]
    assert len(told) == 3
    assert told == sorted(told)


async def test_the_next_run_is_shown_as_the_one_before(desk: Desk, environment: VirtualEnvironment):
    await (await desk.sell()).result()
    before = environment.server.find("subscription/sub-A1")
    await environment.sleep(MONTH)
    after = environment.server.find("subscription/sub-A1")
    assert before is not None
    assert after is not None
    assert after.continued_from == before.run_id
    assert after.start.search_attributes.indexed_fields == before.search_attributes


async def payloads_of(value: object) -> Payloads:
    return Payloads(payloads=await DATA_CONVERTER.encode([value]))


def test_what_is_due_at_one_instant_is_done_in_the_order_in_which_it_was_asked():
    agenda, done = Agenda(NOON), list[str]()
    for name in ("first", "called off", "second"):
        due = agenda.add(NOON + timedelta(seconds=1), lambda name=name: done.append(name))
        if name == "called off":
            due.call_off()
    agenda.move_to(NOON + timedelta(seconds=1))
    assert done == ["first", "second"]
