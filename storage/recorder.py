"""Appends business events once and updates the read model with them."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Final, cast

from sqlalchemy import Executable, Table, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.effects.events import BusinessEvent, EntityState
from domain.failures import ConflictError
from domain.periods.periods import Period
from storage.database import Database
from storage.documents import event_of, event_row
from storage.row_updates import GUARDS, RowChange, change_of_state, latest_changes
from storage.tables import ENTITY_STATES, EVENTS, GRANTS, HOLDS

_LOGGER: Final = logging.getLogger(__name__)


class Recorder:
    """Appends business events and updates the read model, in one transaction per call.

    The rows end the same for any order and number of deliveries. A row changes only for a higher generation
    and sequence of its entity, and a grant or hold only for a higher version.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._append = database.insert(EVENTS).on_conflict_do_nothing().returning(EVENTS.c.event_id)
        self._moves = {table: _move(database, table, guard) for table, guard in GUARDS.items()}

    async def record(
        self, events: Sequence[BusinessEvent], state: EntityState | None = None
    ) -> None:
        """Append the events and update the rows, in one transaction; known events are skipped.

        `state` is the carried state of the entity after these events.

        Raises:
            ConflictError: If an event id is already recorded with other content, or the entity's
                sequence number with another event. Nothing is recorded, and an alarm is logged.
            RejectedError: If an event contains the row of another entity.
            UnavailableError: If the database could not serve the call.
        """
        if not events:
            return
        try:
            await self._record(_distinct(events), state)
        except ConflictError:
            _LOGGER.exception(
                "alarm: a business event conflicts with what is recorded",
                extra={"alarm": "business_event_conflict", "entity": events[0].entity},
            )
            raise

    async def _record(self, events: Mapping[str, BusinessEvent], state: EntityState | None) -> None:
        async with self._database.writing() as connection:
            appended = await connection.scalars(
                self._append, [event_row(events[event_id]) for event_id in sorted(events)]
            )
            new = frozenset(appended.all())
            if len(new) < len(events):
                known = [event for event_id, event in events.items() if event_id not in new]
                await _require_same(connection, known)
            fresh = [event for event_id, event in events.items() if event_id in new]
            for table, changes in latest_changes(fresh).items():
                await self._apply(connection, table, changes)
            if state is not None:
                await self._apply(connection, ENTITY_STATES, [change_of_state(state)])

    async def _apply(
        self, connection: AsyncConnection, table: Table, changes: Sequence[RowChange]
    ) -> None:
        moved = await connection.execute(
            self._moves[table], [dict(change.values) for change in changes]
        )
        keys = {tuple(row) for row in moved.all()}
        if table in {GRANTS, HOLDS}:
            for change in changes:
                if change.key not in keys:
                    await _require_older(connection, change)


def _move(database: Database, table: Table, guard: tuple[str, ...]) -> Executable:
    insert = database.insert(table)
    arriving = insert.excluded
    return insert.on_conflict_do_update(
        index_elements=list(table.primary_key),
        set_={column.name: arriving[column.name] for column in table.c if not column.primary_key},
        where=tuple_(*(arriving[column] for column in guard))
        > tuple_(*(table.c[column] for column in guard)),
    ).returning(*table.primary_key)


def timeless(value: object) -> object:
    """Return the value without its instants, but with its periods.

    A workflow that an operator resets repeats its events at other instants. The events recorded first are
    kept, and only other content raises an alarm.
    """
    if isinstance(value, Period):
        return value
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: timeless(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        known = cast("Mapping[str, object]", value)
        return {name: timeless(item) for name, item in known.items()}
    if isinstance(value, datetime):
        return None
    return value


def _distinct(events: Iterable[BusinessEvent]) -> dict[str, BusinessEvent]:
    distinct: dict[str, BusinessEvent] = {}
    for event in events:
        if timeless(distinct.setdefault(event.event_id, event)) != timeless(event):
            raise ConflictError(f"two contents for event {event.event_id} in one call")
    return distinct


async def _require_same(connection: AsyncConnection, events: Sequence[BusinessEvent]) -> None:
    """Check that these known events are recorded with the same content.

    Raises:
        ConflictError: If one has other content.
    """
    places = [(event.entity, event.generation, event.sequence) for event in events]
    found = await connection.execute(
        select(EVENTS).where(
            tuple_(EVENTS.c.entity, EVENTS.c.generation, EVENTS.c.sequence).in_(places)
        )
    )
    # Compare values, not JSON: a field that was added later is missing in the stored document.
    recorded = {row["event_id"]: event_of(row) for row in found.mappings()}
    for event in events:
        if timeless(recorded.get(event.event_id)) != timeless(event):
            raise ConflictError(f"event {event.event_id} is recorded with other content")


async def _require_older(connection: AsyncConnection, change: RowChange) -> None:
    """Check that the unchanged row has a higher version, or this version with the same content.

    Raises:
        ConflictError: If it has this version with other content.
    """
    table = change.table
    key = next(iter(table.primary_key))
    found = await connection.execute(select(table).where(key == change.key[0]))
    stored = found.mappings().one()
    is_same = tuple(stored[column] for column in GUARDS[table]) == change.position
    if is_same and timeless(dict(stored)) != timeless(dict(change.values)):
        raise ConflictError(f"{change.key[0]} version {change.position[0]} has other content")
