"""Generations, the carried state of each entity, the level of a hold, and an index for account and state."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ROWS: Final = ("sales", "subscriptions", "invoices", "payment_attempts")
STATE_INDEX: Final = "ix_subscriptions_account_id_state_subscription_id"


def upgrade() -> None:
    """Add the table, the index, and the columns with the value that every row had."""
    op.create_table(
        "entity_states",
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("entity", name="pk_entity_states"),
    )
    for table in (*ROWS, "events"):
        op.add_column(table, _generation())
    op.add_column("holds", sa.Column("level", sa.String(), server_default="held", nullable=False))
    op.create_index(STATE_INDEX, "subscriptions", ["account_id", "state", "subscription_id"])
    _place_events_by("entity", "generation", "sequence", instead_of=("entity", "sequence"))


def downgrade() -> None:
    """Remove them; no entity of a later generation may exist."""
    _place_events_by("entity", "sequence", instead_of=("entity", "generation", "sequence"))
    op.drop_index(STATE_INDEX, "subscriptions")
    op.drop_column("holds", "level")
    for table in ("events", *ROWS):
        op.drop_column(table, "generation")
    op.drop_table("entity_states")


def _generation() -> sa.Column[int]:
    return sa.Column("generation", sa.BigInteger(), server_default="0", nullable=False)


def _place_events_by(*columns: str, instead_of: tuple[str, ...]) -> None:
    """Make these columns the unique place of an event among the events of its entity."""
    op.drop_index(f"ix_events_subscription_id_at_{'_'.join(instead_of)}", "events")
    with op.batch_alter_table("events") as events:
        events.drop_constraint(f"uq_events_{'_'.join(instead_of)}", type_="unique")
        events.create_unique_constraint(f"uq_events_{'_'.join(columns)}", list(columns))
    op.create_index(
        f"ix_events_subscription_id_at_{'_'.join(columns)}",
        "events",
        ["subscription_id", "at", *columns],
    )
    if op.get_bind().dialect.name == "sqlite":
        # SQLite cannot alter a constraint: the table was written anew, without its triggers.
        for change in ("update", "delete"):
            op.execute(
                f"CREATE TRIGGER events_append_only_{change} BEFORE {change.upper()} ON events"
                " BEGIN SELECT RAISE(ABORT, 'events is append-only'); END"
            )
