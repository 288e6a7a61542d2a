from collections.abc import Callable
from datetime import date

import pytest
from pydantic import TypeAdapter

from domain.accounting.ledger import (
    JournalEntry,
    LedgerAccount,
    Posting,
    Side,
    UnbalancedEntryError,
    balance,
    credit,
    debit,
    open_date,
    reverse,
)
from domain.money.money import Money

DAY = date(2024, 6, 1)
AR, CASH = LedgerAccount.ACCOUNTS_RECEIVABLE, LedgerAccount.CASH_CLEARING


def money(units: int, currency: str = "USD") -> Money:
    return Money(minor_units=units, currency=currency)


def entry(*postings: tuple[Posting, ...]) -> JournalEntry:
    return JournalEntry(
        key="paid/1",
        event="paid",
        document_id="1",
        accounting_date=DAY,
        postings=tuple(posting for group in postings for posting in group),
    )


def test_an_entry_that_does_not_balance_cannot_exist():
    with pytest.raises(UnbalancedEntryError, match=r"paid/1 does not balance: debits 1.00 USD"):
        entry(debit(CASH, money(100)), credit(AR, money(99)))


def test_each_currency_balances_on_its_own():
    with pytest.raises(UnbalancedEntryError, match="does not balance"):
        entry(debit(CASH, money(100)), credit(AR, money(100, "EUR")))
    both = entry(
        debit(CASH, money(100)),
        credit(AR, money(100)),
        debit(CASH, money(7, "JPY")),
        credit(AR, money(7, "JPY")),
    )
    assert both.total(Side.DEBIT, "JPY") == money(7, "JPY")


def test_an_entry_without_postings_is_refused():
    with pytest.raises(UnbalancedEntryError, match="has no postings"):
        entry(debit(CASH, money(0)))


@pytest.mark.parametrize("units", [0, -1])
def test_a_posting_is_more_than_nothing(units: int):
    with pytest.raises(ValueError, match="a posting must be more than 0"):
        Posting(account=CASH, side=Side.DEBIT, amount=money(units))


@pytest.mark.parametrize("post", [debit, credit])
def test_a_negative_amount_has_no_side(
    post: Callable[[LedgerAccount, Money], tuple[Posting, ...]],
):
    with pytest.raises(ValueError, match="a posting must be more than 0"):
        post(CASH, money(-1))


def test_a_reversal_mirrors_the_entry_and_leaves_no_balance():
    paid = entry(debit(CASH, money(100)), credit(AR, money(100)))
    back = reverse(paid, on=date(2024, 6, 2))
    assert (back.key, back.reverses, back.event) == ("paid/1/reversal", "paid/1", "paid_reversed")
    assert (back.accounting_date, back.document_id) == (date(2024, 6, 2), "1")
    assert balance([paid], CASH, "USD") == money(100)
    assert balance([paid], AR, "USD") == money(-100)
    assert balance([paid], AR, "EUR") == money(0, "EUR")
    assert balance([paid, back], CASH, "USD") == money(0)
    assert balance([paid, back], AR, "USD") == money(0)


@pytest.mark.parametrize(
    ("wanted", "closed_through", "posted"),
    [
        (DAY, None, DAY),
        (DAY, date(2024, 5, 31), DAY),
        (DAY, date(2024, 6, 1), date(2024, 6, 2)),
        (DAY, date(2024, 6, 30), date(2024, 7, 1)),
    ],
)
def test_closed_books_are_posted_to_on_the_first_open_day(
    wanted: date, closed_through: date | None, posted: date
):
    assert open_date(wanted, closed_through=closed_through) == posted


def test_an_entry_survives_serialisation():
    paid = entry(debit(CASH, money(100)), credit(AR, money(100)))
    adapter = TypeAdapter(JournalEntry)
    assert adapter.validate_json(adapter.dump_json(paid)) == paid
