"""The number register: every invoice one number, no gaps, no doubles, whatever happens."""

import asyncio
import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from domain.failures import ConflictError, RejectedError
from domain.invoicing.invoices import InvoiceNumber, TaxLine
from domain.money.money import Money
from domain.parties.orders import Order
from storage.database import Database
from storage.orders import OrderStore
from storage.read_model import ReadModel
from storage.register import InvoiceRegister
from storage.tables import INVOICE_NUMBERS
from tests.unit.storage.builders import SELLER, DraftBuilder
from tests.unit.storage.conftest import SteppingClock


@pytest.fixture
async def register(database: Database, clock: SteppingClock, an_order: Order) -> InvoiceRegister:
    await OrderStore(database, clock).add_order(an_order)
    return InvoiceRegister(database, clock, seller=SELLER)


async def _positions(database: Database, series: str = "INV") -> list[int]:
    wanted = select(INVOICE_NUMBERS.c.position).where(INVOICE_NUMBERS.c.series == series)
    async with database.reading() as connection:
        return sorted((await connection.scalars(wanted)).all())


async def test_the_first_number_of_a_series_is_one(
    register: InvoiceRegister, draft: DraftBuilder, clock: SteppingClock
):
    number = await register.take_number(draft("sub-1-0001"), series="INV", days_until_due=30)
    assert number == InvoiceNumber(
        number="INV-000001",
        issued_on=date(2026, 3, 1),
        due_on=date(2026, 3, 31),
        taken_at=clock.now,
    )


async def test_an_invoice_keeps_its_number_and_dates_for_ever(
    register: InvoiceRegister, draft: DraftBuilder, clock: SteppingClock
):
    first = await register.take_number(draft("a-1"), series="INV", days_until_due=0)
    clock.advance(timedelta(days=40))
    await register.take_number(draft("b-1"), series="INV", days_until_due=0)
    again = await register.take_number(draft("a-1"), series="INV", days_until_due=9)
    assert again == first


async def test_fifty_concurrent_takers_leave_no_gap_and_no_double(
    register: InvoiceRegister, database: Database, draft: DraftBuilder
):
    numbers = await asyncio.gather(
        *(
            register.take_number(draft(f"sub-{n}-1"), series="INV", days_until_due=0)
            for n in range(50)
        )
    )
    assert sorted(number.number for number in numbers) == [f"INV-{n:06d}" for n in range(1, 51)]
    assert await _positions(database) == list(range(1, 51))


async def test_concurrent_takers_in_two_processes_worth_of_pools_leave_no_gap(
    url: str, draft: DraftBuilder, clock: SteppingClock, an_order: Order
):
    databases = [Database.open(url, pool_size=3) for _ in range(3)]
    await OrderStore(databases[0], clock).add_order(an_order)
    registers = [InvoiceRegister(database, clock, seller=SELLER) for database in databases]
    wishes = [f"sub-{n}-1" for n in range(15)] * 3
    random.Random(7).shuffle(wishes)
    numbers = await asyncio.gather(
        *(
            registers[n % 3].take_number(draft(wish), series="INV", days_until_due=0)
            for n, wish in enumerate(wishes)
        )
    )
    assert Counter(number.number for number in numbers) == Counter(
        {f"INV-{n:06d}": 3 for n in range(1, 16)}
    )
    assert await _positions(databases[0]) == list(range(1, 16))
    for database in databases:
        await database.dispose()


async def test_a_taker_that_fails_gives_its_number_back(
    database: Database, draft: DraftBuilder, clock: SteppingClock, an_order: Order
):
    await OrderStore(database, clock).add_order(an_order)

    def broken_clock() -> datetime:
        raise OSError("no time")

    broken = InvoiceRegister(database, broken_clock, seller=SELLER)
    with pytest.raises(Exception, match="no time"):
        await broken.take_number(draft("a-1"), series="INV", days_until_due=0)
    register = InvoiceRegister(database, clock, seller=SELLER)
    number = await register.take_number(draft("b-1"), series="INV", days_until_due=0)
    assert number.number == "INV-000001"


async def test_each_legal_entity_and_series_counts_for_itself(
    register: InvoiceRegister, draft: DraftBuilder
):
    wishes = [
        (draft("a-1"), "INV"),
        (draft("b-1", legal_entity="PERENNIAL_US"), "INV"),
        (draft("c-1"), "CN"),
    ]
    numbers = [
        await register.take_number(wish, series=series, days_until_due=0) for wish, series in wishes
    ]
    assert [number.number for number in numbers] == ["INV-000001", "INV-000001", "CN-000001"]


@pytest.mark.parametrize(
    ("zone", "issued_on"),
    [("Pacific/Auckland", date(2026, 3, 1)), ("America/Los_Angeles", date(2026, 2, 28))],
)
async def test_the_date_of_issue_is_the_local_date_of_the_seller(
    database: Database,
    draft: DraftBuilder,
    clock: SteppingClock,
    an_order: Order,
    zone: str,
    issued_on: date,
):
    await OrderStore(database, clock).add_order(an_order)
    clock.now = datetime(2026, 3, 1, 3, tzinfo=UTC)
    register = InvoiceRegister(database, clock, seller=SELLER, zone=ZoneInfo(zone))
    number = await register.take_number(draft("a-1"), series="INV", days_until_due=14)
    assert (number.issued_on, number.due_on) == (issued_on, issued_on + timedelta(days=14))


@pytest.mark.parametrize(
    ("legal_entity", "series"), [("PERENNIAL_US", "INV"), ("PERENNIAL_DE", "CN")]
)
async def test_an_invoice_cannot_change_its_legal_entity_or_series(
    register: InvoiceRegister, draft: DraftBuilder, legal_entity: str, series: str
):
    await register.take_number(draft("a-1"), series="INV", days_until_due=0)
    with pytest.raises(ConflictError, match="INV-000001"):
        await register.take_number(
            draft("a-1", legal_entity=legal_entity), series=series, days_until_due=0
        )


async def test_a_negative_payment_term_is_refused(register: InvoiceRegister, draft: DraftBuilder):
    with pytest.raises(RejectedError, match="-1"):
        await register.take_number(draft("a-1"), series="INV", days_until_due=-1)


async def test_numbers_outgrow_their_padding(
    register: InvoiceRegister, database: Database, draft: DraftBuilder
):
    await register.take_number(draft("a-1"), series="INV", days_until_due=0)
    async with database.writing() as connection:
        await connection.exec_driver_sql("UPDATE number_series SET last_position = 999999")
    number = await register.take_number(draft("b-1"), series="INV", days_until_due=0)
    assert number.number == "INV-1000000"


async def test_seller_and_buyer_are_kept_with_the_number_as_they_were(
    register: InvoiceRegister,
    database: Database,
    draft: DraftBuilder,
    clock: SteppingClock,
    an_order: Order,
):
    await register.take_number(draft("a-1"), series="INV", days_until_due=0)
    moved = replace(an_order.account, name="Acme SE", country="FR", vat_id="FR12345678901")
    await OrderStore(database, clock).add_order(replace(an_order, order_id="o-2", account=moved))
    await register.take_number(draft("a-1"), series="INV", days_until_due=0)
    await register.take_number(draft("b-1"), series="INV", days_until_due=0)

    ledger = ReadModel(database)
    first, second = await ledger.parties_of("a-1"), await ledger.parties_of("b-1")
    assert first is not None
    assert second is not None
    assert (first.number, first.seller, first.buyer.name) == ("INV-000001", SELLER, "Açme GmbH")
    assert (first.buyer.country, first.buyer.vat_id) == ("DE", "DE123456789")
    assert (second.number, second.buyer.name, second.buyer.country) == (
        "INV-000002",
        "Acme SE",
        "FR",
    )
    assert await ledger.parties_of("c-1") is None


async def test_an_invoice_of_nobody_gets_no_number(
    register: InvoiceRegister, database: Database, draft: DraftBuilder
):
    stranger = replace(draft("a-1"), account_id="stranger")
    with pytest.raises(RejectedError, match="account stranger is not in storage"):
        await register.take_number(stranger, series="INV", days_until_due=0)
    assert await _positions(database) == []


async def test_a_reverse_charge_without_vat_ids_gets_no_number(
    database: Database, draft: DraftBuilder, clock: SteppingClock, an_order: Order
):
    await OrderStore(database, clock).add_order(an_order)
    register = InvoiceRegister(database, clock, seller=replace(SELLER, vat_id=None))
    nothing = Money.zero("EUR")
    owed = TaxLine(
        name="Reverse charge",
        rate=Decimal(0),
        taxable=nothing,
        amount=nothing,
        is_reverse_charge=True,
    )
    with pytest.raises(RejectedError, match="a reverse charge needs both VAT ids"):
        await register.take_number(
            replace(draft("a-1"), tax_lines=(owed,)), series="INV", days_until_due=0
        )
    assert await _positions(database) == []
