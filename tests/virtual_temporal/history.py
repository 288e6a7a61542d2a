"""A run's history, written as the server writes it, so that real replays accept it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent

_PREFIX: Final = "EVENT_TYPE_"


def timestamp(instant: datetime) -> Timestamp:
    """Return the instant as protobuf has it."""
    stamp = Timestamp()
    stamp.FromDatetime(instant)
    return stamp


def duration(span: timedelta) -> Duration:
    """Return the span as protobuf has it."""
    converted = Duration()
    converted.FromTimedelta(span)
    return converted


class History:
    """The events of one run.

    Args:
        now: Returns the present instant.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.events: list[HistoryEvent] = []
        self.size_bytes = 0
        self._now = now

    def __len__(self) -> int:
        return len(self.events)

    def add(self, event_type: EventType.ValueType, **attributes: Any) -> HistoryEvent:
        """Write an event with the attributes of its type; those that are None are left out."""
        name = EventType.Name(event_type).removeprefix(_PREFIX).lower()
        given = {key: value for key, value in attributes.items() if value is not None}
        fields: Any = {f"{name}_event_attributes": given}
        event = HistoryEvent(
            event_id=len(self.events) + 1,
            event_type=event_type,
            event_time=timestamp(self._now()),
            **fields,
        )
        # An event without attributes still has the message of its type.
        getattr(event, f"{name}_event_attributes").SetInParent()
        self.events.append(event)
        self.size_bytes += event.ByteSize()
        return event
