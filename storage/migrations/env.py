"""Runs migrations on the connection, and inside the transaction, that `storage.migrate` opened."""

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from storage.columns import JSON_DOCUMENT, UtcInstant
from storage.tables import METADATA


def _render(kind: str, item: object, context_: AutogenContext) -> str | Literal[False]:
    # A revision must not import our column types: they may change after it was written.
    if kind == "type" and isinstance(item, UtcInstant):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and item is JSON_DOCUMENT:
        context_.imports.add("from sqlalchemy.dialects import postgresql")
        return 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")'
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_item=_render,
)
context.run_migrations()
