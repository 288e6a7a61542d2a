"""Documents of numbered invoices in a table of their own, and when a series took its last number."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from storage.columns import JSON_DOCUMENT

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLE: Final = "invoice_documents"


def upgrade() -> None:
    """Move the document of each numbered invoice; one without a number keeps it as its draft."""
    op.create_table(
        TABLE,
        sa.Column("invoice_id", sa.String(), nullable=False),
        sa.Column("document", JSON_DOCUMENT, nullable=False),
        sa.PrimaryKeyConstraint("invoice_id", name="pk_invoice_documents"),
    )
    op.execute(
        "INSERT INTO invoice_documents (invoice_id, document)"
        " SELECT invoice_id, document FROM invoices WHERE number IS NOT NULL"
    )
    _close()
    op.add_column("invoices", sa.Column("purpose", sa.String(), nullable=True))
    if _is_postgresql():
        op.execute("UPDATE invoices SET purpose = document ->> 'purpose'")
    else:
        op.execute("UPDATE invoices SET purpose = json_extract(document, '$.purpose')")
    with op.batch_alter_table("invoices") as invoices:
        invoices.alter_column("purpose", nullable=False)
        invoices.alter_column("document", new_column_name="draft", nullable=True)
    op.execute("UPDATE invoices SET draft = NULL WHERE number IS NOT NULL")
    op.add_column("number_series", sa.Column("last_taken_at", sa.DateTime(timezone=True)))
    op.add_column("number_series", sa.Column("last_issued_on", sa.Date()))
    op.execute(
        "UPDATE number_series SET (last_taken_at, last_issued_on) ="
        " (SELECT max(taken_at), max(issued_on) FROM invoice_numbers"
        " WHERE invoice_numbers.legal_entity = number_series.legal_entity"
        " AND invoice_numbers.series = number_series.series)"
    )


def downgrade() -> None:
    """Put the documents back beside the rows."""
    op.drop_column("number_series", "last_issued_on")
    op.drop_column("number_series", "last_taken_at")
    op.execute(
        "UPDATE invoices SET draft = (SELECT document FROM invoice_documents"
        " WHERE invoice_documents.invoice_id = invoices.invoice_id) WHERE number IS NOT NULL"
    )
    with op.batch_alter_table("invoices") as invoices:
        invoices.alter_column("draft", new_column_name="document", nullable=False)
        invoices.drop_column("purpose")
    op.drop_table(TABLE)


def _is_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def _close() -> None:
    """Let nobody change a document."""
    if _is_postgresql():
        op.execute(
            f"CREATE TRIGGER {TABLE}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {TABLE}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    for change in ("update", "delete"):
        op.execute(
            f"CREATE TRIGGER {TABLE}_append_only_{change} BEFORE {change.upper()} ON {TABLE}"
            f" BEGIN SELECT RAISE(ABORT, '{TABLE} is append-only'); END"
        )
