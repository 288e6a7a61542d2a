"""The effects of each step of an invoice: records, ERP documents, emails, CRM tasks."""

from datetime import datetime

from activities.messages import InvoiceInput
from domain.collection.next_step import Attempt
from domain.collection.provider_invoice import ProviderInvoice, ProviderInvoiceStatus
from domain.effects.emails import Email, EmailKind
from domain.effects.events import BusinessEvent, EventType, InvoiceRow
from domain.effects.outbox import (
    AddCrmTask,
    CancelErpInvoice,
    Effect,
    PostErpInvoice,
    PostErpPayment,
    SendEmail,
    System,
    recording,
)
from domain.ids import invoice_workflow_id
from domain.parties.orders import PaymentKind
from domain.periods.periods import local_date
from workflows.invoice.state import InvoiceProgress


def _row_of(progress: InvoiceProgress) -> InvoiceRow:
    """Return the invoice's row of the read model."""
    provider_invoice = progress.provider_invoice
    return InvoiceRow(
        document=progress.document,
        state=progress.state,
        amount_due=progress.amount_due,
        provider_invoice_id=None
        if provider_invoice is None
        else provider_invoice.provider_invoice_id,
        payment_id=None if provider_invoice is None else provider_invoice.payment_id,
        hosted_url=None if provider_invoice is None else provider_invoice.hosted_url,
        paid_at=progress.paid_at,
        granted_at=progress.granted_at,
    )


def record(
    start: InvoiceInput,
    progress: InvoiceProgress,
    event_type: EventType,
    *,
    at: datetime,
    summary: str,
) -> Effect:
    """Count a business event and return the effect that records it and its rows of the read model."""
    progress.sequence += 1
    document = progress.document
    event = BusinessEvent(
        entity=invoice_workflow_id(document.invoice_id),
        sequence=progress.sequence,
        event_type=event_type,
        at=at,
        account_id=document.account_id,
        subscription_id=document.subscription_id,
        summary=summary,
        invoice=_row_of(progress),
        attempt=progress.attempts[-1] if progress.attempts else None,
        grant=start.grant if progress.granted_at is not None else None,
    )
    return recording(event)


def _post_payment(
    start: InvoiceInput, progress: InvoiceProgress, provider_invoice: ProviderInvoice, at: datetime
) -> Effect:
    """Return the effect that posts the payment of a paid invoice to the ERP."""
    document = progress.document
    number = document.number or document.invoice_id
    body = PostErpPayment(
        payment_id=provider_invoice.payment_id or f"{number}-payment",
        invoice_number=number,
        account_id=document.account_id,
        legal_entity=document.legal_entity,
        payment_kind=start.payment.kind,
        amount=provider_invoice.amount_paid,
        paid_on=local_date(progress.paid_at or at, start.zone),
    )
    return Effect(key=f"{number}/erp-payment", system=System.ERP, body=body)


def _email(start: InvoiceInput, progress: InvoiceProgress, kind: EmailKind, *, name: str) -> Effect:
    """Return the effect that emails the customer; `name` makes the email unique per occasion."""
    document, provider_invoice = progress.document, progress.provider_invoice
    is_open = provider_invoice is not None and provider_invoice.status is ProviderInvoiceStatus.OPEN
    body = Email(
        email_id=f"{document.invoice_id}/{name}",
        kind=kind,
        account_id=document.account_id,
        number=document.number or document.invoice_id,
        amount=document.total,
        plan=start.plan,
        due_on=document.due_on,
        link=provider_invoice.hosted_url if provider_invoice is not None and is_open else None,
    )
    return Effect(key=body.email_id, system=System.EMAIL, body=SendEmail(email=body))


def effects_of_issue(start: InvoiceInput, progress: InvoiceProgress, at: datetime) -> list[Effect]:
    """Return the effects of an opened provider invoice: record, ERP invoice, and for a transfer the email.

    A provider invoice may be paid at the moment it is opened, because there is nothing to pay or the
    customer has a credit. Then no email asks for a payment.
    """
    document, provider_invoice = progress.document, progress.provider_invoice
    summary = f"{document.number} over {document.total} issued"
    erp_invoice = PostErpInvoice(
        document=document, payment_kind=start.payment.kind, zone=start.zone
    )
    effects = [
        record(start, progress, EventType.INVOICE_ISSUED, at=at, summary=summary),
        Effect(key=f"{document.number}/erp-invoice", system=System.ERP, body=erp_invoice),
    ]
    is_asked_for = (
        provider_invoice is not None and provider_invoice.status is ProviderInvoiceStatus.OPEN
    )
    if start.payment.kind is PaymentKind.TRANSFER and is_asked_for:
        effects.append(_email(start, progress, EmailKind.INVOICE, name="invoice"))
    return effects


def is_short(provider_invoice: ProviderInvoice) -> bool:
    """Whether the provider took less than the amount due but counts it as paid (by a credit, or waived)."""
    return provider_invoice.amount_paid.minor_units < provider_invoice.amount_due.minor_units


def _shortfall(
    progress: InvoiceProgress, provider_invoice: ProviderInvoice, at: datetime
) -> Effect:
    """Return the effect that asks a person to clear in the ERP the amount that no payment covers."""
    document = progress.document
    body = AddCrmTask(
        task_id=f"{document.invoice_id}-shortfall",
        account_id=document.account_id,
        opportunity_id=None,
        subject=(
            f"Invoice {document.number}: the provider counts {provider_invoice.amount_due} as paid but took "
            f"{provider_invoice.amount_paid}; clear the rest in the ERP"
        ),
        due_on=local_date(at, progress.start.zone),
    )
    return Effect(key=f"{document.invoice_id}/shortfall", system=System.CRM, body=body)


def asks_for_payment(effect: Effect) -> bool:
    """Whether the effect is an email that asks for payment; a paid or void invoice must not send it."""
    asking = {EmailKind.INVOICE, EmailKind.PAYMENT_DECLINED}
    return isinstance(effect.body, SendEmail) and effect.body.email.kind in asking


def effects_of_payment(
    start: InvoiceInput, progress: InvoiceProgress, provider_invoice: ProviderInvoice, at: datetime
) -> list[Effect]:
    """Return the effects of a payment, after the unlock: the record, the ERP payment and the receipt."""
    summary = f"{provider_invoice.amount_paid} paid, {start.plan} unlocked"
    paid = record(start, progress, EventType.INVOICE_PAID, at=at, summary=summary)
    if provider_invoice.amount_paid.is_zero:
        # Nothing was paid (a trial, a full discount): there is no payment to post and no receipt to send.
        return (
            [paid, _shortfall(progress, provider_invoice, at)]
            if is_short(provider_invoice)
            else [paid]
        )
    effects = [
        paid,
        _post_payment(start, progress, provider_invoice, at),
        _email(start, progress, EmailKind.RECEIPT, name="receipt"),
    ]
    return (
        [*effects, _shortfall(progress, provider_invoice, at)]
        if is_short(provider_invoice)
        else effects
    )


def effects_of_decline(
    start: InvoiceInput, progress: InvoiceProgress, attempt: Attempt, at: datetime
) -> list[Effect]:
    """Return the effects of a decline: the record, and an email that asks for another payment method.

    After a request to stop collection, the customer gets no such email.
    """
    summary = f"attempt {attempt.number}: {attempt.decline_code} ({attempt.decline_class})"
    effects = [record(start, progress, EventType.PAYMENT_DECLINED, at=at, summary=summary)]
    if progress.stop_reason is None:
        name = f"declined-{attempt.number}"
        effects.append(_email(start, progress, EmailKind.PAYMENT_DECLINED, name=name))
    return effects


def effects_of_void(
    start: InvoiceInput, progress: InvoiceProgress, reason: str, at: datetime
) -> list[Effect]:
    """Return the effects that undo an invoice that was never paid: nothing is owed any more."""
    document = progress.document
    voided = record(start, progress, EventType.INVOICE_VOIDED, at=at, summary=reason)
    if progress.provider_invoice is None:
        # It was stopped before the customer or the ERP knew of it: there is nothing to undo.
        return [voided]
    erp_cancel = CancelErpInvoice(document=document, reason=reason)
    return [
        voided,
        Effect(key=f"{document.number}/erp-cancel", system=System.ERP, body=erp_cancel),
        _email(start, progress, EmailKind.INVOICE_CANCELLED, name="cancelled"),
    ]
