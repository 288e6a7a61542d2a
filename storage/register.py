"""The gapless register of invoice numbers, one series at a time per legal entity.

EU VAT Directive 2006/112, art. 226 (2): a sequential number, based on one or more series, that uniquely
identifies the invoice.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.failures import ConflictError, RejectedError
from domain.invoicing.invoice_parties import InvoiceParties, Party, parties_of
from domain.invoicing.invoices import InvoiceDocument, InvoiceNumber, issue
from domain.parties.accounts import AccountProfile
from domain.periods.periods import UnknownZoneError, zone_info
from storage.database import Database
from storage.documents import PARTIES
from storage.orders import read_account
from storage.tables import INVOICE_NUMBERS, INVOICE_PARTIES, NUMBER_SERIES


@dataclass(frozen=True, kw_only=True, slots=True)
class _Request:
    """One invoice's request for a number, already checked."""

    draft: InvoiceDocument
    series: str
    zone: ZoneInfo
    payment_term: timedelta

    @property
    def invoice_id(self) -> str:
        return self.draft.invoice_id

    @property
    def legal_entity(self) -> str:
        return self.draft.legal_entity

    def issued_on(self, instant: datetime) -> date:
        return instant.astimezone(self.zone).date()


class _TakenMeanwhileError(Exception):
    """Another transaction numbered the same invoice first; ours must be rolled back."""


class InvoiceRegister:
    """Gives every invoice one number, and every number to one invoice.

    The counter is advanced in the transaction that stores the number, so that a failure undoes both. The
    row lock of the counter makes transactions that need a number of one series wait for each other. The
    seller and the buyer, as they are at that moment, are stored with the number.

    Args:
        database: Holds the register and the account profiles.
        clock: Returns the current instant.
        seller: Our company as its invoices name it.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime], *, seller: Party) -> None:
        self._database = database
        self._clock = clock
        self._seller = seller
        self._advance = (
            database.insert(NUMBER_SERIES)
            .on_conflict_do_update(
                index_elements=[NUMBER_SERIES.c.legal_entity, NUMBER_SERIES.c.series],
                set_={"last_position": NUMBER_SERIES.c.last_position + 1},
            )
            .returning(NUMBER_SERIES.c.last_position)
        )
        self._keep = (
            database.insert(INVOICE_NUMBERS)
            .on_conflict_do_nothing(index_elements=[INVOICE_NUMBERS.c.invoice_id])
            .returning(INVOICE_NUMBERS.c.invoice_id)
        )

    async def take_number(
        self, draft: InvoiceDocument, *, series: str, zone: str, days_until_due: int
    ) -> InvoiceNumber:
        """Return the number of this invoice: the next of its series, or the one it already has.

        Args:
            draft: The invoice; its legal entity owns the series.
            series: Prefix of the number: `INV` gives `INV-000001`.
            zone: IANA time zone whose date is the date of issue.
            days_until_due: Payment term in whole days, 0 or more; 0 makes it due on the day of issue.

        Raises:
            ConflictError: If the invoice already has a number of another legal entity or series.
            RejectedError: If the zone or the account is unknown, the payment term is negative, or a VAT id
                that a reverse charge needs is missing.
            UnavailableError: If the database could not serve the call.
        """
        request = _checked(draft, series=series, zone=zone, days_until_due=days_until_due)
        known = await self._find(request)
        if known is not None:
            return known
        try:
            async with self._database.writing() as connection:
                return await self._take(connection, request)
        except _TakenMeanwhileError:
            known = await self._find(request)
        if known is None:
            raise ConflictError(f"the number of invoice {request.invoice_id} has vanished")
        return known

    async def _take(self, connection: AsyncConnection, request: _Request) -> InvoiceNumber:
        # Read before the counter is locked: other transactions then wait for a shorter time.
        account = await read_account(connection, request.draft.account_id)
        if account is None:
            raise RejectedError(f"account {request.draft.account_id} is not in storage")
        owner = {"legal_entity": request.legal_entity, "series": request.series}
        advanced = await connection.execute(self._advance, {**owner, "last_position": 1})
        position = advanced.scalar_one()
        # Read the clock after the lock is taken: the instants of a series then rise with its numbers.
        taken_at = self._clock().astimezone(UTC)
        issued_on = request.issued_on(taken_at)
        number = InvoiceNumber(
            number=f"{request.series}-{position:06d}",
            issued_on=issued_on,
            due_on=issued_on + request.payment_term,
            taken_at=taken_at,
        )
        row = {
            **owner,
            "invoice_id": request.invoice_id,
            "position": position,
            "number": number.number,
            "issued_on": number.issued_on,
            "due_on": number.due_on,
            "taken_at": number.taken_at,
        }
        if (await connection.execute(self._keep, row)).first() is None:
            raise _TakenMeanwhileError
        parties = self._parties(request, number, account)
        kept = {"invoice_id": request.invoice_id, "document": PARTIES.encode(parties)}
        await connection.execute(INVOICE_PARTIES.insert(), kept)
        return number

    def _parties(
        self, request: _Request, number: InvoiceNumber, account: AccountProfile
    ) -> InvoiceParties:
        try:
            return parties_of(issue(request.draft, number), seller=self._seller, account=account)
        except ValueError as error:
            raise RejectedError(str(error)) from error

    async def _find(self, request: _Request) -> InvoiceNumber | None:
        wanted = select(INVOICE_NUMBERS).where(INVOICE_NUMBERS.c.invoice_id == request.invoice_id)
        async with self._database.reading() as connection:
            found = (await connection.execute(wanted)).first()
        if found is None:
            return None
        if (found.legal_entity, found.series) != (request.legal_entity, request.series):
            raise ConflictError(
                f"invoice {request.invoice_id} already has number {found.number} of {found.legal_entity}"
            )
        return InvoiceNumber(
            number=found.number,
            issued_on=found.issued_on,
            due_on=found.due_on,
            taken_at=found.taken_at,
        )


def _checked(draft: InvoiceDocument, *, series: str, zone: str, days_until_due: int) -> _Request:
    if days_until_due < 0:
        raise RejectedError(f"a payment term has 0 or more days, got {days_until_due}")
    try:
        zone_of_account = zone_info(zone)
    except UnknownZoneError as error:
        raise RejectedError(str(error)) from error
    return _Request(
        draft=draft,
        series=series,
        zone=zone_of_account,
        payment_term=timedelta(days=days_until_due),
    )
