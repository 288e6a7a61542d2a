"""Requests that wait at the same time are done together, in one transaction."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar

from domain.failures import PerennialError, UnavailableError

RequestT = TypeVar("RequestT")
ResultT = TypeVar("ResultT")

MOST_AT_ONCE: Final = 100
"""Most requests of one transaction; it keeps the time for which others wait short."""


class GroupCommit(Generic[RequestT, ResultT]):
    """Does the requests that arrive while a group is under way as the next group.

    Args:
        commit: Does a group; returns a result or a failure for each request, in their order. If it raises, nothing
            of the group has happened.
    """

    def __init__(
        self, commit: Callable[[Sequence[RequestT]], Awaitable[Sequence[ResultT | PerennialError]]]
    ) -> None:
        self._commit = commit
        self._waiting: list[tuple[RequestT, asyncio.Future[ResultT]]] = []
        self._worker: asyncio.Task[None] | None = None

    async def do(self, request: RequestT) -> ResultT:
        """Return the result of this request.

        Raises:
            PerennialError: The request failed; the others of its group did not.
        """
        future: asyncio.Future[ResultT] = asyncio.get_running_loop().create_future()
        self._waiting.append((request, future))
        if self._worker is None:
            self._worker = asyncio.create_task(self._work())
        # A caller that is cancelled leaves its group alone: the other requests still need it.
        return await future

    async def _work(self) -> None:
        group: Sequence[tuple[RequestT, asyncio.Future[ResultT]]] = ()
        try:
            while self._waiting:
                group = self._waiting[:MOST_AT_ONCE]
                del self._waiting[:MOST_AT_ONCE]
                await self._do_group(group)
        finally:
            # However it ends, no caller waits for ever, and the next request starts anew.
            self._worker = None
            for _, future in (*group, *self._waiting):
                future.cancel()
            self._waiting.clear()

    async def _do_group(self, group: Sequence[tuple[RequestT, asyncio.Future[ResultT]]]) -> None:
        results: Sequence[ResultT | Exception]
        try:
            results = await self._results_of([request for request, _ in group])
        except Exception as error:  # noqa: BLE001 - each caller gets it
            if len(group) > 1 and not isinstance(error, UnavailableError):
                # One request made the transaction fail: each alone, so that the others do not.
                for one in group:
                    await self._do_group([one])
                return
            results = [error] * len(group)
        for (_, future), result in zip(group, results, strict=True):
            if future.done():
                continue
            if isinstance(result, Exception):
                future.set_exception(result)
            else:
                future.set_result(result)

    async def _results_of(self, requests: Sequence[RequestT]) -> Sequence[ResultT | PerennialError]:
        results = await self._commit(requests)
        if len(results) != len(requests):
            raise ValueError(f"{len(results)} results for {len(requests)} requests")
        return results
