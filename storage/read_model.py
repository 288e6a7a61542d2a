"""Reads for the API and the command line, from our own tables and never from workflow visibility."""

from collections.abc import Sequence
from typing import Any, Final

from pydantic import TypeAdapter
from sqlalchemy import Column, ColumnElement, RowMapping, Select, func, select, tuple_

from domain.collection.next_step import Attempt
from domain.effects.events import BusinessEvent, InvoiceRow, SaleRow, SubscriptionRow
from domain.entitlements.grants import Grant
from domain.entitlements.holds import Hold
from domain.invoicing.invoice_parties import InvoiceParties
from domain.invoicing.invoices import InvoiceDocument, InvoicePurpose
from domain.invoicing.transitions import InvoiceState
from domain.money.money import Money
from domain.periods.periods import Period
from domain.subscription.states import SubscriptionState
from storage.database import Database
from storage.documents import INVOICE, PARTIES, event_of
from storage.tables import (
    EVENTS,
    GRANTS,
    HOLDS,
    INVOICE_DOCUMENTS,
    INVOICE_PARTIES,
    INVOICES,
    PAYMENT_ATTEMPTS,
    SALES,
    SUBSCRIPTIONS,
)

_SALE: Final = TypeAdapter(SaleRow)
_ATTEMPT: Final = TypeAdapter(Attempt)
_GRANT: Final = TypeAdapter(Grant)
_HOLD: Final = TypeAdapter(Hold)
_DEFAULT_LIMIT: Final = 100
# The ids of invoices end in a zero-padded counter, which may become longer than its padding.
_AGE: Final = (func.length(INVOICES.c.invoice_id), INVOICES.c.invoice_id)
_START: Final = (GRANTS.c.starts_at, GRANTS.c.grant_id)


class ReadModel:
    """The state of every entity after the last event recorded for it.

    Lists have a fixed order and at most `limit` entries; `after` is the id of the last entry seen.
    Every method raises `UnavailableError` if the database could not serve it.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find_sale(self, order_id: str) -> SaleRow | None:
        """Return the sale of this order, or None if nothing was recorded for it."""
        rows = await self._rows(select(SALES).where(SALES.c.order_id == order_id))
        return _SALE.validate_python(dict(rows[0])) if rows else None

    async def find_subscription(self, subscription_id: str) -> SubscriptionRow | None:
        """Return the subscription, or None if nothing was recorded for it."""
        rows = await self._rows(
            select(SUBSCRIPTIONS).where(SUBSCRIPTIONS.c.subscription_id == subscription_id)
        )
        return _subscription(rows[0]) if rows else None

    async def subscriptions(
        self,
        *,
        account_id: str | None = None,
        state: SubscriptionState | None = None,
        limit: int = _DEFAULT_LIMIT,
        after: str | None = None,
    ) -> tuple[SubscriptionRow, ...]:
        """Return the subscriptions of an account, in a state, or both, in the order of their ids."""
        wanted = select(SUBSCRIPTIONS).order_by(SUBSCRIPTIONS.c.subscription_id).limit(limit)
        if account_id is not None:
            wanted = wanted.where(SUBSCRIPTIONS.c.account_id == account_id)
        if state is not None:
            wanted = wanted.where(SUBSCRIPTIONS.c.state == state.value)
        if after is not None:
            wanted = wanted.where(SUBSCRIPTIONS.c.subscription_id > after)
        return tuple(_subscription(row) for row in await self._rows(wanted))

    async def find_invoice(self, invoice_id: str) -> InvoiceRow | None:
        """Return the invoice, or None if nothing was recorded for it."""
        rows = await self._rows(select(INVOICES).where(INVOICES.c.invoice_id == invoice_id))
        return _invoice(rows[0]) if rows else None

    async def invoices_of(
        self, subscription_id: str, *, limit: int = _DEFAULT_LIMIT, after: str | None = None
    ) -> tuple[InvoiceRow, ...]:
        """Return invoices of a subscription, oldest first."""
        wanted = _invoices_of(subscription_id).order_by(*_AGE).limit(limit)
        if after is not None:
            wanted = wanted.where(tuple_(*_AGE) > tuple_(len(after), after))
        return tuple(_invoice(row) for row in await self._rows(wanted))

    async def newest_invoices_of(self, subscription_id: str, limit: int) -> tuple[InvoiceRow, ...]:
        """Return the newest invoices of a subscription, oldest first."""
        newest_first = (column.desc() for column in _AGE)
        wanted = _invoices_of(subscription_id).order_by(*newest_first).limit(limit)
        return tuple(_invoice(row) for row in reversed(await self._rows(wanted)))

    async def document_of(self, invoice: InvoiceRow) -> InvoiceDocument | None:
        """Return the document of an invoice; None if a number was taken and lost, which cannot happen."""
        if invoice.draft is not None:
            return invoice.draft
        rows = await self._rows(
            select(INVOICE_DOCUMENTS).where(INVOICE_DOCUMENTS.c.invoice_id == invoice.invoice_id)
        )
        return INVOICE.decode(rows[0]["document"]) if rows else None

    async def parties_of(self, invoice_id: str) -> InvoiceParties | None:
        """Return seller and buyer as the issued invoice names them, or None before it has a number."""
        rows = await self._rows(
            select(INVOICE_PARTIES).where(INVOICE_PARTIES.c.invoice_id == invoice_id)
        )
        return PARTIES.decode(rows[0]["document"]) if rows else None

    async def attempts_of(self, invoice_id: str) -> tuple[Attempt, ...]:
        """Return the charges tried for an invoice, in the order of their numbers."""
        wanted = (
            select(PAYMENT_ATTEMPTS)
            .where(PAYMENT_ATTEMPTS.c.invoice_id == invoice_id)
            .order_by(PAYMENT_ATTEMPTS.c.number)
        )
        return tuple(_ATTEMPT.validate_python(dict(row)) for row in await self._rows(wanted))

    async def grants_of(
        self, subscription_id: str, *, limit: int = _DEFAULT_LIMIT, after: str | None = None
    ) -> tuple[Grant, ...]:
        """Return grants that invoices of this subscription unlocked, earliest start first."""
        wanted = _grants_of(subscription_id).order_by(*_START).limit(limit)
        if after is not None:
            wanted = _beyond(wanted, _START, GRANTS.c.grant_id == after)
        return tuple(_GRANT.validate_python(dict(row)) for row in await self._rows(wanted))

    async def newest_grants_of(self, subscription_id: str, limit: int) -> tuple[Grant, ...]:
        """Return the grants of this subscription that start last, earliest start first."""
        latest_first = (column.desc() for column in _START)
        wanted = _grants_of(subscription_id).order_by(*latest_first).limit(limit)
        rows = reversed(await self._rows(wanted))
        return tuple(_GRANT.validate_python(dict(row)) for row in rows)

    async def holds_of(self, subscription_id: str) -> tuple[Hold, ...]:
        """Return the holds of this subscription, active or not, in the order of their ids."""
        wanted = (
            select(HOLDS)
            .where(HOLDS.c.subscription_id == subscription_id)
            .order_by(HOLDS.c.hold_id)
        )
        return tuple(_HOLD.validate_python(dict(row)) for row in await self._rows(wanted))

    async def events_of(
        self, subscription_id: str, *, after: str | None = None, limit: int = _DEFAULT_LIMIT
    ) -> tuple[BusinessEvent, ...]:
        """Return the events of a subscription, its sale and its invoices, ordered by time.

        An event that is recorded late is sorted by its own time, so it may appear before an `after` that was
        returned earlier.
        """
        place = (EVENTS.c.at, EVENTS.c.entity, EVENTS.c.generation, EVENTS.c.sequence)
        wanted = (
            select(EVENTS)
            .where(EVENTS.c.subscription_id == subscription_id)
            .order_by(*place)
            .limit(limit)
        )
        if after is not None:
            wanted = _beyond(wanted, place, EVENTS.c.event_id == after)
        rows = await self._rows(wanted)
        return tuple(event_of(row) for row in rows)

    async def _rows(self, wanted: Select[*tuple[Any, ...]]) -> Sequence[RowMapping]:
        async with self._database.reading() as connection:
            return (await connection.execute(wanted)).mappings().all()


def _invoices_of(subscription_id: str) -> Select[*tuple[Any, ...]]:
    return select(INVOICES).where(INVOICES.c.subscription_id == subscription_id)


def _grants_of(subscription_id: str) -> Select[*tuple[Any, ...]]:
    return select(GRANTS).where(GRANTS.c.subscription_id == subscription_id)


def _beyond(
    wanted: Select[*tuple[Any, ...]],
    place: tuple[Column[Any], ...],
    is_last_seen: ColumnElement[bool],
) -> Select[*tuple[Any, ...]]:
    """Return the part of a list that comes after the row that was seen last."""
    seen = select(*place).where(is_last_seen).scalar_subquery()
    return wanted.where(tuple_(*place) > seen)


def _subscription(row: RowMapping) -> SubscriptionRow:
    start, end = row["period_start"], row["period_end"]
    return SubscriptionRow(
        subscription_id=row["subscription_id"],
        account_id=row["account_id"],
        order_id=row["order_id"],
        plan=row["plan"],
        quantity=row["quantity"],
        currency=row["currency"],
        state=SubscriptionState(row["state"]),
        period=None if start is None else Period(start=start, end=end),
        period_number=row["period_number"],
        cancel_at=row["cancel_at"],
        next_due_at=row["next_due_at"],
    )


def _invoice(row: RowMapping) -> InvoiceRow:
    currency, draft = row["currency"], row["draft"]
    return InvoiceRow(
        invoice_id=row["invoice_id"],
        subscription_id=row["subscription_id"],
        account_id=row["account_id"],
        number=row["number"],
        purpose=InvoicePurpose(row["purpose"]),
        total=Money(minor_units=row["total_minor_units"], currency=currency),
        issued_on=row["issued_on"],
        due_on=row["due_on"],
        state=InvoiceState(row["state"]),
        amount_due=Money(minor_units=row["amount_due_minor_units"], currency=currency),
        provider_invoice_id=row["provider_invoice_id"],
        payment_id=row["payment_id"],
        hosted_url=row["hosted_url"],
        paid_at=row["paid_at"],
        granted_at=row["granted_at"],
        draft=None if draft is None else INVOICE.decode(draft),
    )
