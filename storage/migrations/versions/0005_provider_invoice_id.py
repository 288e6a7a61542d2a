"""The id of the provider's invoice is called what it is."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Rename the column; its values stay."""
    op.alter_column("invoices", "payable_id", new_column_name="provider_invoice_id")


def downgrade() -> None:
    """Give the column its former name."""
    op.alter_column("invoices", "provider_invoice_id", new_column_name="payable_id")
