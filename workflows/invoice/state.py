"""The carried state of an `Invoice` and what is derived from it; no waiting happens here."""

from dataclasses import dataclass, field
from datetime import datetime

from activities.messages import InvoiceInput
from domain.collection.next_step import Attempt, CollectionFacts
from domain.collection.provider_invoice import ProviderInvoice
from domain.effects.outbox import (
    Effect,
)
from domain.invoicing.invoices import InvoiceDocument, InvoiceState
from domain.money.money import Money
from domain.parties.orders import PaymentKind
from domain.periods.periods import end_of_day
from workflows.contract.messages import InvoiceOutcome


@dataclass(kw_only=True, slots=True)
class InvoiceProgress:
    """Everything an invoice knows; carried across runs as one value.

    Attributes:
        start: What it was started with; never changed.
        sequence: Number of business events so far.
        payment_method: The method in force.
        methods_given: How often a payment method was given since the start; the same one again counts.
        method_given_after: Number of attempts made before the last method was given.
        read_at: When the provider invoice was last read or written.
        is_reread_wanted: The provider invoice may have changed and must be read again.
        is_opening: Opening the provider invoice was tried; it is not known to exist before the call returns.
        reported: The outcome that was last reported to the subscription, so that each is reported once.
        handled_events: Ids of the last provider events, newest last.
    """

    start: InvoiceInput
    document: InvoiceDocument
    payment_method: str | None
    methods_given: int = 0
    method_given_after: int = 0
    state: InvoiceState = InvoiceState.DRAFT
    sequence: int = 0
    provider_invoice: ProviderInvoice | None = None
    is_opening: bool = False
    attempts: tuple[Attempt, ...] = ()
    issued_at: datetime | None = None
    due_at: datetime | None = None
    read_at: datetime | None = None
    paid_at: datetime | None = None
    granted_at: datetime | None = None
    is_reread_wanted: bool = False
    stop_reason: str | None = None
    reported: InvoiceOutcome | None = None
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
    start: InvoiceInput, progress: InvoiceProgress, provider_invoice: ProviderInvoice
) -> CollectionFacts:
    """Return the facts that decide the next step of collection.

    Raises:
        ValueError: If the provider invoice was never opened.
    """
    if progress.issued_at is None or progress.due_at is None or progress.read_at is None:
        raise ValueError(f"invoice {progress.document.invoice_id} has no provider invoice yet")
    return CollectionFacts(
        kind=start.payment.kind,
        status=provider_invoice.status,
        payment_method=progress.payment_method,
        method_given_after=progress.method_given_after,
        attempts=progress.attempts,
        issued_at=progress.issued_at,
        due_at=progress.due_at,
        read_at=progress.read_at,
        is_reread_wanted=progress.is_reread_wanted,
        is_processing=provider_invoice.is_processing,
        is_behind_reported=progress.reported is not None,
        stop_reason=progress.stop_reason,
    )
