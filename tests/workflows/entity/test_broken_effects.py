"""A fault of ours in an effect is seen: it fails the workflow task or calls an operator."""

import pytest
from temporalio.api.enums.v1 import EventType as HistoryEvent

from domain.effects.events import EventType
from domain.effects.outbox import System
from tests.workflows.desk import Desk
from tests.workflows.fakes import FakeWorld
from tests.workflows.requests import SOON
from workflows import activity_options


async def test_an_effect_that_our_code_cannot_perform_does_not_vanish_silently(
    desk: Desk, world: FakeWorld, monkeypatch: pytest.MonkeyPatch
):
    options = {**activity_options.EFFECTS}
    del options[System.CRM]
    monkeypatch.setattr(activity_options, "EFFECTS", options)
    sale = await desk.sell()
    await desk.environment.sleep(SOON)
    types = [event.event_type for event in (await sale.fetch_history()).events]
    is_called = EventType.ATTENTION_NEEDED in world.books.types_of("sale/A1")
    assert is_called or HistoryEvent.EVENT_TYPE_WORKFLOW_TASK_FAILED in types
