"""A customer who has paid does not wait long for an entitlement service that is back."""

import re
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from temporalio import activity

from domain.entitlements.grants import Grant
from domain.failures import UnavailableError
from tests.workflows.desk import Desk
from tests.workflows.fakes import FakeWorld
from tests.workflows.requests import GRANT, SOON
from workflows import activity_options

HOUR = timedelta(hours=1)
TOLERANCE = timedelta(seconds=3)
"""What a try itself takes on a busy machine, and the server until it starts the next one."""


def promised() -> timedelta:
    """Return how often a paid invoice asks the entitlement service at least, says the handbook."""
    page = (Path(__file__).parents[3] / "docs" / "operations.md").read_text(encoding="utf-8")
    (seconds,) = re.findall(
        r"wait with their grant and ask again at least every (\d+) seconds", page
    )
    return timedelta(seconds=int(seconds))


def test_the_handbook_says_how_often_a_grant_is_tried():
    policy = activity_options.GRANT_CALL.get("retry_policy")
    assert policy is not None
    assert policy.maximum_interval == promised()


@pytest.mark.parametrize("is_caching", [True])  # a try that is repeated replays no workflow
async def test_a_grant_is_tried_as_often_as_promised_through_an_outage_of_an_hour(
    desk: Desk, world: FakeWorld
):
    put_grant, tries = world.entitlements.put_grant, list[datetime]()

    async def down_for_an_hour(grant: Grant) -> None:
        tries.append(activity.info().started_time)  # the server's own clock
        if tries[-1] - tries[0] < HOUR:
            raise UnavailableError("down")
        await put_grant(grant)

    world.entitlements.put_grant = down_for_an_hour
    await desk.sell()
    await desk.until(lambda: GRANT in world.entitlements.grants, within=HOUR + SOON)
    waits = [later - earlier for earlier, later in pairwise(tries)]
    assert max(waits) <= promised() + TOLERANCE
