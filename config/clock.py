"""The only place that reads the wall clock; other code takes an instant, or this function, as an argument."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the current instant, aware, in UTC."""
    return datetime.now(UTC)  # noqa: TID251 - the one place that reads the clock
