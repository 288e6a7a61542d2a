"""The carried state of an `Invoice` and what is derived from it; no waiting happens here."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from activities.messages import Escrow, InvoiceInput, PaymentSeen
from domain.collection.next_step import Attempt, Charge, CollectionFacts
from domain.collection.provider_invoice import (
    DeclineClass,
    ProviderInvoice,
    ProviderInvoiceStatus,
    is_paid_in_full,
)
from domain.effects.events import BusinessEvent, EntityState, EventType, InvoiceRow
from domain.effects.outbox import Effect, effects_to_keep, recording
from domain.ids import invoice_workflow_id
from domain.invoicing.invoices import InvoiceDocument
from domain.invoicing.steps import InvoiceFacts
from domain.invoicing.transitions import CLOSED_STATES, TRANSITIONS, InvoiceEvent, InvoiceState
from domain.money.money import Money
from domain.parties.orders import PaymentKind
from domain.periods.periods import end_of_day
from workflows.contract.messages import InvoiceOutcome

REMEMBERED_EVENTS: Final = 100
"""Number of provider events remembered by id; a forgotten one does no harm, it only causes another read."""

FAILED_LATER: Final = "payment_failed_later"


@dataclass(kw_only=True, slots=True)
class InvoiceProgress:
    """Everything an invoice knows; carried across runs as one value.

    Attributes:
        start: What it was started with; never changed.
        sequence: Number of business events so far.
        generation: How often it was revived.
        payment_method: The method in force.
        methods_given: How often a payment method was given since the start; the same one again counts.
        method_given_after: Number of attempts made before the last method was given.
        read_at: When the provider invoice was last read or written.
        is_reread_wanted: The provider invoice may have changed and must be read again.
        is_opening: Opening the provider invoice was tried; it is not known to exist before the call returns.
        reported: The outcome that was last reported to the subscription, so that each is reported once.
        is_granted: The activity that learned of the payment has put the grant.
        handled_events: Ids of the last provider events, newest last.
    """

    start: InvoiceInput
    document: InvoiceDocument
    payment_method: str | None
    methods_given: int = 0
    method_given_after: int = 0
    state: InvoiceState = InvoiceState.DRAFT
    sequence: int = 0
    generation: int = 0
    provider_invoice: ProviderInvoice | None = None
    is_opening: bool = False
    attempts: tuple[Attempt, ...] = ()
    issued_at: datetime | None = None
    due_at: datetime | None = None
    read_at: datetime | None = None
    paid_at: datetime | None = None
    is_granted: bool = False
    granted_at: datetime | None = None
    is_reread_wanted: bool = False
    stop_reason: str | None = None
    reported: InvoiceOutcome | None = None
    handled_events: list[str] = field(default_factory=list[str])
    outbox: list[Effect] = field(default_factory=list[Effect])

    @classmethod
    def begin(cls, start: InvoiceInput) -> "InvoiceProgress":
        """Return the state of an invoice that has done nothing yet."""
        return cls(start=start, document=start.draft, payment_method=start.payment_method)

    @property
    def amount_due(self) -> Money:
        """What is still to be paid."""
        if self.state in CLOSED_STATES:
            return Money.zero(self.document.currency)
        return self.document.total

    @property
    def escrow(self) -> Escrow:
        """What a payment of the total releases."""
        return Escrow(grant=self.start.grant, total=self.document.total)

    @property
    def opened(self) -> ProviderInvoice:
        """The provider invoice as it was last seen.

        Raises:
            ValueError: If it was never opened.
        """
        if self.provider_invoice is None:
            raise ValueError(f"invoice {self.document.invoice_id} has no provider invoice yet")
        return self.provider_invoice

    def facts(self, *, is_history_long: bool) -> InvoiceFacts:
        """Return the facts that decide what the invoice does next."""
        return InvoiceFacts(
            state=self.state,
            is_numbered=self.document.number is not None,
            is_opening=self.is_opening,
            stop_reason=self.stop_reason,
            collection=self._collection_facts(),
            is_history_long=is_history_long,
        )

    def _collection_facts(self) -> CollectionFacts | None:
        opened = self.provider_invoice
        if opened is None or self.issued_at is None or self.due_at is None or self.read_at is None:
            return None
        return CollectionFacts(
            kind=self.start.payment.kind,
            status=opened.status,
            payment_method=self.payment_method,
            method_given_after=self.method_given_after,
            attempts=self.attempts,
            issued_at=self.issued_at,
            due_at=self.due_at,
            read_at=self.read_at,
            is_reread_wanted=self.is_reread_wanted,
            is_paid_in_full=is_paid_in_full(
                opened, invoice_id=self.document.invoice_id, total=self.document.total
            ),
            is_processing=opened.is_processing,
            is_behind_reported=self.reported is not None,
            stop_reason=self.stop_reason,
        )

    def move(self, event: InvoiceEvent) -> None:
        """Move the state by the table of transitions."""
        self.state = TRANSITIONS.after(self.state, event)

    @property
    def entity(self) -> str:
        """The workflow id, under which its events are recorded."""
        return invoice_workflow_id(self.document.invoice_id)

    def carried(self, recorded: Collection[Effect]) -> EntityState:
        """Return the state as it is stored with these records."""
        start = replace(self.start, draft=self.start.draft.reference())
        kept = replace(
            self,
            start=start,
            document=self.document.reference(),
            outbox=effects_to_keep(self.outbox, recorded),
        )
        return EntityState(
            entity=self.entity, generation=self.generation, sequence=self.sequence, state=kept
        )

    def record(self, event_type: EventType, summary: str, *, at: datetime) -> None:
        """Count a business event and queue the effect that records it with the invoice's rows."""
        document = self.document
        self.sequence += 1
        event = BusinessEvent(
            entity=self.entity,
            generation=self.generation,
            sequence=self.sequence,
            event_type=event_type,
            at=at,
            account_id=document.account_id,
            subscription_id=document.subscription_id,
            summary=summary,
            invoice=self._row(),
            attempt=self.attempts[-1] if self.attempts else None,
            grant=self.start.grant if self.granted_at is not None else None,
        )
        self.outbox.append(recording(event))

    def _row(self) -> InvoiceRow:
        opened, document = self.provider_invoice, self.document
        return InvoiceRow(
            invoice_id=document.invoice_id,
            subscription_id=document.subscription_id,
            account_id=document.account_id,
            number=document.number,
            purpose=document.purpose,
            total=document.total,
            issued_on=document.issued_on,
            due_on=document.due_on,
            draft=document if document.number is None else None,
            state=self.state,
            amount_due=self.amount_due,
            provider_invoice_id=None if opened is None else opened.provider_invoice_id,
            payment_id=None if opened is None else opened.payment_id,
            hosted_url=None if opened is None else opened.hosted_url,
            paid_at=self.paid_at,
            granted_at=self.granted_at,
        )

    def note_provider_event(self, event_id: str) -> None:
        """Note that the provider invoice may have changed; an event that was noted before changes nothing."""
        if event_id in self.handled_events:
            return
        self.handled_events.append(event_id)
        del self.handled_events[:-REMEMBERED_EVENTS]
        self.is_reread_wanted = True

    def note_payment_method(self, payment_method: str, *, is_charging: bool) -> None:
        """Note the method in force; a charge that is under way started before it was given."""
        self.payment_method = payment_method
        self.methods_given += 1
        self.method_given_after = len(self.attempts) + is_charging

    def watch(self) -> Callable[[], bool]:
        """Return a test of whether a message has arrived, from now on, that changes the next step."""
        before = (self.methods_given, self.stop_reason)
        return lambda: self.is_reread_wanted or (self.methods_given, self.stop_reason) != before

    def note_opened(self, provider_invoice: ProviderInvoice, at: datetime) -> None:
        """Note that the provider invoice is open; the payment term begins."""
        self.issued_at, self.due_at = at, self._due_at(at)
        self.move(InvoiceEvent.OPENED)
        self.note_seen(provider_invoice, at)

    def _due_at(self, opened_at: datetime) -> datetime:
        """Return when the payment term ends: at the end of the due date for transfers, at once for cards."""
        due_on = self.document.due_on
        if self.start.payment.kind is PaymentKind.CARD or due_on is None:
            return opened_at
        return end_of_day(due_on, self.start.zone)

    def note_seen(self, provider_invoice: ProviderInvoice, at: datetime) -> None:
        """Note the provider invoice as it was read or written at this instant."""
        self.provider_invoice, self.read_at = provider_invoice, at

    def fail_pending_charge(self, before: ProviderInvoice) -> Attempt | None:
        """Turn our own charge that was processing, and has failed since `before`, into a decline.

        Returns:
            The declined attempt, or None: nothing has failed, or the customer had started that payment.
        """
        seen = self.opened
        has_failed = (
            before.is_processing
            and not seen.is_processing
            and seen.status is ProviderInvoiceStatus.OPEN
        )
        if not has_failed or not self.attempts or not self.attempts[-1].is_pending:
            return None
        failed = replace(
            self.attempts[-1], decline_class=DeclineClass.SOFT, decline_code=FAILED_LATER
        )
        self.attempts = (*self.attempts[:-1], failed)
        return failed

    def note_withdrawn(self, charge: Charge, at: datetime) -> None:
        """Note an attempt that was withdrawn or refused: its number is not used again."""
        attempt = Attempt(
            number=charge.number, payment_method=charge.payment_method, at=at, is_withdrawn=True
        )
        self.attempts += (attempt,)

    def note_payment_seen(self, seen: PaymentSeen, at: datetime) -> None:
        """Note the provider invoice as an activity saw it, and whether that activity has put the grant."""
        self.is_granted = self.is_granted or seen.is_granted
        self.note_seen(seen.provider_invoice, at)

    def note_charged(self, charge: Charge, result: PaymentSeen, at: datetime) -> Attempt:
        """Note the outcome of an attempt and return the attempt."""
        decline = result.decline
        attempt = Attempt(
            number=charge.number,
            payment_method=charge.payment_method,
            at=at,
            decline_class=decline.decline_class if decline else None,
            decline_code=decline.code if decline else None,
        )
        self.attempts += (attempt,)
        self.note_payment_seen(result, at)
        return attempt

    def note_unlocked(self, at: datetime) -> None:
        """Note that the invoice is paid and its grant stands."""
        self.move(InvoiceEvent.PAID_IN_FULL)
        self.granted_at = at
        self.paid_at = self.opened.paid_at or at
