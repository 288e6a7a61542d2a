"""The rows of the read model that one business event changes; a row never returns to an older state."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Table

from domain.collection.next_step import Attempt
from domain.effects.events import BusinessEvent, EntityState, InvoiceRow, SaleRow, SubscriptionRow
from domain.entitlements.grants import Grant
from domain.entitlements.holds import Hold
from domain.failures import ConflictError, RejectedError
from domain.ids import invoice_workflow_id, sale_workflow_id, subscription_workflow_id
from storage.documents import FEATURES, INVOICE, packed
from storage.tables import (
    ENTITY_STATES,
    GRANTS,
    HOLDS,
    INVOICES,
    PAYMENT_ATTEMPTS,
    SALES,
    SUBSCRIPTIONS,
)

_BY_EVENT = ("generation", "sequence")
_BY_VERSION = ("version",)

GUARDS = {
    SALES: _BY_EVENT,
    SUBSCRIPTIONS: _BY_EVENT,
    INVOICES: _BY_EVENT,
    PAYMENT_ATTEMPTS: _BY_EVENT,
    GRANTS: _BY_VERSION,
    HOLDS: _BY_VERSION,
    ENTITY_STATES: _BY_EVENT,
}
"""Table -> the columns whose values must rise before a row changes; also the order of writing the tables."""

Key = tuple[str | int, ...]
Position = tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class RowChange:
    """The whole row after one event, by column."""

    table: Table
    values: Mapping[str, object]

    @property
    def key(self) -> Key:
        """The row's primary key."""
        return tuple(_plain(self.values[column.name]) for column in self.table.primary_key)

    @property
    def position(self) -> Position:
        """The generation and sequence, or the version, that decide which change is the later one."""
        return tuple(int(_plain(self.values[column])) for column in GUARDS[self.table])


def latest_changes(events: Iterable[BusinessEvent]) -> dict[Table, list[RowChange]]:
    """Return the last change of each row, by table; rows are in key order to avoid deadlocks of writers.

    Raises:
        ConflictError: If two events give one grant or hold the same version with other content.
        RejectedError: If an event contains the row of another entity.
    """
    latest: dict[Table, dict[Key, RowChange]] = {table: {} for table in GUARDS}
    for event in events:
        for change in changes_of(event):
            rows = latest[change.table]
            rows[change.key] = _later(rows.get(change.key), change)
    return {
        table: [rows[key] for key in sorted(rows, key=repr)]
        for table, rows in latest.items()
        if rows
    }


def _later(known: RowChange | None, change: RowChange) -> RowChange:
    if known is None or change.position > known.position:
        return change
    if change.position == known.position and change != known:
        raise ConflictError(f"two contents for version {change.position[0]} of {change.key[0]}")
    return known


def changes_of(event: BusinessEvent) -> Iterator[RowChange]:
    """Yield the changed rows of the event.

    Raises:
        RejectedError: If a row belongs to another entity, because their sequences cannot be compared.
    """
    if event.sale is not None:
        _require_own(event, sale_workflow_id(event.sale.order_id))
        yield RowChange(table=SALES, values=_sale(event.sale) | _place(event))
    if event.subscription is not None:
        _require_own(event, subscription_workflow_id(event.subscription.subscription_id))
        yield RowChange(
            table=SUBSCRIPTIONS, values=_subscription(event.subscription) | _place(event)
        )
    if event.invoice is not None:
        _require_own(event, invoice_workflow_id(event.invoice.invoice_id))
        yield RowChange(table=INVOICES, values=_invoice(event.invoice) | _place(event))
    if event.attempt is not None:
        yield RowChange(
            table=PAYMENT_ATTEMPTS, values=_attempt(event, event.attempt) | _place(event)
        )
    if event.grant is not None:
        yield RowChange(table=GRANTS, values=_grant(event.grant))
    if event.hold is not None:
        yield RowChange(table=HOLDS, values=_hold(event.hold))


def change_of_state(state: EntityState) -> RowChange:
    """Return the stored state of an entity after its last event."""
    return RowChange(
        table=ENTITY_STATES,
        values={"entity": state.entity, "state": packed(state.state)} | _place(state),
    )


def _place(moved: BusinessEvent | EntityState) -> dict[str, object]:
    return {"generation": moved.generation, "sequence": moved.sequence}


def _require_own(event: BusinessEvent, entity: str) -> None:
    if event.entity != entity:
        raise RejectedError(f"event {event.event_id} contains the row of {entity}")


def _sale(row: SaleRow) -> dict[str, object]:
    return {
        "order_id": row.order_id,
        "subscription_id": row.subscription_id,
        "account_id": row.account_id,
        "state": row.state.value,
        "failure": row.failure,
    }


def _subscription(row: SubscriptionRow) -> dict[str, object]:
    return {
        "subscription_id": row.subscription_id,
        "account_id": row.account_id,
        "order_id": row.order_id,
        "plan": row.plan,
        "quantity": row.quantity,
        "currency": row.currency,
        "state": row.state.value,
        "period_start": row.period.start if row.period else None,
        "period_end": row.period.end if row.period else None,
        "period_number": row.period_number,
        "cancel_at": row.cancel_at,
        "next_due_at": row.next_due_at,
    }


def _invoice(row: InvoiceRow) -> dict[str, object]:
    if row.amount_due.currency != row.total.currency:
        raise RejectedError(f"invoice {row.invoice_id} is due in another currency")
    return {
        "invoice_id": row.invoice_id,
        "subscription_id": row.subscription_id,
        "account_id": row.account_id,
        "number": row.number,
        "purpose": row.purpose.value,
        "state": row.state.value,
        "currency": row.total.currency,
        "total_minor_units": row.total.minor_units,
        "amount_due_minor_units": row.amount_due.minor_units,
        "issued_on": row.issued_on,
        "due_on": row.due_on,
        "provider_invoice_id": row.provider_invoice_id,
        "payment_id": row.payment_id,
        "hosted_url": row.hosted_url,
        "paid_at": row.paid_at,
        "granted_at": row.granted_at,
        "draft": None if row.draft is None else INVOICE.encode(row.draft),
    }


def _attempt(event: BusinessEvent, attempt: Attempt) -> dict[str, object]:
    invoice = event.entity.removeprefix("invoice/")
    _require_own(event, invoice_workflow_id(invoice))
    return {
        "invoice_id": invoice,
        "number": attempt.number,
        "payment_method": attempt.payment_method,
        "at": attempt.at,
        "decline_class": attempt.decline_class.value if attempt.decline_class else None,
        "decline_code": attempt.decline_code,
    }


def _grant(grant: Grant) -> dict[str, object]:
    return {
        "grant_id": grant.grant_id,
        "version": grant.version,
        "account_id": grant.account_id,
        "subscription_id": grant.subscription_id,
        "features": FEATURES.encode(grant.features),
        "starts_at": grant.starts_at,
        "until": grant.until,
    }


def _hold(hold: Hold) -> dict[str, object]:
    return {
        "hold_id": hold.hold_id,
        "version": hold.version,
        "account_id": hold.account_id,
        "subscription_id": hold.subscription_id,
        "is_active": hold.is_active,
        "reason": hold.reason,
        "starts_at": hold.starts_at,
        "level": hold.level.value,
    }


def _plain(value: object) -> str | int:
    if isinstance(value, str | int):
        return value
    raise TypeError(f"{value!r} cannot be part of a key")
