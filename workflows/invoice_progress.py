"""The carried state of an `Invoice` and what is derived from it; no waiting happens here."""

from dataclasses import dataclass, field
from datetime import datetime

from activities.messages import InvoiceInput
from domain.collection import Attempt, CollectionFacts
from domain.ids import invoice_workflow_id
from domain.invoices import InvoiceDocument, InvoiceState
from domain.letters import Letter, LetterKind
from domain.money import Money
from domain.orders import PaymentKind
from domain.outbox import (
    AddCrmTask,
    CancelErpInvoice,
    Effect,
    PostErpInvoice,
    PostErpPayment,
    RecordEvent,
    SendLetter,
    System,
)
from domain.payments import Payable, PayableStatus
from domain.periods import end_of_day, local_date
from domain.records import BusinessEvent, EventType, InvoiceRow
from workflows.messages import InvoiceOutcome


@dataclass(kw_only=True, slots=True)
class InvoiceProgress:
    """Everything an invoice knows; carried across runs as one value.

    Attributes:
        start: What it was started with; never changed.
        sequence: Number of business events so far.
        payment_method: The method in force.
        methods_given: How many methods were given since the start, the same one again included.
        method_given_after: How many attempts had been made when the last one was given.
        read_at: When the payable was last read or written.
        is_reread_wanted: A message says that the payable may have changed.
        is_opening: Opening the payable was tried; whether it is there is not known until it is answered.
        told: What the subscription was told last, so that it is told once.
        handled_events: Ids of the last provider events, newest last.
    """

    start: InvoiceInput
    document: InvoiceDocument
    payment_method: str | None
    methods_given: int = 0
    method_given_after: int = 0
    state: InvoiceState = InvoiceState.DRAFT
    sequence: int = 0
    payable: Payable | None = None
    is_opening: bool = False
    attempts: tuple[Attempt, ...] = ()
    issued_at: datetime | None = None
    due_at: datetime | None = None
    read_at: datetime | None = None
    paid_at: datetime | None = None
    granted_at: datetime | None = None
    is_reread_wanted: bool = False
    stop_reason: str | None = None
    told: InvoiceOutcome | None = None
    handled_events: list[str] = field(default_factory=list[str])
    outbox: list[Effect] = field(default_factory=list[Effect])

    @property
    def amount_due(self) -> Money:
        """What is still to be paid."""
        if self.state in {InvoiceState.PAID, InvoiceState.VOID}:
            return Money.zero(self.document.currency)
        return self.document.total


def start_progress(start: InvoiceInput) -> InvoiceProgress:
    """Return the state of an invoice that has done nothing yet."""
    return InvoiceProgress(start=start, document=start.draft, payment_method=start.payment_method)


def due_at(start: InvoiceInput, document: InvoiceDocument, opened_at: datetime) -> datetime:
    """Return when the payment term ends: at the end of the due date for transfers, at once for cards."""
    if start.payment.kind is PaymentKind.CARD or document.due_on is None:
        return opened_at
    return end_of_day(document.due_on, start.zone)


def collection_facts(
    start: InvoiceInput, progress: InvoiceProgress, payable: Payable
) -> CollectionFacts:
    """Return the facts that decide the next step of collection.

    Raises:
        ValueError: If the payable was never opened.
    """
    if progress.issued_at is None or progress.due_at is None or progress.read_at is None:
        raise ValueError(f"invoice {progress.document.invoice_id} has no payable yet")
    return CollectionFacts(
        kind=start.payment.kind,
        status=payable.status,
        payment_method=progress.payment_method,
        method_given_after=progress.method_given_after,
        attempts=progress.attempts,
        issued_at=progress.issued_at,
        due_at=progress.due_at,
        read_at=progress.read_at,
        is_reread_wanted=progress.is_reread_wanted,
        is_processing=payable.is_processing,
        is_behind_told=progress.told is not None,
        stop_reason=progress.stop_reason,
    )


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
    return Effect(key=event.event_id, system=System.RECORD, body=RecordEvent(event=event))


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
