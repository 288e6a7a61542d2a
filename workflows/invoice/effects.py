"""What follows from each moment of an invoice: records, ERP documents, emails, CRM tasks."""

from datetime import datetime

from activities.messages import InvoiceInput
from domain.collection.next_step import Attempt
from domain.collection.provider_invoice import Payable, PayableStatus
from domain.effects.emails import Letter, LetterKind
from domain.effects.events import BusinessEvent, EventType, InvoiceRow
from domain.effects.outbox import (
    AddCrmTask,
    CancelErpInvoice,
    Effect,
    PostErpInvoice,
    PostErpPayment,
    SendLetter,
    System,
    recording,
)
from domain.ids import invoice_workflow_id
from domain.parties.orders import PaymentKind
from domain.periods.periods import local_date
from workflows.invoice.state import InvoiceProgress


def _row_of(progress: InvoiceProgress) -> InvoiceRow:
    """Return the invoice's row of the read model."""
    payable = progress.payable
    return InvoiceRow(
        document=progress.document,
        state=progress.state,
        amount_due=progress.amount_due,
        payable_id=None if payable is None else payable.payable_id,
        payment_id=None if payable is None else payable.payment_id,
        hosted_url=None if payable is None else payable.hosted_url,
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
    """Return the effect that records a business event and the rows it leaves behind; counts it."""
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
    start: InvoiceInput, progress: InvoiceProgress, payable: Payable, at: datetime
) -> Effect:
    """Return the effect that posts the payment of a paid invoice to the ERP."""
    document = progress.document
    number = document.number or document.invoice_id
    body = PostErpPayment(
        payment_id=payable.payment_id or f"{number}-payment",
        invoice_number=number,
        account_id=document.account_id,
        legal_entity=document.legal_entity,
        payment_kind=start.payment.kind,
        amount=payable.amount_paid,
        paid_on=local_date(progress.paid_at or at, start.zone),
    )
    return Effect(key=f"{number}/erp-payment", system=System.ERP, body=body)


def _letter(
    start: InvoiceInput, progress: InvoiceProgress, kind: LetterKind, *, name: str
) -> Effect:
    """Return the effect that sends the customer a letter; `name` makes it once per occasion."""
    document, payable = progress.document, progress.payable
    is_open = payable is not None and payable.status is PayableStatus.OPEN
    body = Letter(
        letter_id=f"{document.invoice_id}/{name}",
        kind=kind,
        account_id=document.account_id,
        number=document.number or document.invoice_id,
        amount=document.total,
        plan=start.plan,
        due_on=document.due_on,
        link=payable.hosted_url if payable is not None and is_open else None,
    )
    return Effect(key=body.letter_id, system=System.MESSAGES, body=SendLetter(letter=body))


def effects_of_issue(start: InvoiceInput, progress: InvoiceProgress, at: datetime) -> list[Effect]:
    """Return what follows when the payable is open: the ERP invoice, and the customer's for a transfer.

    One that is paid the moment it is opened (nothing to pay, or money that was there before) asks for nothing.
    """
    document, payable = progress.document, progress.payable
    summary = f"{document.number} over {document.total} issued"
    erp_invoice = PostErpInvoice(
        document=document, payment_kind=start.payment.kind, zone=start.zone
    )
    effects = [
        record(start, progress, EventType.INVOICE_ISSUED, at=at, summary=summary),
        Effect(key=f"{document.number}/erp-invoice", system=System.ERP, body=erp_invoice),
    ]
    is_asked_for = payable is not None and payable.status is PayableStatus.OPEN
    if start.payment.kind is PaymentKind.TRANSFER and is_asked_for:
        effects.append(_letter(start, progress, LetterKind.INVOICE, name="invoice"))
    return effects


def is_short(payable: Payable) -> bool:
    """Whether the provider took less than was asked and calls it paid: from a credit of its own, or waived."""
    return payable.amount_paid.minor_units < payable.amount_due.minor_units


def _shortfall(progress: InvoiceProgress, payable: Payable, at: datetime) -> Effect:
    """Return the effect that asks a person to settle in the ERP what no payment covers."""
    document = progress.document
    body = AddCrmTask(
        task_id=f"{document.invoice_id}-shortfall",
        account_id=document.account_id,
        opportunity_id=None,
        subject=(
            f"Invoice {document.number}: the provider counts {payable.amount_due} as paid but took "
            f"{payable.amount_paid}; settle the rest in the ERP"
        ),
        due_on=local_date(at, progress.start.zone),
    )
    return Effect(key=f"{document.invoice_id}/shortfall", system=System.CRM, body=body)


def asks_for_payment(effect: Effect) -> bool:
    """Whether the effect is a letter that asks for what is no longer owed once the invoice is paid or void."""
    asking = {LetterKind.INVOICE, LetterKind.PAYMENT_DECLINED}
    return isinstance(effect.body, SendLetter) and effect.body.letter.kind in asking


def effects_of_payment(
    start: InvoiceInput, progress: InvoiceProgress, payable: Payable, at: datetime
) -> list[Effect]:
    """Return what follows the unlock: the record, the ERP payment and the receipt."""
    summary = f"{payable.amount_paid} paid, {start.plan} unlocked"
    paid = record(start, progress, EventType.INVOICE_PAID, at=at, summary=summary)
    if payable.amount_paid.is_zero:
        # A trial or a full discount asks for nothing: there is no payment to post or to thank for.
        return [paid, _shortfall(progress, payable, at)] if is_short(payable) else [paid]
    effects = [
        paid,
        _post_payment(start, progress, payable, at),
        _letter(start, progress, LetterKind.RECEIPT, name="receipt"),
    ]
    return [*effects, _shortfall(progress, payable, at)] if is_short(payable) else effects


def effects_of_decline(
    start: InvoiceInput, progress: InvoiceProgress, attempt: Attempt, at: datetime
) -> list[Effect]:
    """Return what follows a decline: the record, and a letter that asks for another method.

    Once collection has been told to stop, the customer is asked for nothing.
    """
    summary = f"attempt {attempt.number}: {attempt.decline_code} ({attempt.decline_class})"
    effects = [record(start, progress, EventType.PAYMENT_DECLINED, at=at, summary=summary)]
    if progress.stop_reason is None:
        name = f"declined-{attempt.number}"
        effects.append(_letter(start, progress, LetterKind.PAYMENT_DECLINED, name=name))
    return effects


def effects_of_void(
    start: InvoiceInput, progress: InvoiceProgress, reason: str, at: datetime
) -> list[Effect]:
    """Return what undoes an issue that was never paid: nothing is owed any more."""
    document = progress.document
    voided = record(start, progress, EventType.INVOICE_VOIDED, at=at, summary=reason)
    if progress.payable is None:
        # Stopped before the customer or the ERP heard of it: there is nothing to undo.
        return [voided]
    erp_cancel = CancelErpInvoice(document=document, reason=reason)
    return [
        voided,
        Effect(key=f"{document.number}/erp-cancel", system=System.ERP, body=erp_cancel),
        _letter(start, progress, LetterKind.INVOICE_CANCELLED, name="cancelled"),
    ]
