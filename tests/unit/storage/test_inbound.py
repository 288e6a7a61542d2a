"""Inbound events: one row per event, however often it is delivered."""

import asyncio
from datetime import timedelta

import pytest

from storage.database import Database
from storage.inbound import Disposition, InboundEvent, InboundEvents
from tests.unit.storage.conftest import SteppingClock


@pytest.fixture
def inbound(database: Database, clock: SteppingClock) -> InboundEvents:
    return InboundEvents(database, clock)


async def _receive(
    inbound: InboundEvents,
    disposition: Disposition,
    *,
    source: str = "stripe",
    event_type: str = "invoice.paid",
) -> InboundEvent:
    return await inbound.record(
        source=source, event_id="evt_1", event_type=event_type, disposition=disposition
    )


async def test_a_first_delivery_is_counted_as_one(inbound: InboundEvents, clock: SteppingClock):
    recorded = await _receive(inbound, "delivered")
    assert recorded == InboundEvent(
        source="stripe",
        event_id="evt_1",
        event_type="invoice.paid",
        disposition="delivered",
        deliveries=1,
        received_at=clock.now,
        last_received_at=clock.now,
    )
    assert await inbound.find(source="stripe", event_id="evt_1") == recorded


async def test_a_second_delivery_is_counted_and_keeps_the_first_instant(
    inbound: InboundEvents, clock: SteppingClock
):
    first = await _receive(inbound, "delivered")
    clock.advance(timedelta(hours=1))
    second = await _receive(inbound, "duplicate")
    assert (second.deliveries, second.received_at) == (2, first.received_at)
    assert second.last_received_at == clock.now


@pytest.mark.parametrize(
    ("first", "second", "stands"),
    [
        ("unknown_object", "delivered", "delivered"),
        ("unknown_object", "duplicate", "unknown_object"),
        ("delivered", "closed", "delivered"),
        ("other_api_version", "ignored", "ignored"),
    ],
)
async def test_a_later_delivery_may_only_better_the_disposition(
    inbound: InboundEvents, first: Disposition, second: Disposition, stands: Disposition
):
    await _receive(inbound, first)
    assert (await _receive(inbound, second)).disposition == stands


async def test_an_id_that_comes_again_as_another_type_is_an_alarm(
    inbound: InboundEvents, caplog: pytest.LogCaptureFixture
):
    await _receive(inbound, "delivered")
    await _receive(inbound, "delivered")
    assert caplog.messages == []
    again = await _receive(inbound, "delivered", event_type="invoice.voided")
    assert caplog.messages == [
        "stripe event evt_1 was invoice.paid and came again as invoice.voided"
    ]
    assert (again.event_type, again.deliveries) == ("invoice.paid", 3)


async def test_the_same_event_id_of_two_sources_is_two_events(inbound: InboundEvents):
    await _receive(inbound, "delivered")
    assert (await _receive(inbound, "delivered", source="crm")).deliveries == 1


async def test_an_event_that_never_arrived_is_none(inbound: InboundEvents):
    assert await inbound.find(source="stripe", event_id="evt_1") is None


async def test_concurrent_deliveries_are_all_counted(inbound: InboundEvents):
    await asyncio.gather(*(_receive(inbound, "delivered") for _ in range(20)))
    found = await inbound.find(source="stripe", event_id="evt_1")
    assert found is not None
    assert found.deliveries == 20
