"""Builders of values that many tests of the rulebook need."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from domain.money import Money


@pytest.fixture
def utc() -> Callable[[str], datetime]:
    """Build an instant from an ISO date or date and time, read as UTC."""
    return lambda text: datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
def usd() -> Callable[[str], Money]:
    """Build an amount in US dollars from its major units."""
    return lambda text: Money.parse(text, "USD")
