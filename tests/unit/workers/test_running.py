"""A process that loses one of its workers ends, instead of serving the other queues as if all were well."""

import asyncio

import pytest
from temporalio.worker import Worker
from typing_extensions import override

from workers.main import running, until_over


class FakeWorker(Worker):
    """Runs until it is shut down, or until it is told to die."""

    def __init__(self) -> None:
        self.is_dying = False
        self.ends = asyncio.Event()
        self.has_ended = asyncio.Event()

    @override
    async def run(self) -> None:
        await self.ends.wait()
        self.has_ended.set()
        if self.is_dying:
            raise RuntimeError("the namespace is gone")

    def die(self) -> None:
        self.is_dying = True
        self.ends.set()

    @override
    async def shutdown(self) -> None:
        self.ends.set()
        await self.has_ended.wait()


async def test_the_process_ends_with_the_error_of_a_worker_that_stopped_by_itself():
    dying, healthy = FakeWorker(), FakeWorker()

    async def process() -> None:
        async with asyncio.timeout(10), running([dying, healthy]) as tasks:
            dying.die()
            await until_over(asyncio.Event(), tasks)

    with pytest.raises(RuntimeError, match="namespace is gone"):
        await process()
    assert healthy.has_ended.is_set()


async def test_the_process_ends_in_peace_when_it_is_told_to():
    worker, stopped = FakeWorker(), asyncio.Event()
    async with asyncio.timeout(10), running([worker]) as tasks:
        stopped.set()
        await until_over(stopped, tasks)
    assert worker.has_ended.is_set()
