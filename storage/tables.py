"""Our own tables. Money is stored as whole minor units and a currency; states are values of the domain."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from storage.columns import JSON_DOCUMENT, UtcInstant

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _generation() -> Column[int]:
    """Return the column that says how often the entity was revived; its rows move by it and `sequence`."""
    return Column("generation", BigInteger, nullable=False, server_default="0")


ORDERS = Table(
    "orders",
    METADATA,
    Column("order_id", String, primary_key=True),
    Column("account_id", String, nullable=False, index=True),
    Column("digest", String(64), nullable=False),
    Column("document", JSON_DOCUMENT, nullable=False),
    Column("received_at", UtcInstant, nullable=False),
)
"""Orders as submitted; never changed afterwards."""

ACCOUNTS = Table(
    "accounts",
    METADATA,
    Column("account_id", String, primary_key=True),
    Column("name", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("country", String(2), nullable=False),
    Column("zone", String, nullable=False),
    Column("vat_id", String),
    Column("order_id", String, ForeignKey("orders.order_id"), nullable=False, index=True),
    Column("updated_at", UtcInstant, nullable=False),
    Column("address", JSON_DOCUMENT, nullable=False, server_default=text("'[]'")),
)
"""Account profiles from the latest order of each account; they contain personal data."""

SALES = Table(
    "sales",
    METADATA,
    Column("order_id", String, primary_key=True),
    Column("subscription_id", String, nullable=False, index=True),
    Column("account_id", String, nullable=False, index=True),
    Column("state", String, nullable=False),
    Column("failure", Text),
    _generation(),
    Column("sequence", BigInteger, nullable=False),
)

SUBSCRIPTIONS = Table(
    "subscriptions",
    METADATA,
    Column("subscription_id", String, primary_key=True),
    Column("account_id", String, nullable=False),
    Column("order_id", String, nullable=False),
    Column("plan", String, nullable=False),
    Column("quantity", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("state", String, nullable=False),
    Column("period_start", UtcInstant),
    Column("period_end", UtcInstant),
    Column("period_number", BigInteger, nullable=False),
    Column("cancel_at", UtcInstant),
    Column("next_due_at", UtcInstant),
    _generation(),
    Column("sequence", BigInteger, nullable=False),
    Index(None, "account_id", "subscription_id"),
    Index(None, "account_id", "state", "subscription_id"),
    Index(None, "state", "subscription_id"),
)

INVOICES = Table(
    "invoices",
    METADATA,
    Column("invoice_id", String, primary_key=True),
    Column("subscription_id", String, nullable=False, index=True),
    Column("account_id", String, nullable=False, index=True),
    Column("number", String),
    Column("purpose", String, nullable=False),
    Column("state", String, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("total_minor_units", BigInteger, nullable=False),
    Column("amount_due_minor_units", BigInteger, nullable=False),
    Column("issued_on", Date),
    Column("due_on", Date),
    Column("provider_invoice_id", String),
    Column("payment_id", String),
    Column("hosted_url", Text),
    Column("paid_at", UtcInstant),
    Column("granted_at", UtcInstant),
    Column("draft", JSON_DOCUMENT),
    _generation(),
    Column("sequence", BigInteger, nullable=False),
)

PAYMENT_ATTEMPTS = Table(
    "payment_attempts",
    METADATA,
    Column("invoice_id", String, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("payment_method", String, nullable=False),
    Column("at", UtcInstant, nullable=False),
    Column("decline_class", String),
    Column("decline_code", String),
    _generation(),
    Column("sequence", BigInteger, nullable=False),
)

GRANTS = Table(
    "grants",
    METADATA,
    Column("grant_id", String, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("account_id", String, nullable=False, index=True),
    Column("subscription_id", String, nullable=False, index=True),
    Column("features", JSON_DOCUMENT, nullable=False),
    Column("starts_at", UtcInstant, nullable=False),
    Column("until", UtcInstant, nullable=False),
)

HOLDS = Table(
    "holds",
    METADATA,
    Column("hold_id", String, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("account_id", String, nullable=False, index=True),
    Column("subscription_id", String, nullable=False, index=True),
    Column("is_active", Boolean, nullable=False),
    Column("reason", String, nullable=False),
    Column("starts_at", UtcInstant, nullable=False),
    Column("level", String, nullable=False, server_default="held"),
)

ENTITY_STATES = Table(
    "entity_states",
    METADATA,
    Column("entity", String, primary_key=True),
    Column("generation", BigInteger, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("state", LargeBinary, nullable=False),
)
"""The carried state of every entity after its last event, as compressed JSON; its documents are references."""

EVENTS = Table(
    "events",
    METADATA,
    Column("event_id", String, primary_key=True),
    Column("entity", String, nullable=False),
    _generation(),
    Column("sequence", BigInteger, nullable=False),
    Column("event_type", String, nullable=False),
    Column("at", UtcInstant, nullable=False),
    Column("account_id", String, nullable=False),
    Column("subscription_id", String, nullable=False),
    Column("document", JSON_DOCUMENT, nullable=False),
    UniqueConstraint("entity", "generation", "sequence"),
    Index(None, "account_id", "at"),
    Index(None, "subscription_id", "at", "entity", "generation", "sequence"),
)
"""Business events, append-only: triggers refuse updates and deletes."""

NUMBER_SERIES = Table(
    "number_series",
    METADATA,
    Column("legal_entity", String, primary_key=True),
    Column("series", String, primary_key=True),
    Column("last_position", BigInteger, nullable=False),
    Column("last_taken_at", UtcInstant),
    Column("last_issued_on", Date),
)
"""The last position taken in each series, and when; its row is the lock that keeps the series gapless."""

INVOICE_NUMBERS = Table(
    "invoice_numbers",
    METADATA,
    Column("invoice_id", String, primary_key=True),
    Column("legal_entity", String, nullable=False),
    Column("series", String, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("number", String, nullable=False),
    Column("issued_on", Date, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("taken_at", UtcInstant, nullable=False),
    ForeignKeyConstraint(
        ["legal_entity", "series"], ["number_series.legal_entity", "number_series.series"]
    ),
    UniqueConstraint("legal_entity", "series", "position"),
    UniqueConstraint("legal_entity", "number"),
)
"""The register of legal numbers, append-only: a number that was taken is never changed or released."""

INVOICE_DOCUMENTS = Table(
    "invoice_documents",
    METADATA,
    Column("invoice_id", String, primary_key=True),
    Column("document", JSON_DOCUMENT, nullable=False),
)
"""Each invoice as it was numbered, append-only; everything else refers to it by its id."""

INVOICE_PARTIES = Table(
    "invoice_parties",
    METADATA,
    Column("invoice_id", String, primary_key=True),
    Column("document", JSON_DOCUMENT, nullable=False),
)
"""Seller and buyer as each numbered invoice names them, append-only: never joined to live data."""

INBOUND_EVENTS = Table(
    "inbound_events",
    METADATA,
    Column("source", String, primary_key=True),
    Column("event_id", String, primary_key=True),
    Column("event_type", String, nullable=False),
    Column("disposition", String, nullable=False),
    Column("deliveries", BigInteger, nullable=False),
    Column("received_at", UtcInstant, nullable=False, index=True),
    Column("last_received_at", UtcInstant, nullable=False),
)
"""Webhook events as received, one row per event for all its deliveries."""

IDEMPOTENCY_KEYS = Table(
    "idempotency_keys",
    METADATA,
    Column("key", String, primary_key=True),
    Column("fingerprint", String, nullable=False),
    Column("claimed_until", UtcInstant, nullable=False),
    Column("expires_at", UtcInstant, nullable=False, index=True),
    Column("response_status", Integer),
    Column("response_body", LargeBinary),
)
"""Responses of the HTTP API by `Idempotency-Key`; no status means that the request is still running."""

APPEND_ONLY = ("events", "invoice_numbers", "invoice_documents", "invoice_parties")
"""Tables whose rows are never updated or deleted; triggers of the migrations refuse it."""
