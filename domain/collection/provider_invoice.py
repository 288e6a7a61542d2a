"""What the payment provider reports: provider invoices, charge results and declines, in neutral terms."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.money.money import Money


class ProviderInvoiceStatus(StrEnum):
    """State of the provider invoice (the provider's own invoice object)."""

    OPEN = "open"
    PAID = "paid"
    VOID = "void"
    UNCOLLECTIBLE = "uncollectible"


@dataclass(frozen=True, kw_only=True, slots=True)
class ProviderInvoice:
    """The invoice object at the payment provider, as last read.

    Attributes:
        provider_invoice_id: The provider's id.
        invoice_id: Our invoice id, carried in the provider's metadata.
        amount_due: The total that was asked for.
        amount_paid: What has been paid so far.
        paid_at: When the provider saw it paid in full, else None.
        payment_id: The provider's id of the payment that paid it, else None.
        hosted_url: Page where the customer can see and pay it, else None.
        is_processing: A payment was accepted and its outcome is not known yet (bank debits).
    """

    provider_invoice_id: str
    invoice_id: str
    status: ProviderInvoiceStatus
    amount_due: Money
    amount_paid: Money
    paid_at: datetime | None = None
    payment_id: str | None = None
    hosted_url: str | None = None
    is_processing: bool = False


def is_paid_in_full(seen: ProviderInvoice, *, invoice_id: str, total: Money) -> bool:
    """Return whether the provider says that this invoice is paid, over the total of its document.

    The provider may count as paid what a credit covers, or what it waives; a person clears that in the ERP.
    """
    return (
        seen.status is ProviderInvoiceStatus.PAID
        and not seen.is_processing
        and seen.invoice_id == invoice_id
        and seen.amount_due == total
    )


class DeclineClass(StrEnum):
    """What a decline allows us to do next."""

    SOFT = "soft"
    """The same payment method may be tried again later."""
    HARD = "hard"
    """Never try this payment method again; a new one is needed."""
    AUTHENTICATE = "authenticate"
    """The customer must confirm the payment in person; off-session tries cannot succeed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Decline:
    """Why a charge was declined; codes are the provider's own, unchanged.

    Attributes:
        code: `decline_code` if given, else the error code.
        advice_code: The provider's advice (`do_not_try_again`, ...), else None.
        network_code: The card network's own decline or advice code, else None.
    """

    decline_class: DeclineClass
    code: str
    advice_code: str | None = None
    network_code: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ChargeResult:
    """The outcome of one business attempt: the provider invoice after it, and the decline if any.

    Without a decline the provider invoice is paid, or the provider is still processing the payment.
    """

    provider_invoice: ProviderInvoice
    decline: Decline | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredPaymentMethod:
    """A payment method attached to a payment customer, or the decline if it was not attached."""

    payment_method: str
    customer_id: str
    brand: str | None = None
    last4: str | None = None
    decline: Decline | None = None
