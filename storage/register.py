"""The gapless register of invoice numbers, one series at a time per legal entity.

EU VAT Directive 2006/112, art. 226 (2): a sequential number, based on one or more series, that uniquely
identifies the invoice.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from pydantic import JsonValue
from sqlalchemy import Row, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.failures import ConflictError, PerennialError, RejectedError
from domain.invoicing.invoice_parties import InvoiceParties, Party, parties_of
from domain.invoicing.invoices import InvoiceDocument, InvoiceNumber, issue
from domain.parties.accounts import AccountProfile
from storage.database import Database
from storage.documents import INVOICE, PARTIES
from storage.group_commit import GroupCommit
from storage.orders import read_accounts
from storage.tables import INVOICE_DOCUMENTS, INVOICE_NUMBERS, INVOICE_PARTIES, NUMBER_SERIES

_NEVER: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Series:
    """The numbers of one legal entity under one prefix."""

    legal_entity: str
    series: str

    @property
    def key(self) -> dict[str, str]:
        return {"legal_entity": self.legal_entity, "series": self.series}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Request:
    """One invoice's request for a number."""

    draft: InvoiceDocument
    payment_term: timedelta

    @property
    def invoice_id(self) -> str:
        return self.draft.invoice_id


@dataclass(frozen=True, kw_only=True, slots=True)
class _Numbered:
    """An invoice with the number that it takes, and with what is stored of it."""

    request: _Request
    position: int
    number: InvoiceNumber
    parties: InvoiceParties


class InvoiceRegister:
    """Gives every invoice one number, and every number to one invoice.

    Requests that wait at the same time are numbered in one transaction. It locks the counter of the series, so
    that all processes take turns; it checks each request before the counter moves; and a failure undoes numbers
    and counter together. No range of numbers is held ahead. The document, and seller and buyer as they are at
    that moment, are stored with the number.

    Args:
        database: Holds the register and the account profiles.
        clock: Returns the current instant.
        seller: Our company as its invoices name it.
        zone: The seller's time zone, whose date is the date of issue: the dates of a series never go back,
            wherever its buyers are.
    """

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        *,
        seller: Party,
        zone: ZoneInfo | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._seller = seller
        self._zone = zone or ZoneInfo("UTC")
        self._groups: dict[_Series, GroupCommit[_Request, InvoiceNumber]] = {}
        # Writing what is there already locks the row; it also makes the row of a new series.
        self._lock = (
            database.insert(NUMBER_SERIES)
            .on_conflict_do_update(
                index_elements=[NUMBER_SERIES.c.legal_entity, NUMBER_SERIES.c.series],
                set_={"last_position": NUMBER_SERIES.c.last_position},
            )
            .returning(
                NUMBER_SERIES.c.last_position,
                NUMBER_SERIES.c.last_taken_at,
                NUMBER_SERIES.c.last_issued_on,
            )
        )

    async def take_number(
        self, draft: InvoiceDocument, *, series: str, days_until_due: int
    ) -> InvoiceNumber:
        """Return the number of this invoice: the next of its series, or the one it already has.

        Args:
            draft: The invoice; its legal entity owns the series.
            series: Prefix of the number: `INV` gives `INV-000001`.
            days_until_due: Payment term in whole days, 0 or more; 0 makes it due on the day of issue.

        Raises:
            ConflictError: If the invoice already has a number of another legal entity or series.
            RejectedError: If the account is unknown, the payment term is negative, or a VAT id that a reverse
                charge needs is missing.
            UnavailableError: If the database could not serve the call.
        """
        if days_until_due < 0:
            raise RejectedError(f"a payment term has 0 or more days, got {days_until_due}")
        owner = _Series(legal_entity=draft.legal_entity, series=series)
        group = self._groups.get(owner)
        if group is None:
            group = GroupCommit[_Request, InvoiceNumber](
                lambda requests: self._take(owner, requests)
            )
            self._groups[owner] = group
        return await group.do(_Request(draft=draft, payment_term=timedelta(days=days_until_due)))

    async def _take(
        self, owner: _Series, requests: Sequence[_Request]
    ) -> list[InvoiceNumber | PerennialError]:
        """Number these invoices in one transaction, in the order in which they asked."""
        async with self._database.writing() as connection:
            start = {**owner.key, "last_position": 0}
            counter = (await connection.execute(self._lock, start)).one()
            # From here on no other process numbers an invoice of this series.
            results = await _known_numbers(connection, owner, requests)
            checked = await self._check(connection, requests, results)
            if checked:
                numbered = self._number(owner, counter, checked)
                results |= {one.request.invoice_id: one.number for one in numbered}
                await _keep(connection, owner, numbered)
        return [results[request.invoice_id] for request in requests]

    async def _check(
        self,
        connection: AsyncConnection,
        requests: Sequence[_Request],
        results: dict[str, InvoiceNumber | PerennialError],
    ) -> list[tuple[_Request, InvoiceParties]]:
        """Return the requests that get a number; note in `results` why another one is refused."""
        accounts = await read_accounts(connection, {one.draft.account_id for one in requests})
        checked: dict[str, tuple[_Request, InvoiceParties]] = {}
        for request in requests:
            if request.invoice_id not in results:
                try:
                    checked[request.invoice_id] = request, self._parties(request, accounts)
                except RejectedError as refusal:
                    results[request.invoice_id] = refusal
        return list(checked.values())

    def _parties(self, request: _Request, accounts: Mapping[str, AccountProfile]) -> InvoiceParties:
        """Return seller and buyer, still without the number.

        Raises:
            RejectedError: If the account is unknown or a VAT id is missing.
        """
        account = accounts.get(request.draft.account_id)
        if account is None:
            raise RejectedError(f"account {request.draft.account_id} is not in storage")
        try:
            return parties_of(
                replace(request.draft, number=request.invoice_id),
                seller=self._seller,
                account=account,
            )
        except ValueError as error:
            raise RejectedError(str(error)) from error

    def _number(
        self,
        owner: _Series,
        counter: Row[Any, Any, Any],
        checked: Sequence[tuple[_Request, InvoiceParties]],
    ) -> list[_Numbered]:
        # The clock is read under the lock, and never goes back: that of another process may be ahead of ours.
        taken_at = max(self._clock().astimezone(UTC), counter.last_taken_at or _NEVER)
        # Nor does the date, if the seller's zone was changed.
        issued_on = max(taken_at.astimezone(self._zone).date(), counter.last_issued_on or date.min)
        numbered: list[_Numbered] = []
        for position, (request, parties) in enumerate(checked, counter.last_position + 1):
            number = InvoiceNumber(
                number=f"{owner.series}-{position:06d}",
                issued_on=issued_on,
                due_on=issued_on + request.payment_term,
                taken_at=taken_at,
            )
            numbered.append(
                _Numbered(
                    request=request,
                    position=position,
                    number=number,
                    parties=replace(parties, number=number.number),
                )
            )
        return numbered


async def _known_numbers(
    connection: AsyncConnection, owner: _Series, requests: Sequence[_Request]
) -> dict[str, InvoiceNumber | PerennialError]:
    """Return the numbers that invoices already have, by invoice."""
    wanted = select(INVOICE_NUMBERS).where(
        INVOICE_NUMBERS.c.invoice_id.in_({request.invoice_id for request in requests})
    )
    return {row.invoice_id: _known_number(owner, row) for row in await connection.execute(wanted)}


def _known_number(owner: _Series, found: Row[Any]) -> InvoiceNumber | PerennialError:
    if (found.legal_entity, found.series) != (owner.legal_entity, owner.series):
        return ConflictError(
            f"invoice {found.invoice_id} already has number {found.number} of {found.legal_entity}"
        )
    return InvoiceNumber(
        number=found.number,
        issued_on=found.issued_on,
        due_on=found.due_on,
        taken_at=found.taken_at,
    )


async def _keep(connection: AsyncConnection, owner: _Series, numbered: Sequence[_Numbered]) -> None:
    """Move the counter and store the numbers, the documents and their parties."""
    last = numbered[-1]
    moved = {
        "last_position": last.position,
        "last_taken_at": last.number.taken_at,
        "last_issued_on": last.number.issued_on,
    }
    await connection.execute(
        update(NUMBER_SERIES)
        .where(
            NUMBER_SERIES.c.legal_entity == owner.legal_entity,
            NUMBER_SERIES.c.series == owner.series,
        )
        .values(moved)
    )
    await connection.execute(INVOICE_NUMBERS.insert(), [_row(owner, one) for one in numbered])
    documents = [
        _document(one, INVOICE.encode(issue(one.request.draft, one.number))) for one in numbered
    ]
    await connection.execute(INVOICE_DOCUMENTS.insert(), documents)
    parties = [_document(one, PARTIES.encode(one.parties)) for one in numbered]
    await connection.execute(INVOICE_PARTIES.insert(), parties)


def _document(one: _Numbered, document: JsonValue) -> dict[str, object]:
    return {"invoice_id": one.request.invoice_id, "document": document}


def _row(owner: _Series, one: _Numbered) -> dict[str, object]:
    return {
        **owner.key,
        "invoice_id": one.request.invoice_id,
        "position": one.position,
        "number": one.number.number,
        "issued_on": one.number.issued_on,
        "due_on": one.number.due_on,
        "taken_at": one.number.taken_at,
    }
