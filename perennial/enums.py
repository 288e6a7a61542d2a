"""The words of the wire contract. A later version of the API may know more of them."""

from enum import StrEnum
from typing import Final


class SaleStatus(StrEnum):
    """How a sale was taken in."""

    ACCEPTED = "accepted"
    """A worker has confirmed it."""
    WAITING_FOR_WORKER = "accepted_waiting_for_worker"
    """It is started and safe; no worker has looked at it yet."""


class SaleState(StrEnum):
    """Where a sale is in its life."""

    OPEN = "open"
    WON = "won"
    FAILED = "failed"


class SubscriptionState(StrEnum):
    """Where a subscription is in its life."""

    PENDING = "pending"
    """The first invoice is open; nothing is unlocked yet."""
    ACTIVE = "active"
    """The first invoice was paid; no invoice is behind."""
    PAST_DUE = "past_due"
    """A later invoice was declined or ran past its due date; access goes on until a policy says otherwise."""
    ENDED = "ended"
    """Cancelled or given up after it had been active."""
    ABANDONED = "abandoned"
    """The first invoice was never paid; the sale was undone."""


FINAL_STATES: Final = frozenset({SubscriptionState.ENDED, SubscriptionState.ABANDONED})
"""States of a subscription that no other follows."""


class InvoicePurpose(StrEnum):
    """Why the invoice exists."""

    FIRST = "first"
    RENEWAL = "renewal"
    CHANGE = "change"


class InvoiceState(StrEnum):
    """Where an invoice is in its life."""

    DRAFT = "draft"
    OPEN = "open"
    PAID = "paid"
    VOID = "void"


class DeclineClass(StrEnum):
    """What a decline allows next."""

    SOFT = "soft"
    """The same payment method may be tried again later."""
    HARD = "hard"
    """Never try this payment method again; a new one is needed."""
    AUTHENTICATE = "authenticate"
    """The customer must confirm the payment in person; off-session tries cannot succeed."""


class EventType(StrEnum):
    """What happened, in the past tense."""

    SALE_ACCEPTED = "sale_accepted"
    SALE_WON = "sale_won"
    SALE_FAILED = "sale_failed"
    SUBSCRIPTION_STARTED = "subscription_started"
    SUBSCRIPTION_ACTIVATED = "subscription_activated"
    SUBSCRIPTION_PAST_DUE = "subscription_past_due"
    SUBSCRIPTION_RECOVERED = "subscription_recovered"
    SUBSCRIPTION_RENEWED = "subscription_renewed"
    SUBSCRIPTION_ENDED = "subscription_ended"
    CANCELLATION_REQUESTED = "cancellation_requested"
    PAYMENT_METHOD_CHANGED = "payment_method_changed"
    PAYMENT_METHOD_REFUSED = "payment_method_refused"
    INVOICE_ISSUED = "invoice_issued"
    PAYMENT_DECLINED = "payment_declined"
    INVOICE_PAID = "invoice_paid"
    INVOICE_VOIDED = "invoice_voided"
    GRANT_CHANGED = "grant_changed"
    ATTENTION_NEEDED = "attention_needed"


class CancelAt(StrEnum):
    """When a cancellation takes effect."""

    NOW = "now"
    PERIOD_END = "period_end"


class IntervalUnit(StrEnum):
    """What an interval counts; `second` is for tests and demonstrations only."""

    SECOND = "second"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    HALF_YEAR = "half_year"
    YEAR = "year"


class Convention(StrEnum):
    """How a part of a period is counted and rounded."""

    DAY_9DP_HALF_UP = "day_9dp_half_up"
    DAY_FIXED_N = "day_fixed_n"
    DAY_INCLUSIVE = "day_inclusive"
    PER_SECOND = "per_second"
    STRICT_30_360 = "strict_30_360"
    ROUND_TRAILING = "round_trailing"


class ProrationBehaviour(StrEnum):
    """What a catalog wants to happen when something changes in the middle of a period."""

    INVOICE_NOW = "invoice_now"
    """Credit and charge on an invoice of their own, at once."""
    NEXT_INVOICE = "next_invoice"
    """Credit and charge on the next renewal invoice."""
    NONE = "none"
    """Nothing until the next period begins at the new price."""
    RESET_ANCHOR = "reset_anchor"
    """Credit the unused time, charge a whole new period from now on, at once."""


class TaxMode(StrEnum):
    """Whether the amounts of the lines contain their tax."""

    EXCLUSIVE = "exclusive"
    INCLUSIVE = "inclusive"
