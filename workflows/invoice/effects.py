"""The effects of each step of an invoice besides its records: ERP documents, emails, CRM tasks."""

from datetime import datetime

from domain.collection.next_step import Attempt
from domain.collection.provider_invoice import ProviderInvoice, ProviderInvoiceStatus
from domain.effects.emails import Email, EmailKind
from domain.effects.outbox import (
    AddCrmTask,
    CancelErpInvoice,
    Effect,
    PostErpInvoice,
    PostErpPayment,
    SendEmail,
)
from domain.parties.orders import PaymentKind
from domain.periods.periods import local_date
from workflows.invoice.state import InvoiceProgress


def effects_of_issue(invoice: InvoiceProgress) -> list[Effect]:
    """Return the effects of an opened provider invoice: the ERP invoice, and for a transfer the email.

    A provider invoice may be paid at the moment it is opened, because there is nothing to pay or the
    customer has a credit. Then no email asks for a payment.
    """
    start, document = invoice.start, invoice.document
    erp_invoice = PostErpInvoice(
        document=document, payment_kind=start.payment.kind, zone=start.zone
    )
    effects = [Effect(key=f"{document.number}/erp-invoice", body=erp_invoice)]
    is_asked_for = invoice.opened.status is ProviderInvoiceStatus.OPEN
    if start.payment.kind is PaymentKind.TRANSFER and is_asked_for:
        effects.append(_email(invoice, EmailKind.INVOICE, name="invoice"))
    return effects


def asks_for_payment(effect: Effect) -> bool:
    """Whether the effect is an email that asks for payment; a paid or void invoice must not send it."""
    asking = {EmailKind.INVOICE, EmailKind.PAYMENT_DECLINED}
    return isinstance(effect.body, SendEmail) and effect.body.email.kind in asking


def effects_of_payment(invoice: InvoiceProgress, at: datetime) -> list[Effect]:
    """Return the effects of a payment, after the unlock: the ERP payment and the receipt."""
    opened = invoice.opened
    effects: list[Effect] = []
    # If nothing was paid (a trial, a full discount), there is no payment to post and no receipt to send.
    if not opened.amount_paid.is_zero:
        effects += [
            _post_payment(invoice, opened, at),
            _email(invoice, EmailKind.RECEIPT, name="receipt"),
        ]
    if is_short(opened):
        effects.append(_shortfall(invoice, opened, at))
    return effects


def is_short(opened: ProviderInvoice) -> bool:
    """Whether the provider took less than the amount due but counts it as paid (by a credit, or waived)."""
    return opened.amount_paid.minor_units < opened.amount_due.minor_units


def effects_of_decline(invoice: InvoiceProgress, attempt: Attempt) -> list[Effect]:
    """Return the effects of a decline: an email that asks for another payment method.

    After a request to stop collection, the customer gets no such email.
    """
    if invoice.stop_reason is not None:
        return []
    return [_email(invoice, EmailKind.PAYMENT_DECLINED, name=f"declined-{attempt.number}")]


def effects_of_void(invoice: InvoiceProgress, reason: str) -> list[Effect]:
    """Return the effects that undo an invoice that was never paid: nothing is owed any more."""
    document = invoice.document
    if invoice.provider_invoice is None:
        # It was stopped before the customer or the ERP knew of it: there is nothing to undo.
        return []
    erp_cancel = CancelErpInvoice(document=document, reason=reason)
    return [
        Effect(key=f"{document.number}/erp-cancel", body=erp_cancel),
        _email(invoice, EmailKind.INVOICE_CANCELLED, name="cancelled"),
    ]


def _post_payment(invoice: InvoiceProgress, opened: ProviderInvoice, at: datetime) -> Effect:
    """Return the effect that posts the payment of a paid invoice to the ERP."""
    start, document = invoice.start, invoice.document
    number = document.number or document.invoice_id
    paid_on = local_date(invoice.paid_at or at, start.zone)
    if document.issued_on is not None:
        # The date of issue is the seller's: the buyer may still have the day before, and a ledger takes no
        # payment that is older than its invoice.
        paid_on = max(paid_on, document.issued_on)
    body = PostErpPayment(
        payment_id=opened.payment_id or f"{number}-payment",
        invoice_number=number,
        account_id=document.account_id,
        legal_entity=document.legal_entity,
        payment_kind=start.payment.kind,
        amount=opened.amount_paid,
        paid_on=paid_on,
    )
    return Effect(key=f"{number}/erp-payment", body=body)


def _shortfall(invoice: InvoiceProgress, opened: ProviderInvoice, at: datetime) -> Effect:
    """Return the effect that asks a person to clear in the ERP the amount that no payment covers."""
    document = invoice.document
    body = AddCrmTask(
        task_id=f"{document.invoice_id}-shortfall",
        account_id=document.account_id,
        opportunity_id=None,
        subject=(
            f"Invoice {document.number}: the provider counts {opened.amount_due} as paid but took "
            f"{opened.amount_paid}; clear the rest in the ERP"
        ),
        due_on=local_date(at, invoice.start.zone),
    )
    return Effect(key=f"{document.invoice_id}/shortfall", body=body)


def _email(invoice: InvoiceProgress, kind: EmailKind, *, name: str) -> Effect:
    """Return the effect that emails the customer; `name` makes the email unique per occasion."""
    document, opened = invoice.document, invoice.provider_invoice
    is_open = opened is not None and opened.status is ProviderInvoiceStatus.OPEN
    body = Email(
        email_id=f"{document.invoice_id}/{name}",
        kind=kind,
        account_id=document.account_id,
        number=document.number or document.invoice_id,
        amount=document.total,
        plan=invoice.start.plan,
        due_on=document.due_on,
        link=opened.hosted_url if opened is not None and is_open else None,
    )
    return Effect(key=body.email_id, body=SendEmail(email=body))
