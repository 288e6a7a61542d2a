"""The worker's process leaves without taking the interpreter down around Temporal's threads."""

import os
import runpy
from typing import NoReturn

import pytest

from config.settings import Settings
from config.temporal import TemporalUnreachableError


class LeftError(BaseException):
    """Stands for the end of the process."""


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (None, 0, ""),
        (TemporalUnreachableError("nobody at 127.0.0.1:9"), 1, "error: nobody at 127.0.0.1:9\n"),
        (RuntimeError("the namespace is gone"), 1, "RuntimeError: the namespace is gone\n"),
    ],
)
def test_the_worker_leaves_with_its_status_and_its_last_words(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: Exception | None,
    status: int,
    said: str,
):
    async def run(_: Settings) -> None:
        if error is not None:
            raise error

    def leave(code: int) -> NoReturn:
        raise LeftError(code)

    monkeypatch.setattr("workers.main.run", run)
    monkeypatch.setattr("config.logs.start_logging", lambda: None)
    monkeypatch.setattr(os, "_exit", leave)

    with pytest.raises(LeftError) as left:
        runpy.run_module("workers", run_name="__main__")

    assert left.value.args == (status,)
    assert capsys.readouterr().err.endswith(said)
