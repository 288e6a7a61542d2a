"""The stored state of each entity, and what changes when an entity is revived as a new generation."""

import json
import zlib
from dataclasses import replace

import pytest
from sqlalchemy import select

from domain.effects.events import EntityState
from domain.sales.states import SaleState
from storage.database import Database
from storage.read_model import ReadModel
from storage.recorder import Recorder
from storage.tables import ENTITY_STATES
from tests.unit.storage.builders import EventBuilder


@pytest.fixture
def recorder(database: Database) -> Recorder:
    return Recorder(database)


async def stored_state(database: Database, entity: str) -> tuple[int, int, object]:
    async with database.reading() as connection:
        found = await connection.execute(
            select(ENTITY_STATES).where(ENTITY_STATES.c.entity == entity)
        )
        row = found.mappings().one()
        return row["generation"], row["sequence"], json.loads(zlib.decompress(row["state"]))


async def test_the_state_of_an_entity_is_stored_with_its_events_and_moves_only_forward(
    database: Database, recorder: Recorder, events: EventBuilder
):
    def state(sequence: int, value: str, generation: int = 0) -> EntityState:
        return EntityState(
            entity=f"sale/{events.order_id}",
            generation=generation,
            sequence=sequence,
            state={"value": value},
        )

    entity = f"sale/{events.order_id}"
    await recorder.record([events.sale(2)], state(2, "second"))
    await recorder.record([events.sale(1)], state(1, "first"))
    assert await stored_state(database, entity) == (0, 2, {"value": "second"})
    await recorder.record([events.sale(3)], state(3, "third"))
    assert await stored_state(database, entity) == (0, 3, {"value": "third"})
    revived = replace(events.sale(1), generation=1)
    await recorder.record([revived], state(1, "revived", generation=1))
    assert await stored_state(database, entity) == (1, 1, {"value": "revived"})
    # What the lost workflow had still under way comes too late.
    await recorder.record([events.sale(4)], state(4, "fourth"))
    assert await stored_state(database, entity) == (1, 1, {"value": "revived"})


async def test_the_state_is_stored_although_one_of_its_events_is_known(
    database: Database, recorder: Recorder, events: EventBuilder
):
    entity = f"sale/{events.order_id}"
    await recorder.record([events.sale(1)])
    state = EntityState(entity=entity, generation=0, sequence=2, state={"value": "second"})
    await recorder.record([events.sale(1), events.sale(2)], state)
    assert await stored_state(database, entity) == (0, 2, {"value": "second"})


async def test_a_revived_entity_counts_its_events_anew_and_its_row_goes_on(
    database: Database, recorder: Recorder, events: EventBuilder
):
    await recorder.record([events.sale(1), events.sale(2)])
    revived = replace(events.sale(1, SaleState.WON), generation=1)
    assert revived.event_id == f"sale/{events.order_id}/g1/1/sale_accepted"
    await recorder.record([revived])
    await recorder.record([events.sale(3, SaleState.FAILED)])
    found = await ReadModel(database).find_sale(events.order_id)
    assert found is not None
    assert found.state is SaleState.WON
    recorded = await ReadModel(database).events_of(events.subscription_id)
    assert [(event.generation, event.sequence) for event in recorded] == [
        (0, 1),
        (1, 1),
        (0, 2),
        (0, 3),
    ]
