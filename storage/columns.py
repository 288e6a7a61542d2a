"""Column types that work the same in SQLite and PostgreSQL."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator
from typing_extensions import override

JSON_DOCUMENT = JSON().with_variant(JSONB(), "postgresql")
"""A JSON document: text in SQLite, JSONB in PostgreSQL."""


class UtcInstant(TypeDecorator[datetime]):
    """An instant: a timezone-aware datetime in Python, stored in UTC.

    SQLite has no type for instants and drops the offset. Values are therefore converted to UTC before they
    are stored, and marked as UTC when they are read.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    @override
    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the instant in UTC.

        Raises:
            ValueError: If it is naive, because it is then unknown which instant is meant.
        """
        if value is None:
            return None
        if value.utcoffset() is None:
            raise ValueError(f"refusing the naive instant {value.isoformat()}")
        return value.astimezone(UTC)

    @override
    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        """Return the stored instant, aware and in UTC."""
        if not isinstance(value, datetime):
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
