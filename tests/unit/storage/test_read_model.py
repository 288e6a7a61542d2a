"""The read model: what the front doors may ask."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.effects.events import BusinessEvent, InvoiceRow, SubscriptionRow
from domain.entitlements.grants import FeatureQuantity
from domain.entitlements.holds import HoldLevel
from domain.subscription.states import SubscriptionState
from storage.database import Database
from storage.read_model import ReadModel
from storage.recorder import Recorder
from tests.unit.storage.builders import DraftBuilder, EventBuilder


@pytest.fixture
def recorder(database: Database) -> Recorder:
    return Recorder(database)


@pytest.fixture
def read_model(database: Database) -> ReadModel:
    return ReadModel(database)


async def test_what_was_never_recorded_is_none_or_empty(read_model: ReadModel):
    assert await read_model.find_sale("x") is None
    assert await read_model.find_subscription("x") is None
    assert await read_model.find_invoice("x") is None
    assert await read_model.subscriptions() == ()
    assert await read_model.invoices_of("x") == ()
    assert await read_model.attempts_of("x") == ()
    assert await read_model.grants_of("x") == ()
    assert await read_model.holds_of("x") == ()
    assert await read_model.events_of("x") == ()


async def test_events_come_in_the_order_of_time_and_can_be_paged(
    recorder: Recorder, read_model: ReadModel, events: EventBuilder
):
    await recorder.record(list(reversed(events.life())))
    everything = await read_model.events_of("sub-o-1")
    assert list(everything) == sorted(everything, key=lambda e: (e.at, e.entity, e.sequence))
    pages: list[BusinessEvent] = []
    after = None
    while page := await read_model.events_of("sub-o-1", after=after, limit=3):
        pages.extend(page)
        after = page[-1].event_id
    assert tuple(pages) == everything


async def test_events_after_an_unknown_event_are_none(
    recorder: Recorder, read_model: ReadModel, events: EventBuilder
):
    await recorder.record([events.sale()])
    assert await read_model.events_of("sub-o-1", after="sale/x/1/sale_won") == ()


async def test_events_of_another_subscription_are_not_shown(
    recorder: Recorder, read_model: ReadModel, events: EventBuilder
):
    await recorder.record([replace(events, order_id="o-2").sale()])
    assert await read_model.events_of("sub-o-1") == ()


async def test_subscriptions_are_listed_by_account_and_state_in_pages(
    recorder: Recorder, read_model: ReadModel, events: EventBuilder
):
    for number, account, state in (
        (1, "acme", SubscriptionState.ACTIVE),
        (2, "acme", SubscriptionState.ENDED),
        (3, "acme", SubscriptionState.ACTIVE),
        (4, "other", SubscriptionState.ACTIVE),
    ):
        event = replace(events, order_id=f"o-{number}").subscription(1, state)
        assert event.subscription is not None
        row = replace(event.subscription, account_id=account)
        await recorder.record([replace(event, subscription=row)])

    def ids(rows: Sequence[SubscriptionRow]) -> list[str]:
        return [row.subscription_id for row in rows]

    active = SubscriptionState.ACTIVE
    listed = read_model.subscriptions
    assert ids(await listed()) == ["sub-o-1", "sub-o-2", "sub-o-3", "sub-o-4"]
    assert ids(await listed(account_id="acme")) == ["sub-o-1", "sub-o-2", "sub-o-3"]
    assert ids(await listed(state=active)) == ["sub-o-1", "sub-o-3", "sub-o-4"]
    assert ids(await listed(state=active, account_id="acme", after="sub-o-1")) == ["sub-o-3"]
    assert ids(await listed(account_id="acme", after="sub-o-1", limit=1)) == ["sub-o-2"]


async def test_invoices_are_listed_oldest_first_even_beyond_their_padding(
    recorder: Recorder, read_model: ReadModel, events: EventBuilder, draft: DraftBuilder
):
    wanted = ["sub-o-1-0002", "sub-o-1-9999", "sub-o-1-10000"]
    for invoice_id in reversed(wanted):
        event = events.invoice(1)
        assert event.invoice is not None
        row = replace(event.invoice, invoice_id=invoice_id, draft=draft(invoice_id))
        await recorder.record([replace(event, entity=f"invoice/{invoice_id}", invoice=row)])
    rows: tuple[InvoiceRow, ...] = await read_model.invoices_of("sub-o-1")
    assert [row.invoice_id for row in rows] == wanted


async def test_an_invoice_document_is_exact_to_the_last_decimal(
    recorder: Recorder, read_model: ReadModel, events: EventBuilder, draft: DraftBuilder
):
    await recorder.record([events.invoice(1)])
    row = await read_model.find_invoice("sub-o-1-0001")
    assert row is not None
    document = await read_model.document_of(row)
    assert document is not None
    assert document == draft("sub-o-1-0001")
    assert str(document.lines[0].unit_price) == "9.800000000001"


async def test_a_hold_is_read_back_with_its_level(
    recorder: Recorder, read_model: ReadModel, events: EventBuilder
):
    mild = replace(events.hold(), level=HoldLevel.RESTRICTED)
    await recorder.record([replace(events.subscription(), hold=mild)])
    assert await read_model.holds_of("sub-o-1") == (mild,)


async def test_grants_are_listed_earliest_start_first_whatever_their_ids(
    recorder: Recorder, read_model: ReadModel, events: EventBuilder
):
    later = events.grant()
    earlier = replace(later, grant_id="z", starts_at=later.starts_at - timedelta(days=1))
    for sequence, grant in enumerate([later, earlier], 1):
        await recorder.record([replace(events.invoice(sequence), grant=grant)])
    assert await read_model.grants_of("sub-o-1") == (earlier, later)
    assert await read_model.grants_of("sub-o-1", after="z") == (later,)
    assert await read_model.newest_grants_of("sub-o-1", 1) == (later,)


async def test_a_grant_keeps_the_order_of_its_features(
    recorder: Recorder, read_model: ReadModel, events: EventBuilder
):
    features = tuple(FeatureQuantity(key=key, quantity=0) for key in ("z", "a", "m"))
    grant = replace(events.grant(), features=features)
    await recorder.record([replace(events.invoice(1), grant=grant)])
    assert await read_model.grants_of("sub-o-1") == (grant,)
