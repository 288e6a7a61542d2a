"""A task queue is served if a worker asked it for tasks a short while ago."""

from datetime import timedelta
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
        instants = [utc_now() - age for age in self.ages]
        return SimpleNamespace(
            pollers=[
                SimpleNamespace(
                    last_access_time=SimpleNamespace(ToDatetime=lambda _zone, at=instant: at)
                )
                for instant in instants
            ]
        )


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
