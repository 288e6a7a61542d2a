"""Seller and buyer of numbered invoices."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from storage.columns import JSON_DOCUMENT

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLE: Final = "invoice_parties"


def upgrade() -> None:
    """Create the table, and let nobody change a row of it."""
    op.create_table(
        TABLE,
        sa.Column("invoice_id", sa.String(), nullable=False),
        sa.Column("document", JSON_DOCUMENT, nullable=False),
        sa.PrimaryKeyConstraint("invoice_id", name="pk_invoice_parties"),
    )
    if op.get_bind().dialect.name == "postgresql":
        _close_postgresql()
    else:
        _close_sqlite()


def downgrade() -> None:
    """Remove the table."""
    op.drop_table(TABLE)


def _close_postgresql() -> None:
    op.execute(
        f"CREATE TRIGGER {TABLE}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {TABLE}"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def _close_sqlite() -> None:
    for change in ("update", "delete"):
        op.execute(
            f"CREATE TRIGGER {TABLE}_append_only_{change} BEFORE {change.upper()} ON {TABLE}"
            f" BEGIN SELECT RAISE(ABORT, '{TABLE} is append-only'); END"
        )
