"""Translation between our invoice documents and Stripe's invoices: what is sent, and how answers are read."""

from datetime import UTC, date, datetime, time
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import stripe

from connectors.stripe.amounts import from_stripe, to_stripe
from domain.collection.provider_invoice import (
    Decline,
    DeclineClass,
    ProviderInvoice,
    ProviderInvoiceStatus,
)
from domain.failures import ConflictError, NotReadyError, OutcomeUnknownError, RejectedError
from domain.invoicing.invoices import InvoiceDocument, ProviderInvoiceRequest

if TYPE_CHECKING:
    from stripe.params import InvoiceAddLinesParamsLine, InvoiceCreateParams
    from stripe.params import InvoiceCreateParamsPaymentSettings as PaymentSettings
    from stripe.params import (
        InvoiceCreateParamsPaymentSettingsPaymentMethodOptionsCustomerBalanceBankTransfer as BankTransfer,
    )

ACCOUNT_KEY: Final = "perennial_account_id"
INVOICE_KEY: Final = "perennial_invoice_id"
SUBSCRIPTION_KEY: Final = "perennial_subscription_id"
LINE_KEY: Final = "perennial_line_id"

EXPAND_ATTEMPTS: Final = "payments.data.payment.payment_intent"

_STATUSES: Final = MappingProxyType(
    {
        "open": ProviderInvoiceStatus.OPEN,
        "paid": ProviderInvoiceStatus.PAID,
        "void": ProviderInvoiceStatus.VOID,
        "uncollectible": ProviderInvoiceStatus.UNCOLLECTIBLE,
    }
)
_BANK_TRANSFERS: Final = MappingProxyType(
    {
        "EUR": "eu_bank_transfer",
        "GBP": "gb_bank_transfer",
        "JPY": "jp_bank_transfer",
        "USD": "us_bank_transfer",
    }
)
_UNDER_WAY: Final = frozenset({"processing", "requires_capture", "succeeded"})
"""States of a payment that its invoice does not show yet; the invoice is not charged or voided meanwhile."""

_END_OF_DAY: Final = time(23, 59, 59, tzinfo=UTC)


def invoice_params(request: ProviderInvoiceRequest, *, eu_country: str) -> "InvoiceCreateParams":
    """Return the parameters that create the draft, without its lines.

    Raises:
        RejectedError: The document has no number, or its total is negative.
    """
    document = request.document
    if document.number is None:
        raise RejectedError(f"invoice {document.invoice_id} has no number yet")
    if document.total.is_negative:
        raise RejectedError(f"invoice {document.invoice_id} is a credit of {-document.total}")
    params: InvoiceCreateParams = {
        "customer": request.customer_id,
        "currency": document.currency.lower(),
        "number": document.number,
        # Our workflows collect the invoice; Stripe's own retries would run in parallel.
        "auto_advance": False,
        "metadata": {
            INVOICE_KEY: document.invoice_id,
            SUBSCRIPTION_KEY: document.subscription_id,
            ACCOUNT_KEY: document.account_id,
        },
        "payment_settings": {"payment_method_types": ["card"]},
        "collection_method": "charge_automatically",
    }
    if request.send_with_due_date:
        params["collection_method"] = "send_invoice"
        params["payment_settings"] = _transfer_settings(document.currency, eu_country)
        if document.due_on is not None:
            params["due_date"] = _end_of(document.due_on)
    return params


def line_params(document: InvoiceDocument) -> list["InvoiceAddLinesParamsLine"]:
    """Return one line per line of the document, then one per tax line, in Stripe's units.

    Raises:
        RejectedError: Stripe does not accept one of the amounts.
    """
    lines: list[InvoiceAddLinesParamsLine] = []
    for line in document.lines:
        entry: InvoiceAddLinesParamsLine = {
            "amount": to_stripe(line.amount),
            "description": line.description,
            "metadata": {LINE_KEY: line.line_id},
        }
        if line.period is not None:
            start, end = line.period.start, line.period.end
            entry["period"] = {"start": int(start.timestamp()), "end": int(end.timestamp())}
        lines.append(entry)
    taxes: list[InvoiceAddLinesParamsLine] = [
        {"amount": to_stripe(tax.amount), "description": tax.name} for tax in document.tax_lines
    ]
    return lines + taxes


def check_same(invoice: stripe.Invoice, document: InvoiceDocument) -> None:
    """Check that Stripe's invoice asks for exactly the document's amount, and that it collects no more.

    Raises:
        ConflictError: Stripe's invoice has another amount or currency, or it would also collect a debt
            that is on the customer's balance.
    """
    wanted = to_stripe(document.total), document.currency.lower()
    if (invoice.total, invoice.currency) != wanted:
        raise ConflictError(
            f"Stripe's invoice {invoice.id} of {document.invoice_id} asks for "
            f"{from_stripe(invoice.total, invoice.currency)}, the document for {document.total}"
        )
    if invoice.amount_due > max(invoice.total, 0):
        raise ConflictError(
            f"Stripe's invoice {invoice.id} of {document.invoice_id} would collect "
            f"{from_stripe(invoice.amount_due, invoice.currency)} instead of {document.total}: "
            "the customer's balance at Stripe holds a debt"
        )


def provider_invoice_of(invoice: stripe.Invoice) -> ProviderInvoice:
    """Return Stripe's invoice as a domain value.

    Raises:
        NotReadyError: It is still a draft.
        RejectedError: Its metadata has no invoice id of ours.
    """
    status = _STATUSES.get(invoice.status or "")
    if status is None:
        raise NotReadyError(f"Stripe's invoice {invoice.id} is {invoice.status}, not finalized")
    metadata = invoice.metadata.to_dict() if invoice.metadata is not None else {}
    if INVOICE_KEY not in metadata:
        raise RejectedError(f"Stripe's invoice {invoice.id} is not one of ours")
    is_paid = status is ProviderInvoiceStatus.PAID
    paid_at = invoice.status_transitions.paid_at
    return ProviderInvoice(
        provider_invoice_id=invoice.id,
        invoice_id=str(metadata[INVOICE_KEY]),
        status=status,
        amount_due=from_stripe(invoice.total, invoice.currency),
        amount_paid=from_stripe(invoice.amount_paid, invoice.currency),
        paid_at=datetime.fromtimestamp(paid_at, UTC) if is_paid and paid_at else None,
        payment_id=_payment_id(invoice) if is_paid else None,
        hosted_url=invoice.hosted_invoice_url,
        is_processing=status is ProviderInvoiceStatus.OPEN and _is_under_way(invoice),
    )


def decline_without_error(invoice: stripe.Invoice) -> Decline | None:
    """Return why an invoice is still open after a charge without an error; None while it is processed.

    Raises:
        OutcomeUnknownError: The answer does not show the outcome of the charge.
    """
    statuses = _attempts(invoice)
    if _is_under_way(invoice):
        return None
    if "requires_action" in statuses:
        return Decline(decline_class=DeclineClass.AUTHENTICATE, code="authentication_required")
    raise OutcomeUnknownError(f"Stripe's invoice {invoice.id} is open after a charge: {statuses}")


def _is_under_way(invoice: stripe.Invoice) -> bool:
    return not _UNDER_WAY.isdisjoint(_attempts(invoice))


def _attempts(invoice: stripe.Invoice) -> list[str]:
    # Only open payments count: an invoice payment that is paid or canceled says nothing about the rest.
    return [
        entry.payment.payment_intent.status
        for entry in _payments(invoice)
        if entry.status == "open"
        and "payment_intent" in entry.payment
        and isinstance(entry.payment.payment_intent, stripe.PaymentIntent)
    ]


def _payment_id(invoice: stripe.Invoice) -> str | None:
    for entry in _payments(invoice):
        if entry.status == "paid":
            made = entry.payment
            paid_by = getattr(made, made.type)
            return str(getattr(paid_by, "id", paid_by))
    return None


def _payments(invoice: stripe.Invoice) -> list[stripe.InvoicePayment]:
    # Stripe leaves `payments` out of the answer unless the request expands it.
    if "payments" not in invoice or invoice.payments is None:
        return []
    return invoice.payments.data


def _transfer_settings(currency: str, eu_country: str) -> "PaymentSettings":
    transfer = _BANK_TRANSFERS.get(currency)
    if transfer is None:
        # No bank transfer in this currency: the hosted page still takes a card.
        return {"payment_method_types": ["card"]}
    details: BankTransfer = {"type": transfer}
    if transfer == "eu_bank_transfer":
        details["eu_bank_transfer"] = {"country": eu_country}
    return {
        "payment_method_types": ["customer_balance"],
        "payment_method_options": {
            "customer_balance": {"funding_type": "bank_transfer", "bank_transfer": details}
        },
    }


def _end_of(day: date) -> int:
    return int(datetime.combine(day, _END_OF_DAY).timestamp())
