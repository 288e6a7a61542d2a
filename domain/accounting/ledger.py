"""Balanced journal entries: the form that every business event takes in the books.

In each entry debits equal credits in every currency, every amount is positive, and the business key
is unique for the event, so that posting it again changes nothing. An entry is never edited:
`reverse` returns its mirror. Which event posts to which account is in `domain.accounting.postings`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from domain.money.money import Money, sum_money


class LedgerAccount(StrEnum):
    """The roles of accounts; a company maps them to its chart of accounts."""

    ACCOUNTS_RECEIVABLE = "accounts_receivable"
    BAD_DEBT_EXPENSE = "bad_debt_expense"
    BAD_DEBT_RECOVERY = "bad_debt_recovery"
    BANK = "bank"
    CASH_CLEARING = "cash_clearing"
    CUSTOMER_CREDIT_BALANCE = "customer_credit_balance"
    CUSTOMER_DEPOSITS = "customer_deposits"
    DEFERRED_REVENUE = "deferred_revenue"
    DISPUTED_RECEIVABLE = "disputed_receivable"
    DISPUTE_FEES = "dispute_fees"
    DISPUTE_LOSS = "dispute_loss"
    PROVIDER_FEES = "provider_fees"
    REFUNDS = "refunds"
    REVENUE = "revenue"
    TAX_PAYABLE = "tax_payable"


class Side(StrEnum):
    """The side of a posting: left (debit) or right (credit)."""

    DEBIT = "debit"
    CREDIT = "credit"

    @property
    def other(self) -> "Side":
        """The opposite side."""
        return Side.CREDIT if self is Side.DEBIT else Side.DEBIT


class UnbalancedEntryError(ValueError):
    """Debits and credits of an entry differ in a currency; never worth a retry."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Posting:
    """One side of an entry; the amount is more than 0.

    Raises:
        ValueError: The amount is not positive.
    """

    account: LedgerAccount
    side: Side
    amount: Money

    def __post_init__(self) -> None:
        if self.amount.minor_units <= 0:
            raise ValueError(f"a posting must be more than 0: {self.account} {self.amount}")


@dataclass(frozen=True, kw_only=True, slots=True)
class JournalEntry:
    """What one business event does to the books.

    Attributes:
        key: Business key, unique for ever, such as "invoice_issued/inv_1".
        event: Name of the business event.
        document_id: The document that proves it.
        accounting_date: Local date of the legal entity on which it counts.
        postings: At least one debit and one credit.
        reverses: Key of the entry that this one takes back; None otherwise.

    Raises:
        UnbalancedEntryError: There are no postings, or debits and credits differ in a currency.
    """

    key: str
    event: str
    document_id: str
    accounting_date: date
    postings: tuple[Posting, ...]
    reverses: str | None = None

    def __post_init__(self) -> None:
        if not self.postings:
            raise UnbalancedEntryError(f"entry {self.key} has no postings")
        for currency in sorted({posting.amount.currency for posting in self.postings}):
            debits = self.total(Side.DEBIT, currency)
            credited = self.total(Side.CREDIT, currency)
            if debits != credited:
                raise UnbalancedEntryError(
                    f"entry {self.key} does not balance: debits {debits}, credits {credited}"
                )

    def total(self, side: Side, currency: str) -> Money:
        """Return the sum of one side in one currency."""
        return sum_money(
            (
                posting.amount
                for posting in self.postings
                if posting.side is side and posting.amount.currency == currency
            ),
            currency,
        )


def debit(account: LedgerAccount, amount: Money) -> tuple[Posting, ...]:
    """Return a debit; nothing if the amount is 0.

    Raises:
        ValueError: The amount is negative.
    """
    return _posting(account, Side.DEBIT, amount)


def credit(account: LedgerAccount, amount: Money) -> tuple[Posting, ...]:
    """Return a credit; nothing if the amount is 0.

    Raises:
        ValueError: The amount is negative.
    """
    return _posting(account, Side.CREDIT, amount)


def reverse(entry: JournalEntry, *, on: date) -> JournalEntry:
    """Return the entry that takes another back: the same amounts on the other sides."""
    return JournalEntry(
        key=f"{entry.key}/reversal",
        event=f"{entry.event}_reversed",
        document_id=entry.document_id,
        accounting_date=on,
        postings=tuple(
            Posting(account=posting.account, side=posting.side.other, amount=posting.amount)
            for posting in entry.postings
        ),
        reverses=entry.key,
    )


def open_date(wanted: date, *, closed_through: date | None) -> date:
    """Return the date to post on: the one wanted, or the first day after the closed books.

    Args:
        wanted: Date of the event.
        closed_through: Last day of the closed periods; None if none is closed.
    """
    if closed_through is None or wanted > closed_through:
        return wanted
    return closed_through + timedelta(days=1)


def balance(entries: Iterable[JournalEntry], account: LedgerAccount, currency: str) -> Money:
    """Return an account's debits less its credits over the entries, in one currency."""
    total = Money.zero(currency)
    for entry in entries:
        for posting in entry.postings:
            if posting.account is account and posting.amount.currency == currency:
                is_debit = posting.side is Side.DEBIT
                total = total + posting.amount if is_debit else total - posting.amount
    return total


def _posting(account: LedgerAccount, side: Side, amount: Money) -> tuple[Posting, ...]:
    return () if amount.is_zero else (Posting(account=account, side=side, amount=amount),)
