"""The wall clock, in one place: everything else takes the instant as an argument or is given this."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the present instant, aware, in UTC."""
    return datetime.now(UTC)  # noqa: TID251 - the one place that reads the clock
