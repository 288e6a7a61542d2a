"""The order of everything: what is ready is done one piece after another, and then time moves on.

Time stands still while anything is ready, so that a run is the same every time.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from datetime import datetime, timedelta
from typing import Any, Final

from tests.virtual_temporal.agenda import Agenda, Due
from tests.virtual_temporal.points import WorkerDiesError

TURNS: Final = 200
"""Turns of the event loop after which work over fakes waits for something that only its test can do."""

_MOST_AT_ONCE: Final = 5000
_IS_INSIDE: ContextVar[bool] = ContextVar("is_inside", default=False)

Piece = Callable[[], Awaitable[None]]


class Loop:
    """Does what is ready, and moves time.

    Args:
        start: The instant at which time begins.
        on_death: Called when the worker's process ends.

    Attributes:
        parked: Work that waits for something that only its test can do.
    """

    def __init__(self, start: datetime, on_death: Callable[[], None]) -> None:
        self._agenda = Agenda(start)
        self._on_death = on_death
        self._ready: deque[Piece] = deque()
        self._driving = asyncio.Lock()
        self.parked: set[asyncio.Task[Any]] = set()

    def now(self) -> datetime:
        """Return the present instant."""
        return self._agenda.now

    def soon(self, piece: Piece) -> None:
        """Let a piece of work be done after those that are ready."""
        self._ready.append(piece)

    def after(self, span: timedelta, action: Callable[[], None]) -> Due:
        """Let an action happen when this time has passed."""
        return self._agenda.add(self.now() + span, action)

    async def settle(self) -> None:
        """Do everything that is ready; time stands still."""
        if _IS_INSIDE.get():
            return  # an activity asks; the loop that runs it goes on afterwards
        async with self._driving:
            inside = _IS_INSIDE.set(True)
            try:
                await self._do_everything()
            finally:
                _IS_INSIDE.reset(inside)

    async def _do_everything(self) -> None:
        count = 0
        while self._ready or await self._has_come_back():
            await self._do(self._ready.popleft())
            count += 1
            assert count < _MOST_AT_ONCE, f"{count} pieces of work at one instant: a hot loop"

    async def _has_come_back(self) -> bool:
        """Let work that was parked go on where it can; return whether anything is ready now."""
        for _ in range(TURNS if self.parked else 0):
            await asyncio.sleep(0)
            if self._ready:
                break
        return bool(self._ready)

    async def _do(self, piece: Piece) -> None:
        try:
            await piece()
        except WorkerDiesError:
            self._on_death()

    async def go_on(self, *, until: datetime | None = None) -> bool:
        """Do what is ready, then move to the next instant; return False if none comes in time."""
        await self.settle()
        instant = self._agenda.next_instant
        if instant is None or (until is not None and instant > until):
            return False
        self._agenda.move_to(instant)
        await self.settle()
        return True

    async def sleep(self, span: timedelta) -> None:
        """Let time pass."""
        end = self.now() + span
        while await self.go_on(until=end):
            pass
        self._agenda.move_to(end)
        await self.settle()
