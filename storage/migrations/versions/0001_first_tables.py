"""First tables: orders and accounts, events and read model, numbers."""

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

INSTANT: Final = sa.DateTime(timezone=True)
DOCUMENT: Final = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
TABLES: Final = (
    "orders",
    "accounts",
    "sales",
    "subscriptions",
    "invoices",
    "payment_attempts",
    "grants",
    "holds",
    "events",
    "number_series",
    "invoice_numbers",
)
APPEND_ONLY: Final = ("events", "invoice_numbers")


def upgrade() -> None:
    """Create the tables and close the append-only ones to changes."""
    _create_orders()
    _create_accounts()
    _create_sales()
    _create_subscriptions()
    _create_invoices()
    _create_payment_attempts()
    _create_grants()
    _create_holds()
    _create_events()
    _create_number_series()
    _create_invoice_numbers()
    if op.get_bind().dialect.name == "postgresql":
        _close_postgresql()
    else:
        _close_sqlite()


def downgrade() -> None:
    """Remove every table with its triggers."""
    for table in reversed(TABLES):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_change()")


def _create_orders() -> None:
    op.create_table(
        "orders",
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("document", DOCUMENT, nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("order_id", name="pk_orders"),
    )
    op.create_index("ix_orders_account_id", "orders", ["account_id"])


def _create_accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("vat_id", sa.String()),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.order_id"], name="fk_accounts_order_id"),
        sa.PrimaryKeyConstraint("account_id", name="pk_accounts"),
    )
    op.create_index("ix_accounts_order_id", "accounts", ["order_id"])


def _create_sales() -> None:
    op.create_table(
        "sales",
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("subscription_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("failure", sa.Text()),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("order_id", name="pk_sales"),
    )
    op.create_index("ix_sales_account_id", "sales", ["account_id"])
    op.create_index("ix_sales_subscription_id", "sales", ["subscription_id"])


def _create_subscriptions() -> None:
    op.create_table(
        "subscriptions",
        sa.Column("subscription_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("plan", sa.String(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("period_start", INSTANT),
        sa.Column("period_end", INSTANT),
        sa.Column("period_number", sa.BigInteger(), nullable=False),
        sa.Column("cancel_at", INSTANT),
        sa.Column("next_due_at", INSTANT),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("subscription_id", name="pk_subscriptions"),
    )
    op.create_index(
        "ix_subscriptions_account_id_subscription_id",
        "subscriptions",
        ["account_id", "subscription_id"],
    )
    op.create_index(
        "ix_subscriptions_state_subscription_id", "subscriptions", ["state", "subscription_id"]
    )


def _create_invoices() -> None:
    op.create_table(
        "invoices",
        sa.Column("invoice_id", sa.String(), nullable=False),
        sa.Column("subscription_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("number", sa.String()),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("total_minor_units", sa.BigInteger(), nullable=False),
        sa.Column("amount_due_minor_units", sa.BigInteger(), nullable=False),
        sa.Column("issued_on", sa.Date()),
        sa.Column("due_on", sa.Date()),
        sa.Column("payable_id", sa.String()),
        sa.Column("payment_id", sa.String()),
        sa.Column("hosted_url", sa.Text()),
        sa.Column("paid_at", INSTANT),
        sa.Column("granted_at", INSTANT),
        sa.Column("document", DOCUMENT, nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("invoice_id", name="pk_invoices"),
    )
    op.create_index("ix_invoices_account_id", "invoices", ["account_id"])
    op.create_index("ix_invoices_subscription_id", "invoices", ["subscription_id"])


def _create_payment_attempts() -> None:
    op.create_table(
        "payment_attempts",
        sa.Column("invoice_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("payment_method", sa.String(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("decline_class", sa.String()),
        sa.Column("decline_code", sa.String()),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("invoice_id", "number", name="pk_payment_attempts"),
    )


def _create_grants() -> None:
    op.create_table(
        "grants",
        sa.Column("grant_id", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("subscription_id", sa.String(), nullable=False),
        sa.Column("features", DOCUMENT, nullable=False),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("grant_id", name="pk_grants"),
    )
    op.create_index("ix_grants_account_id", "grants", ["account_id"])
    op.create_index("ix_grants_subscription_id", "grants", ["subscription_id"])


def _create_holds() -> None:
    op.create_table(
        "holds",
        sa.Column("hold_id", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("subscription_id", sa.String(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("hold_id", name="pk_holds"),
    )
    op.create_index("ix_holds_account_id", "holds", ["account_id"])
    op.create_index("ix_holds_subscription_id", "holds", ["subscription_id"])


def _create_events() -> None:
    op.create_table(
        "events",
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("event_type", sa.String(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("subscription_id", sa.String(), nullable=False),
        sa.Column("document", DOCUMENT, nullable=False),
        sa.PrimaryKeyConstraint("event_id", name="pk_events"),
        sa.UniqueConstraint("entity", "sequence", name="uq_events_entity_sequence"),
    )
    op.create_index("ix_events_account_id_at", "events", ["account_id", "at"])
    op.create_index(
        "ix_events_subscription_id_at_entity_sequence",
        "events",
        ["subscription_id", "at", "entity", "sequence"],
    )


def _create_number_series() -> None:
    op.create_table(
        "number_series",
        sa.Column("legal_entity", sa.String(), nullable=False),
        sa.Column("series", sa.String(), nullable=False),
        sa.Column("last_position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("legal_entity", "series", name="pk_number_series"),
    )


def _create_invoice_numbers() -> None:
    op.create_table(
        "invoice_numbers",
        sa.Column("invoice_id", sa.String(), nullable=False),
        sa.Column("legal_entity", sa.String(), nullable=False),
        sa.Column("series", sa.String(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("taken_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["legal_entity", "series"],
            ["number_series.legal_entity", "number_series.series"],
            name="fk_invoice_numbers_legal_entity_series",
        ),
        sa.PrimaryKeyConstraint("invoice_id", name="pk_invoice_numbers"),
        sa.UniqueConstraint(
            "legal_entity", "number", name="uq_invoice_numbers_legal_entity_number"
        ),
        sa.UniqueConstraint(
            "legal_entity",
            "series",
            "position",
            name="uq_invoice_numbers_legal_entity_series_position",
        ),
    )


def _close_postgresql() -> None:
    op.execute(
        """
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
        END $$
        """
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def _close_sqlite() -> None:
    for table in APPEND_ONLY:
        for change in ("update", "delete"):
            op.execute(
                f"CREATE TRIGGER {table}_append_only_{change} BEFORE {change.upper()} ON {table}"
                f" BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
