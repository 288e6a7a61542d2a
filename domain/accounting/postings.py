"""Which accounts every business event debits and credits.

Invoice, recognition, payment, refund, credit note, dispute and fees follow the pattern of Stripe's
revenue recognition documentation; the rest is ordinary practice. Each function returns one balanced
entry whose key is the event and its document. Amounts are 0 or more; parts of 0 are left out. An
event whose amounts are all 0 has no entry and is refused as unbalanced.
"""

from dataclasses import dataclass
from datetime import date

from domain.accounting.ledger import JournalEntry, LedgerAccount, Posting, credit, debit
from domain.money.money import Money


@dataclass(frozen=True, kw_only=True, slots=True)
class EventSource:
    """Where an entry comes from.

    Attributes:
        document_id: Id of the document or of the business attempt; part of the entry's key.
        on: Accounting date.
    """

    document_id: str
    on: date


def invoice_issued(source: EventSource, *, net: Money, tax: Money) -> JournalEntry:
    """Return: receivable (gross) to deferred revenue (net) and tax payable.

    Args:
        source: The invoice.
        net: Its subtotal; negative if it gives back more than it charges.
        tax: Its tax; negative if it gives back more tax than it charges.

    Raises:
        ValueError: Net and tax together are negative: that is a credit note.
    """
    return _entry(
        "invoice_issued",
        source,
        debit(LedgerAccount.ACCOUNTS_RECEIVABLE, net + tax),
        _credit_or_debit(LedgerAccount.DEFERRED_REVENUE, net),
        _credit_or_debit(LedgerAccount.TAX_PAYABLE, tax),
    )


def revenue_recognised(source: EventSource, *, amount: Money) -> JournalEntry:
    """Return: deferred revenue to revenue; the document id must name line and period."""
    return _entry(
        "revenue_recognised",
        source,
        debit(LedgerAccount.DEFERRED_REVENUE, amount),
        credit(LedgerAccount.REVENUE, amount),
    )


def payment_received(source: EventSource, *, amount: Money, due: Money) -> JournalEntry:
    """Return: cash clearing to receivable, up to what is due, and the rest to customer deposits.

    Args:
        source: The payment.
        amount: What came in.
        due: What the invoice still had open; 0 if the payment belongs to no invoice yet.
    """
    applied = min(amount, due)
    return _entry(
        "payment_received",
        source,
        debit(LedgerAccount.CASH_CLEARING, amount),
        credit(LedgerAccount.ACCOUNTS_RECEIVABLE, applied),
        credit(LedgerAccount.CUSTOMER_DEPOSITS, amount - applied),
    )


def overpayment_received(source: EventSource, *, amount: Money) -> JournalEntry:
    """Return: cash clearing to customer deposits, for money that no invoice asks for."""
    return _entry(
        "overpayment_received",
        source,
        debit(LedgerAccount.CASH_CLEARING, amount),
        credit(LedgerAccount.CUSTOMER_DEPOSITS, amount),
    )


def deposit_applied(source: EventSource, *, amount: Money) -> JournalEntry:
    """Return: customer deposits to receivable, when a later invoice uses an overpayment."""
    return _entry(
        "deposit_applied",
        source,
        debit(LedgerAccount.CUSTOMER_DEPOSITS, amount),
        credit(LedgerAccount.ACCOUNTS_RECEIVABLE, amount),
    )


def credit_balance_applied(source: EventSource, *, amount: Money) -> JournalEntry:
    """Return: customer credit balance to receivable, when a later invoice uses a credit note."""
    return _entry(
        "credit_balance_applied",
        source,
        debit(LedgerAccount.CUSTOMER_CREDIT_BALANCE, amount),
        credit(LedgerAccount.ACCOUNTS_RECEIVABLE, amount),
    )


def payout_received(source: EventSource, *, gross: Money, fees: Money) -> JournalEntry:
    """Return: bank (gross less fees) and provider fees to cash clearing (gross).

    Raises:
        ValueError: The fees are more than the gross amount.
    """
    return _entry(
        "payout_received",
        source,
        debit(LedgerAccount.BANK, gross - fees),
        debit(LedgerAccount.PROVIDER_FEES, fees),
        credit(LedgerAccount.CASH_CLEARING, gross),
    )


def credit_note_issued(
    source: EventSource, *, deferred: Money, recognised: Money, tax: Money, due: Money
) -> JournalEntry:
    """Return: deferred revenue, revenue and tax payable to receivable and customer credit balance.

    Args:
        source: The credit note.
        deferred: The part of its net amount that is not earned yet.
        recognised: The part that was revenue already.
        tax: Its tax.
        due: Open amount of the invoice. Up to this amount, the credit is taken off the receivable:
            all of it before payment, none after. The rest goes to the customer's credit balance.
    """
    gross = deferred + recognised + tax
    open_part = min(gross, due)
    return _entry(
        "credit_note_issued",
        source,
        debit(LedgerAccount.DEFERRED_REVENUE, deferred),
        debit(LedgerAccount.REVENUE, recognised),
        debit(LedgerAccount.TAX_PAYABLE, tax),
        credit(LedgerAccount.ACCOUNTS_RECEIVABLE, open_part),
        credit(LedgerAccount.CUSTOMER_CREDIT_BALANCE, gross - open_part),
    )


def refund_paid(
    source: EventSource, *, amount: Money, has_credit_note: bool = True
) -> JournalEntry:
    """Return: customer credit balance, or refunds if there is no credit note, to cash clearing."""
    given = LedgerAccount.CUSTOMER_CREDIT_BALANCE if has_credit_note else LedgerAccount.REFUNDS
    return _entry(
        "refund_paid", source, debit(given, amount), credit(LedgerAccount.CASH_CLEARING, amount)
    )


def invoice_written_off(source: EventSource, *, net: Money, tax_relief: Money) -> JournalEntry:
    """Return: bad-debt expense and tax payable, where relief applies, to receivable.

    Args:
        source: The write-off.
        net: What is lost, with its tax where the authority gives none back.
        tax_relief: Tax that the authority gives back, 0 if none; added to the net amount.
    """
    return _entry(
        "invoice_written_off",
        source,
        debit(LedgerAccount.BAD_DEBT_EXPENSE, net),
        debit(LedgerAccount.TAX_PAYABLE, tax_relief),
        credit(LedgerAccount.ACCOUNTS_RECEIVABLE, net + tax_relief),
    )


def written_off_recovered(source: EventSource, *, net: Money, tax: Money) -> JournalEntry:
    """Return: cash clearing to bad-debt recovery, and to tax payable where relief was taken."""
    return _entry(
        "written_off_recovered",
        source,
        debit(LedgerAccount.CASH_CLEARING, net + tax),
        credit(LedgerAccount.BAD_DEBT_RECOVERY, net),
        credit(LedgerAccount.TAX_PAYABLE, tax),
    )


def dispute_opened(source: EventSource, *, amount: Money, fee: Money) -> JournalEntry:
    """Return: disputed receivable and dispute fees to cash clearing."""
    return _entry(
        "dispute_opened",
        source,
        debit(LedgerAccount.DISPUTED_RECEIVABLE, amount),
        debit(LedgerAccount.DISPUTE_FEES, fee),
        credit(LedgerAccount.CASH_CLEARING, amount + fee),
    )


def dispute_won(source: EventSource, *, amount: Money, fee: Money) -> JournalEntry:
    """Return: cash clearing to disputed receivable, and to dispute fees if they come back."""
    return _entry(
        "dispute_won",
        source,
        debit(LedgerAccount.CASH_CLEARING, amount + fee),
        credit(LedgerAccount.DISPUTED_RECEIVABLE, amount),
        credit(LedgerAccount.DISPUTE_FEES, fee),
    )


def dispute_lost(
    source: EventSource, *, amount: Money, is_still_owed: bool = False
) -> JournalEntry:
    """Return: dispute loss, or receivable if the customer still owes it, to disputed receivable."""
    loss = LedgerAccount.ACCOUNTS_RECEIVABLE if is_still_owed else LedgerAccount.DISPUTE_LOSS
    return _entry(
        "dispute_lost",
        source,
        debit(loss, amount),
        credit(LedgerAccount.DISPUTED_RECEIVABLE, amount),
    )


def _credit_or_debit(account: LedgerAccount, amount: Money) -> tuple[Posting, ...]:
    return debit(account, -amount) if amount.is_negative else credit(account, amount)


def _entry(event: str, source: EventSource, *postings: tuple[Posting, ...]) -> JournalEntry:
    return JournalEntry(
        key=f"{event}/{source.document_id}",
        event=event,
        document_id=source.document_id,
        accounting_date=source.on,
        postings=tuple(posting for group in postings for posting in group),
    )
