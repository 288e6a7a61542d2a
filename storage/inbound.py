"""Webhook events as they came in, and what became of them."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from pydantic import TypeAdapter
from sqlalchemy import case, select

from storage.database import Database
from storage.tables import INBOUND_EVENTS

Disposition = Literal[
    "delivered", "unknown_object", "other_api_version", "closed", "duplicate", "ignored"
]
"""What became of an event: a workflow took it; it names nothing of ours; it speaks another API version;
its workflow has ended; it was known already; its type asks for nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class InboundEvent:
    """One event of an outside system, however often it was delivered.

    Attributes:
        source: The system that sent it (`stripe`, `erp`, `crm`).
        event_id: The sender's id, unique per source.
        deliveries: How often it arrived, 1 or more.
    """

    source: str
    event_id: str
    event_type: str
    disposition: Disposition
    deliveries: int
    received_at: datetime
    last_received_at: datetime


_LOG: Final = logging.getLogger(__name__)
_EVENT: Final = TypeAdapter(InboundEvent)


class InboundEvents:
    """Remembers every event received, once by source and event id."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        insert = database.insert(INBOUND_EVENTS)
        arriving, known = insert.excluded, INBOUND_EVENTS.c
        keeps = (arriving.disposition == "duplicate") | (known.disposition == "delivered")
        self._record = insert.on_conflict_do_update(
            index_elements=[known.source, known.event_id],
            set_={
                "deliveries": known.deliveries + 1,
                "last_received_at": arriving.last_received_at,
                "disposition": case((keeps, known.disposition), else_=arriving.disposition),
            },
        ).returning(*known)

    async def record(
        self, *, source: str, event_id: str, event_type: str, disposition: Disposition
    ) -> InboundEvent:
        """Count this delivery and return the event as it stands now.

        A later delivery may better the disposition (its object exists by now); `delivered` is never
        taken back, and `duplicate` says nothing new about an event that is known. An id that comes again
        with another type stays what it was, and is logged: its sender uses ids twice, or is not who it says.

        Raises:
            UnavailableError: If the database could not serve the call.
        """
        now = self._clock()
        row = {
            "source": source,
            "event_id": event_id,
            "event_type": event_type,
            "disposition": disposition,
            "deliveries": 1,
            "received_at": now,
            "last_received_at": now,
        }
        async with self._database.writing() as connection:
            recorded = (await connection.execute(self._record, row)).mappings().one()
        event = _EVENT.validate_python(dict(recorded))
        if event.event_type != event_type:
            _LOG.warning(
                "%s event %s was %s and came again as %s",
                source,
                event_id,
                event.event_type,
                event_type,
            )
        return event

    async def find(self, *, source: str, event_id: str) -> InboundEvent | None:
        """Return the event, or None if it never arrived."""
        known = INBOUND_EVENTS.c
        wanted = select(INBOUND_EVENTS).where(known.source == source, known.event_id == event_id)
        async with self._database.reading() as connection:
            found = (await connection.execute(wanted)).mappings().first()
        return None if found is None else _EVENT.validate_python(dict(found))
