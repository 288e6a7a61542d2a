"""What processes log."""

import logging
from collections.abc import Generator

import pytest

from config.logs import start_logging


@pytest.fixture(autouse=True)
def levels() -> Generator[None]:
    loggers = [logging.getLogger(name) for name in ("httpx", "stripe")]
    before = [logger.level for logger in loggers]
    yield
    for logger, level in zip(loggers, before, strict=True):
        logger.setLevel(level)


@pytest.mark.parametrize("library", ["httpx", "stripe"])
def test_addresses_with_a_customer_in_them_are_not_logged(
    library: str, caplog: pytest.LogCaptureFixture
) -> None:
    start_logging()
    caplog.set_level(logging.INFO)

    logging.getLogger(library).info("GET /v1/customers?email=ada%40acme.example")
    logging.getLogger(library).warning("no answer")

    assert caplog.messages == ["no answer"]
