"""Business events and the read model, in our own tables."""

from dataclasses import dataclass

from temporalio import activity

from activities.messages import RecordEvents
from activities.ports import Recorder


@dataclass(frozen=True, kw_only=True, slots=True)
class EventActivities:
    """Records what happened, once."""

    recorder: Recorder

    @activity.defn
    async def record_events(self, request: RecordEvents) -> None:
        """Append the events, and update the read model and the entity's stored state, in one transaction."""
        await self.recorder.record(request.events, request.state)
