"""The recorder: events once, rows forwards, whatever the order and number of deliveries."""

import asyncio
import itertools
import logging
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import select

from domain.effects.events import BusinessEvent, EventType
from domain.failures import ConflictError, RejectedError
from domain.invoicing.transitions import InvoiceState
from domain.sales.states import SaleState
from domain.subscription.states import SubscriptionState
from storage import documents
from storage.database import Database
from storage.read_model import ReadModel
from storage.recorder import Recorder
from storage.tables import (
    GRANTS,
    HOLDS,
    INVOICES,
    PAYMENT_ATTEMPTS,
    SALES,
    SUBSCRIPTIONS,
)
from tests.unit.storage.builders import EventBuilder

_EXAMPLE = itertools.count(1)
_READ_MODEL = (SALES, SUBSCRIPTIONS, INVOICES, PAYMENT_ATTEMPTS, GRANTS, HOLDS)


@pytest.fixture
def recorder(database: Database) -> Recorder:
    return Recorder(database)


@pytest.fixture
def read_model(database: Database) -> ReadModel:
    return ReadModel(database)


async def _rows_with(database: Database, order_id: str) -> list[list[str]]:
    """Every row of one sale, with its order id blanked out."""
    async with database.reading() as connection:
        tables = [
            (await connection.execute(select(table))).mappings().all() for table in _READ_MODEL
        ]
    texts = [[repr(dict(row)) for row in rows] for rows in tables]
    return [sorted(row.replace(order_id, "?") for row in rows if order_id in row) for rows in texts]


async def test_every_row_of_an_event_is_read_back_as_it_was(
    recorder: Recorder, read_model: ReadModel, events: EventBuilder
):
    await recorder.record(events.life())
    life = events.life()
    assert await read_model.find_sale("o-1") == life[1].sale
    assert await read_model.find_subscription("sub-o-1") == life[9].subscription
    assert await read_model.find_invoice("sub-o-1-0001") == life[6].invoice
    assert await read_model.attempts_of("sub-o-1-0001") == (life[4].attempt, life[5].attempt)
    assert await read_model.grants_of("sub-o-1") == (life[7].grant,)
    assert await read_model.holds_of("sub-o-1") == (life[9].hold,)
    assert set(await read_model.events_of("sub-o-1")) == set(life)


@st.composite
def deliveries(draw: st.DrawFn) -> list[list[int]]:
    """Calls that deliver the ten events of a life in any order, some of them again."""
    order = draw(st.permutations(range(10)))
    again = draw(st.lists(st.integers(0, 9), max_size=6))
    mixed = draw(st.permutations([*order, *again]))
    cuts = sorted(draw(st.lists(st.integers(0, len(mixed)), max_size=4)))
    return [list(mixed[a:b]) for a, b in itertools.pairwise([0, *cuts, len(mixed)])]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(calls=deliveries())
async def test_any_order_and_repetition_of_events_ends_in_the_same_rows(
    database: Database, recorder: Recorder, events: EventBuilder, calls: list[list[int]]
):
    orderly = replace(events, order_id=f"orderly{next(_EXAMPLE)}x")
    shuffled = replace(events, order_id=f"shuffled{next(_EXAMPLE)}x")
    for event in orderly.life():
        await recorder.record([event])
    for call in calls:
        await recorder.record([shuffled.life()[index] for index in call])
    assert await _rows_with(database, shuffled.order_id) == await _rows_with(
        database, orderly.order_id
    )


async def test_concurrent_deliveries_of_the_same_events_end_in_the_same_rows(
    database: Database, recorder: Recorder, events: EventBuilder
):
    other = replace(events, order_id="alone")
    await recorder.record(other.life())
    life = events.life()
    await asyncio.gather(
        *(recorder.record(life[start:]) for start in range(10)),
        *(recorder.record([event]) for event in reversed(life)),
    )
    assert await _rows_with(database, "o-1") == await _rows_with(database, "alone")


async def test_a_known_event_is_skipped(
    recorder: Recorder, read_model: ReadModel, events: EventBuilder
):
    await recorder.record([events.sale()])
    await recorder.record([events.sale()])
    await recorder.record([events.sale(), events.sale()])
    assert await read_model.events_of("sub-o-1") == (events.sale(),)


async def test_a_known_event_with_other_content_is_a_conflict_and_an_alarm(
    recorder: Recorder,
    read_model: ReadModel,
    events: EventBuilder,
    caplog: pytest.LogCaptureFixture,
):
    await recorder.record([events.sale()])
    changed = replace(events.sale(), summary="something else")
    with pytest.raises(ConflictError, match="sale/o-1/1/sale_accepted"):
        await recorder.record([changed, events.sale(2)])
    assert await read_model.events_of("sub-o-1") == (events.sale(),)
    (alarm,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert alarm.__dict__["alarm"] == "business_event_conflict"


async def test_a_known_event_with_another_period_is_a_conflict(
    recorder: Recorder, events: EventBuilder
):
    # Instants may differ after a reset, but the period that is billed may not.
    known = events.subscription(2)
    assert known.subscription is not None
    assert known.subscription.period is not None
    longer = replace(known.subscription.period, end=known.at + timedelta(days=365))
    await recorder.record([known])
    with pytest.raises(ConflictError):
        await recorder.record(
            [replace(known, subscription=replace(known.subscription, period=longer))]
        )


async def test_two_contents_of_one_event_in_one_call_are_a_conflict(
    recorder: Recorder, events: EventBuilder
):
    with pytest.raises(ConflictError, match="in one call"):
        await recorder.record([events.sale(), replace(events.sale(), summary="other")])


async def test_two_events_with_one_sequence_number_are_a_conflict(
    recorder: Recorder, events: EventBuilder
):
    await recorder.record([events.sale()])
    with pytest.raises(ConflictError):
        await recorder.record([replace(events.sale(), event_type=EventType.SALE_WON)])


async def test_a_late_event_is_appended_but_does_not_touch_the_row(
    recorder: Recorder, read_model: ReadModel, events: EventBuilder
):
    await recorder.record([events.invoice(3, InvoiceState.PAID)])
    await recorder.record([events.invoice(2)])
    row = await read_model.find_invoice("sub-o-1-0001")
    assert row is not None
    assert row.state is InvoiceState.PAID
    assert [event.sequence for event in await read_model.events_of("sub-o-1")] == [2, 3]


async def test_an_event_that_carries_the_row_of_another_entity_is_refused(
    recorder: Recorder, read_model: ReadModel, events: EventBuilder
):
    foreign = replace(events.sale(), subscription=events.subscription().subscription)
    with pytest.raises(RejectedError, match="subscription/sub-o-1"):
        await recorder.record([foreign])
    assert await read_model.events_of("sub-o-1") == ()


async def test_an_invoice_row_in_an_event_of_another_entity_is_refused(
    recorder: Recorder, events: EventBuilder
):
    foreign = replace(events.subscription(), invoice=events.invoice(1).invoice)
    with pytest.raises(RejectedError, match="invoice/sub-o-1-0001"):
        await recorder.record([foreign])


async def test_an_attempt_belongs_to_an_invoice(recorder: Recorder, events: EventBuilder):
    foreign = replace(events.sale(), attempt=events.declined(1, 1).attempt)
    with pytest.raises(RejectedError):
        await recorder.record([foreign])


@pytest.mark.parametrize("in_one_call", [True, False])
async def test_one_version_of_a_grant_with_two_contents_is_a_conflict(
    recorder: Recorder, events: EventBuilder, in_one_call: bool
):
    first = replace(events.invoice(1), grant=events.grant(1, 5))
    second = replace(events.invoice(2), grant=events.grant(1, 6))
    if not in_one_call:
        await recorder.record([first])
    with pytest.raises(ConflictError, match="version 1"):
        await recorder.record([first, second])


async def test_one_version_of_a_hold_with_two_contents_is_a_conflict(
    recorder: Recorder, events: EventBuilder
):
    await recorder.record([replace(events.subscription(1), hold=events.hold(1))])
    lifted = replace(events.subscription(2), hold=events.hold(1, is_active=False))
    with pytest.raises(ConflictError, match="version 1"):
        await recorder.record([lifted])


async def test_the_same_grant_may_come_with_several_events(
    recorder: Recorder, read_model: ReadModel, events: EventBuilder
):
    for sequence in (1, 2):
        await recorder.record([replace(events.invoice(sequence), grant=events.grant())])
    assert await read_model.grants_of("sub-o-1") == (events.grant(),)


async def test_recording_nothing_does_not_open_a_transaction(events: EventBuilder):
    unreachable = Database.open("postgresql://nobody@127.0.0.1:1/nothing")
    await Recorder(unreachable).record([])
    await unreachable.dispose()


async def test_an_event_with_a_row_takes_two_statements(
    database: Database, recorder: Recorder, events: EventBuilder
):
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement.split(maxsplit=1)[0])

    sqlalchemy_event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    await recorder.record([events.sale()])
    assert [word for word in statements if word != "BEGIN"] == ["INSERT", "INSERT"]


async def test_many_events_are_recorded_in_one_call(
    recorder: Recorder, read_model: ReadModel, events: EventBuilder
):
    await recorder.record([events.invoice(sequence) for sequence in range(1, 1502)])
    assert len(await read_model.events_of("sub-o-1", limit=2000)) == 1501


async def test_a_failing_call_records_none_of_its_events(
    recorder: Recorder, read_model: ReadModel, events: EventBuilder
):
    foreign = replace(events.subscription(), entity="subscription/other")
    with pytest.raises(RejectedError):
        await recorder.record([events.sale(1, SaleState.WON), foreign])
    assert await read_model.find_sale("o-1") is None


async def test_a_naive_instant_is_refused(recorder: Recorder, events: EventBuilder):
    naive = replace(events.sale(), at=events.sale().at.replace(tzinfo=None))
    with pytest.raises(RejectedError, match="naive"):
        await recorder.record([naive])


async def test_an_event_recorded_before_a_field_was_added_is_still_known(
    database: Database, recorder: Recorder, events: EventBuilder, monkeypatch: pytest.MonkeyPatch
):
    encode = documents.EVENT.encode

    def without_hold(event: BusinessEvent):
        document = encode(event)
        assert isinstance(document, dict)
        return {key: value for key, value in document.items() if key != "hold"}

    monkeypatch.setattr(documents.EVENT, "encode", without_hold)
    await recorder.record([events.sale()])
    monkeypatch.undo()
    await recorder.record([events.sale()])


async def test_states_of_two_subscriptions_move_apart(
    recorder: Recorder, read_model: ReadModel, events: EventBuilder
):
    other = replace(events, order_id="o-2")
    await recorder.record([events.subscription(2, SubscriptionState.ACTIVE)])
    await recorder.record([other.subscription(1)])
    active = await read_model.subscriptions(state=SubscriptionState.ACTIVE)
    assert [row.subscription_id for row in active] == ["sub-o-1"]
