"""A task queue is served if a worker asked it for tasks a short while ago."""

from datetime import datetime, timedelta, tzinfo
from types import SimpleNamespace
from typing import Any, cast

import pytest
from temporalio.client import Client

from config.clock import utc_now
from starters.temporal.pollers import has_poller


class PlayedTemporal:
    """Answers for one queue with pollers of certain ages."""

    namespace = "default"

    def __init__(self, *ages: timedelta) -> None:
        self.ages = ages
        self.workflow_service = self

    async def describe_task_queue(self, request: Any) -> Any:
        assert request.task_queue.name == "perennial-erp"
        return SimpleNamespace(pollers=[_Poller(utc_now() - age) for age in self.ages])


class _Poller:
    """When a worker last asked, in the form of Temporal's protocol buffers."""

    def __init__(self, at: datetime) -> None:
        self._at = at
        self.last_access_time = self

    def ToDatetime(self, zone: tzinfo) -> datetime:  # noqa: N802 - the name in protobuf
        return self._at.astimezone(zone)


@pytest.mark.parametrize(
    ("ages", "is_there"),
    [
        ((), False),
        ((timedelta(seconds=60),), True),
        ((timedelta(minutes=5),), False),
        ((timedelta(minutes=5), timedelta(seconds=1)), True),
    ],
)
async def test_only_a_worker_that_asked_lately_counts(
    ages: tuple[timedelta, ...], is_there: bool
) -> None:
    client = cast("Client", PlayedTemporal(*ages))
    assert await has_poller(client, "perennial-erp", is_workflow=False) is is_there
