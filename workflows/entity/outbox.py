"""Runs the effects of decisions: first in first out per system, concurrently across systems.

An effect leaves the queue when its activity has succeeded, when an operator skips it, or when it is
withdrawn. A refusal blocks its system's queue until an operator resumes it; other systems go on.
"""

import asyncio
from collections.abc import Callable, Collection
from itertools import takewhile

from temporalio import workflow
from temporalio.exceptions import ActivityError, RetryState, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.events import EventActivities
    from activities.messages import RecordEvents
    from domain.effects.events import EntityState
    from domain.effects.outbox import Effect, RecordEvent, System
    from workflows import activity_options

MOST_EVENTS_AT_ONCE = 50
"""Most business events that one activity records; keeps the payload far below Temporal's limit."""


def is_withdrawn(error: ActivityError) -> bool:
    """Whether the activity ended because the workflow cancelled it; it may have had its effect."""
    # If a running try fails after the cancellation, it is not repeated, so its failure is not a refusal.
    return is_cancelled_exception(error) or error.retry_state is RetryState.CANCEL_REQUESTED


class Outbox:
    """The effects of one workflow that are still to happen.

    Args:
        queued: The list in the workflow's carried state; the outbox changes it in place.
        carried: Returns the carried state as it is stored with these records.
        on_change: Called when a system's queue stops running, with what blocks it or None.
    """

    def __init__(
        self,
        queued: list[Effect],
        *,
        carried: Callable[[Collection[Effect]], EntityState],
        on_change: Callable[[str | None], None],
    ) -> None:
        self._queued = queued
        self._carried = carried
        self._on_change = on_change
        self._running: dict[System, asyncio.Task[None]] = {}
        self._is_halting = False
        self._held: set[System] = set()
        self.fault: BaseException | None = None
        self.blocked: dict[System, str] = {}

    def add(self, *effects: Effect) -> None:
        """Queue effects; they start with the next `pump`."""
        self._queued.extend(effects)

    def pump(self) -> None:
        """Start the head of every system's queue that is neither running nor blocked."""
        for system in System:
            if self._of(system) and system not in self._running and system not in self.blocked:
                self._running[system] = asyncio.create_task(self._drain(system))

    def resume(self) -> None:
        """Unblock all systems, after an operator has fixed what blocked them."""
        self.blocked.clear()
        self.pump()

    def skip(self, system: str) -> str:
        """Drop the effect at the head of a blocked queue and return its key."""
        effect = self._of(System(system))[0]
        self._queued.remove(effect)
        self.blocked.pop(effect.system, None)
        return effect.key

    @property
    def is_empty(self) -> bool:
        """Whether every effect has happened."""
        return not self._queued

    @property
    def waiting(self) -> str:
        """Number of queued effects per system, for operators: `erp 2, crm 1`; empty if there are none."""
        counts = ((system, len(self._of(system))) for system in System)
        return ", ".join(f"{system} {count}" for system, count in counts if count)

    async def halt(self) -> None:
        """Stop before the run ends: a running effect finishes, and one between two tries stays queued."""
        self._is_halting = True
        for task in self._running.values():
            task.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)

    async def withdraw(self, is_stale: Callable[[Effect], bool]) -> None:
        """Remove effects that must not happen any more; a running effect finishes and counts."""
        stale = [effect for effect in self._queued if is_stale(effect)]
        self._held = {effect.system for effect in stale}
        tasks = [task for system, task in self._running.items() if system in self._held]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._held = set()
        for effect in stale:
            if effect in self._queued:
                if effect == self._of(effect.system)[0]:
                    self.blocked.pop(effect.system, None)
                self._queued.remove(effect)

    def _of(self, system: System) -> list[Effect]:
        return [effect for effect in self._queued if effect.system is system]

    def _is_held(self, system: System) -> bool:
        return self._is_halting or system in self._held

    async def _drain(self, system: System) -> None:
        batch: list[Effect] = []
        try:
            # An effect that finishes in spite of its cancellation hides the cancellation, so check each time.
            while not self._is_held(system) and (batch := _next_batch(self._of(system))):
                await self._perform(batch)
                for effect in batch:
                    self._queued.remove(effect)
        except ActivityError as error:
            if is_withdrawn(error):
                return
            self.blocked[system] = f"{batch[0].key}: {error.cause or error}"
        except Exception as error:
            # This is an error of our own code: the next wait raises it, so that the workflow task fails.
            self.fault = error
            raise
        finally:
            self._running.pop(system, None)
        if not self._is_halting:
            self._on_change(self.blocked.get(system))

    async def _perform(self, batch: list[Effect]) -> None:
        events = tuple(
            effect.body.event for effect in batch if isinstance(effect.body, RecordEvent)
        )
        if events:
            # The state is taken at this moment and never queued, so that it does not grow with its own copies.
            await workflow.execute_activity_method(
                EventActivities.record_events,
                RecordEvents(events=events, state=self._carried(batch)),
                **activity_options.RECORD_EFFECT,
                summary=", ".join(event.event_type for event in events),
            )
            return
        effect = batch[0]
        await workflow.execute_activity(
            effect.body.effect,
            effect.body,
            **activity_options.EFFECTS[effect.system],
            summary=effect.key,
        )


def _next_batch(effects: list[Effect]) -> list[Effect]:
    """Return the head of the queue; business events at the head go together, as one transaction."""
    events = list(takewhile(lambda effect: isinstance(effect.body, RecordEvent), effects))
    return events[:MOST_EVENTS_AT_ONCE] or effects[:1]
