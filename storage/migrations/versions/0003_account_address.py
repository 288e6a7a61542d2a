"""The postal address of an account."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; accounts that are known have no address yet."""
    lines = sa.JSON().with_variant(JSONB(), "postgresql")
    column = sa.Column("address", lines, nullable=False, server_default=sa.text("'[]'"))
    op.add_column("accounts", column)


def downgrade() -> None:
    """Remove the column."""
    op.drop_column("accounts", "address")
