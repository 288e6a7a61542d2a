"""After an outage every system is asked again soon, because no pause between two tries is longer than its own."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from temporalio import activity

from domain.failures import UnavailableError
from tests.workflows.desk import Desk
from tests.workflows.fakes import FakeWorld
from tests.workflows.requests import SOON

HOUR = timedelta(hours=1)
TOLERANCE = timedelta(seconds=3)


@pytest.mark.parametrize("is_caching", [True])  # a try that is repeated replays no workflow
@pytest.mark.parametrize(
    ("system", "longest_pause"),
    [
        ("take_number", timedelta(seconds=10)),
        ("record", timedelta(seconds=10)),
        ("ensure_customer", timedelta(seconds=30)),
        ("charge", timedelta(seconds=30)),
        ("erp", timedelta(seconds=30)),
        ("crm", timedelta(seconds=30)),
        ("email", timedelta(seconds=30)),
    ],
)
async def test_a_system_that_was_away_for_an_hour_is_asked_again_soon(
    desk: Desk, world: FakeWorld, system: str, longest_pause: timedelta
):
    strike, tries, done = world.faults.strike, list[datetime](), list[str]()

    def down_for_an_hour(call: str) -> None:
        if call == system and not done:
            tries.append(activity.info().started_time)  # the server's own clock
            if tries[-1] - tries[0] < HOUR:
                raise UnavailableError("down")
            done.append(call)
        strike(call)

    world.faults.strike = down_for_an_hour
    await desk.sell()
    await desk.until(lambda: bool(done), within=HOUR + SOON)
    waits = [later - earlier for earlier, later in pairwise(tries)]
    assert waits[0] < timedelta(seconds=5)
    assert longest_pause - TOLERANCE <= max(waits) <= longest_pause + TOLERANCE
