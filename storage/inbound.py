"""Webhook events as they were received, and what was done with them."""

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
"""What was done with an event, in the order of these words: a workflow received it; it names no object of
ours; it has another API version; its workflow has ended; it was already known; its type needs no action."""


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
    """Stores every received event, once per source and event id."""

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
        """Count this delivery and return the event as it is now.

        A later delivery may improve the disposition, for example when the object exists by then. `delivered`
        is never replaced, and `duplicate` does not replace the disposition of a known event. If an id arrives
        again with another type, the stored type stays and a warning is logged: the sender reuses ids, or it
        is not the sender that it claims to be.

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
