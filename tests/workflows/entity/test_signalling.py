"""Signals that the server refuses: the virtual server refuses only those to a workflow that is gone."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from temporalio import workflow
from temporalio.exceptions import ApplicationError

from workflows.entity.signalling import signal_workflow


class Server:
    """Answers each signal with the next failure, or with None if it is delivered."""

    def __init__(self, *answers: Exception | None) -> None:
        self.answers: Iterator[Exception | None] = iter(answers)
        self.workflow_id = ""
        self.signals: list[tuple[str, str, object]] = []
        self.pauses: list[timedelta] = []

    def handle(self, workflow_id: str) -> Any:
        self.workflow_id = workflow_id
        return self

    async def signal(self, name: str, value: object) -> None:
        self.signals.append((self.workflow_id, name, value))
        failure = next(self.answers)
        if failure is not None:
            raise failure

    async def sleep(self, pause: timedelta, **_: Any) -> None:
        self.pauses.append(pause)


def serve(monkeypatch: pytest.MonkeyPatch, *answers: Exception | None) -> Server:
    server = Server(*answers)
    monkeypatch.setattr(workflow, "get_external_workflow_handle", server.handle)
    monkeypatch.setattr(workflow, "sleep", server.sleep)
    return server


async def test_a_receiver_that_can_take_no_signal_now_gets_it_after_a_pause(
    monkeypatch: pytest.MonkeyPatch,
):
    full = ApplicationError("Unable to signal external workflow because of too many signals")
    server = serve(monkeypatch, full, full, None)

    assert await signal_workflow("invoice/1", "stop", "unpaid")

    assert server.signals == [("invoice/1", "stop", "unpaid")] * 3
    assert server.pauses == [timedelta(seconds=10)] * 2


async def test_a_receiver_that_is_gone_gets_no_signal(monkeypatch: pytest.MonkeyPatch):
    server = serve(monkeypatch, ApplicationError("because it was not found"))

    assert not await signal_workflow("invoice/1", "stop", "unpaid")

    assert server.pauses == []
