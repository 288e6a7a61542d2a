"""Builders of values that many tests of the rulebook need."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import settings

from domain.money.money import Money

# A busy machine is no failure: what is slow is measured by the benchmarks.
settings.register_profile("domain", deadline=None)
settings.load_profile("domain")


@pytest.fixture
def utc() -> Callable[[str], datetime]:
    """Build an instant from an ISO date or date and time, read as UTC."""
    return lambda text: datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
def usd() -> Callable[[str], Money]:
    """Build an amount in US dollars from its major units."""
    return lambda text: Money.parse(text, "USD")
