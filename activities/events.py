"""Business events and the read model, in our own tables."""

from dataclasses import dataclass

from temporalio import activity

from activities.ports import Recorder
from domain.effects.events import BusinessEvent


@dataclass(frozen=True, kw_only=True, slots=True)
class EventActivities:
    """Records what happened, once."""

    recorder: Recorder

    @activity.defn
    async def record_events(self, events: tuple[BusinessEvent, ...]) -> None:
        """Append the events and update the read model, in one transaction."""
        await self.recorder.record(events)
