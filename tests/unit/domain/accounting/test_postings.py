from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.accounting import postings
from domain.accounting.ledger import (
    JournalEntry,
    LedgerAccount,
    Side,
    UnbalancedEntryError,
    balance,
)
from domain.accounting.postings import EventSource
from domain.money.money import Money

SOURCE = EventSource(document_id="doc_1", on=date(2024, 6, 1))


def usd(units: int) -> Money:
    return Money(minor_units=units, currency="USD")


def rows(entry: JournalEntry) -> list[tuple[str, str, int]]:
    sides = {Side.DEBIT: "Dr", Side.CREDIT: "Cr"}
    return [
        (sides[posting.side], posting.account.value, posting.amount.minor_units)
        for posting in entry.postings
    ]


TABLE: list[tuple[str, Callable[[], JournalEntry], list[tuple[str, str, int]]]] = [
    (
        "invoice_issued",
        lambda: postings.invoice_issued(SOURCE, net=usd(100), tax=usd(19)),
        [
            ("Dr", "accounts_receivable", 119),
            ("Cr", "deferred_revenue", 100),
            ("Cr", "tax_payable", 19),
        ],
    ),
    (
        "invoice_issued",
        lambda: postings.invoice_issued(SOURCE, net=usd(100), tax=usd(0)),
        [("Dr", "accounts_receivable", 100), ("Cr", "deferred_revenue", 100)],
    ),
    (
        # Time billed with tax is given back; what is charged is under reverse charge.
        "invoice_issued",
        lambda: postings.invoice_issued(SOURCE, net=usd(60), tax=usd(-19)),
        [
            ("Dr", "accounts_receivable", 41),
            ("Cr", "deferred_revenue", 60),
            ("Dr", "tax_payable", 19),
        ],
    ),
    (
        "invoice_issued",
        lambda: postings.invoice_issued(SOURCE, net=usd(-5), tax=usd(9)),
        [
            ("Dr", "accounts_receivable", 4),
            ("Dr", "deferred_revenue", 5),
            ("Cr", "tax_payable", 9),
        ],
    ),
    (
        "revenue_recognised",
        lambda: postings.revenue_recognised(SOURCE, amount=usd(10)),
        [("Dr", "deferred_revenue", 10), ("Cr", "revenue", 10)],
    ),
    (
        "payment_received",
        lambda: postings.payment_received(SOURCE, amount=usd(119), due=usd(119)),
        [("Dr", "cash_clearing", 119), ("Cr", "accounts_receivable", 119)],
    ),
    (
        "payment_received",
        lambda: postings.payment_received(SOURCE, amount=usd(50), due=usd(119)),
        [("Dr", "cash_clearing", 50), ("Cr", "accounts_receivable", 50)],
    ),
    (
        "payment_received",
        lambda: postings.payment_received(SOURCE, amount=usd(130), due=usd(119)),
        [
            ("Dr", "cash_clearing", 130),
            ("Cr", "accounts_receivable", 119),
            ("Cr", "customer_deposits", 11),
        ],
    ),
    (
        "overpayment_received",
        lambda: postings.overpayment_received(SOURCE, amount=usd(11)),
        [("Dr", "cash_clearing", 11), ("Cr", "customer_deposits", 11)],
    ),
    (
        "deposit_applied",
        lambda: postings.deposit_applied(SOURCE, amount=usd(11)),
        [("Dr", "customer_deposits", 11), ("Cr", "accounts_receivable", 11)],
    ),
    (
        "credit_balance_applied",
        lambda: postings.credit_balance_applied(SOURCE, amount=usd(11)),
        [("Dr", "customer_credit_balance", 11), ("Cr", "accounts_receivable", 11)],
    ),
    (
        "payout_received",
        lambda: postings.payout_received(SOURCE, gross=usd(119), fees=usd(4)),
        [("Dr", "bank", 115), ("Dr", "provider_fees", 4), ("Cr", "cash_clearing", 119)],
    ),
    (
        "credit_note_issued",
        lambda: postings.credit_note_issued(
            SOURCE, deferred=usd(60), recognised=usd(40), tax=usd(19), due=usd(119)
        ),
        [
            ("Dr", "deferred_revenue", 60),
            ("Dr", "revenue", 40),
            ("Dr", "tax_payable", 19),
            ("Cr", "accounts_receivable", 119),
        ],
    ),
    (
        "credit_note_issued",
        lambda: postings.credit_note_issued(
            SOURCE, deferred=usd(100), recognised=usd(0), tax=usd(19), due=usd(0)
        ),
        [
            ("Dr", "deferred_revenue", 100),
            ("Dr", "tax_payable", 19),
            ("Cr", "customer_credit_balance", 119),
        ],
    ),
    (
        "credit_note_issued",
        lambda: postings.credit_note_issued(
            SOURCE, deferred=usd(100), recognised=usd(0), tax=usd(0), due=usd(30)
        ),
        [
            ("Dr", "deferred_revenue", 100),
            ("Cr", "accounts_receivable", 30),
            ("Cr", "customer_credit_balance", 70),
        ],
    ),
    (
        "refund_paid",
        lambda: postings.refund_paid(SOURCE, amount=usd(119)),
        [("Dr", "customer_credit_balance", 119), ("Cr", "cash_clearing", 119)],
    ),
    (
        "refund_paid",
        lambda: postings.refund_paid(SOURCE, amount=usd(119), has_credit_note=False),
        [("Dr", "refunds", 119), ("Cr", "cash_clearing", 119)],
    ),
    (
        "invoice_written_off",
        lambda: postings.invoice_written_off(SOURCE, net=usd(100), tax_relief=usd(19)),
        [
            ("Dr", "bad_debt_expense", 100),
            ("Dr", "tax_payable", 19),
            ("Cr", "accounts_receivable", 119),
        ],
    ),
    (
        "written_off_recovered",
        lambda: postings.written_off_recovered(SOURCE, net=usd(100), tax=usd(19)),
        [
            ("Dr", "cash_clearing", 119),
            ("Cr", "bad_debt_recovery", 100),
            ("Cr", "tax_payable", 19),
        ],
    ),
    (
        "dispute_opened",
        lambda: postings.dispute_opened(SOURCE, amount=usd(119), fee=usd(15)),
        [
            ("Dr", "disputed_receivable", 119),
            ("Dr", "dispute_fees", 15),
            ("Cr", "cash_clearing", 134),
        ],
    ),
    (
        "dispute_won",
        lambda: postings.dispute_won(SOURCE, amount=usd(119), fee=usd(15)),
        [
            ("Dr", "cash_clearing", 134),
            ("Cr", "disputed_receivable", 119),
            ("Cr", "dispute_fees", 15),
        ],
    ),
    (
        "dispute_lost",
        lambda: postings.dispute_lost(SOURCE, amount=usd(119)),
        [("Dr", "dispute_loss", 119), ("Cr", "disputed_receivable", 119)],
    ),
    (
        "dispute_lost",
        lambda: postings.dispute_lost(SOURCE, amount=usd(119), is_still_owed=True),
        [("Dr", "accounts_receivable", 119), ("Cr", "disputed_receivable", 119)],
    ),
]


@pytest.mark.parametrize(("event", "post", "expected"), TABLE)
def test_every_event_posts_to_its_accounts(
    event: str, post: Callable[[], JournalEntry], expected: list[tuple[str, str, int]]
):
    entry = post()
    assert rows(entry) == expected
    assert (entry.event, entry.key) == (event, f"{event}/doc_1")
    assert (entry.document_id, entry.accounting_date) == ("doc_1", date(2024, 6, 1))


def test_two_events_on_one_document_have_two_keys():
    assert len({post().key for _, post, _ in TABLE}) == len({event for event, _, _ in TABLE})


def test_an_event_that_moves_no_money_has_no_entry():
    with pytest.raises(UnbalancedEntryError, match="has no postings"):
        postings.invoice_issued(SOURCE, net=usd(0), tax=usd(0))


def test_an_invoice_of_less_than_nothing_is_refused():
    with pytest.raises(ValueError, match="must be more than 0"):
        postings.invoice_issued(SOURCE, net=usd(-5), tax=usd(0))


def test_fees_above_the_payout_are_refused():
    with pytest.raises(ValueError, match="a posting must be more than 0: bank"):
        postings.payout_received(SOURCE, gross=usd(1), fees=usd(2))


AMOUNTS = st.integers(1, 10**9).map(usd)
EVENTS: list[Callable[[Money, Money, Money], JournalEntry]] = [
    lambda a, b, _: postings.invoice_issued(SOURCE, net=a, tax=b),
    lambda a, b, _: postings.payment_received(SOURCE, amount=a, due=b),
    lambda a, b, _: postings.payout_received(SOURCE, gross=a + b, fees=b),
    lambda a, b, c: postings.credit_note_issued(SOURCE, deferred=a, recognised=b, tax=c, due=b),
    lambda a, b, _: postings.invoice_written_off(SOURCE, net=a, tax_relief=b),
    lambda a, b, _: postings.written_off_recovered(SOURCE, net=a, tax=b),
    lambda a, b, _: postings.dispute_opened(SOURCE, amount=a, fee=b),
    lambda a, b, _: postings.dispute_won(SOURCE, amount=a, fee=b),
]


@given(st.sampled_from(EVENTS), AMOUNTS, AMOUNTS, AMOUNTS)
def test_every_event_balances_whatever_the_amounts(
    event: Callable[[Money, Money, Money], JournalEntry], a: Money, b: Money, c: Money
):
    entry = event(a, b, c)
    assert entry.total(Side.DEBIT, "USD") == entry.total(Side.CREDIT, "USD")


@given(AMOUNTS, st.integers(0, 10**8).map(usd))
def test_an_invoice_paid_credited_and_refunded_leaves_nothing_behind(net: Money, tax: Money):
    entries = [
        postings.invoice_issued(SOURCE, net=net, tax=tax),
        postings.payment_received(SOURCE, amount=net + tax, due=net + tax),
        postings.credit_note_issued(SOURCE, deferred=net, recognised=usd(0), tax=tax, due=usd(0)),
        postings.refund_paid(SOURCE, amount=net + tax),
    ]
    assert all(balance(entries, account, "USD").is_zero for account in LedgerAccount)
