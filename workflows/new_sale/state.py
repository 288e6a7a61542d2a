"""The carried state of a `NewSale` and what is derived from it; no waiting happens here."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime

from activities.messages import AttachPaymentMethod, SaleTerms, SubscriptionInput
from domain.effects.events import BusinessEvent, EntityState, EventType, SaleRow
from domain.effects.outbox import Effect, effects_to_keep, recording
from domain.ids import invoice_id, sale_workflow_id
from domain.sales.states import TRANSITIONS, SaleEvent, SaleState
from domain.sales.steps import SaleFacts
from workflows.contract.messages import InvoiceChanged, InvoiceOutcome, NewSaleInput


@dataclass(kw_only=True, slots=True)
class SaleProgress:
    """Everything a sale knows; carried across runs as one value.

    Attributes:
        start: What it was started with; never changed.
        sequence: Number of business events so far.
        generation: How often it was revived.
        terms: What was sold, once read.
        accepted_at: Anchor of the subscription's periods, in whole seconds.
        customer_id: The payment provider's customer, once known.
        payment_method: The attached payment method; None for transfers and refused cards.
        is_method_decided: Whether attaching a payment method was tried or is not needed.
        is_started: Whether the subscription's workflow was started.
        first_invoice: Outcome of the first invoice, once reported.
        stop_reason: Why an operator cancelled the sale, or None.
        is_stop_reported: Whether the subscription, or its invoice, was told to stop.
        failure: Why the sale was undone, or None.
    """

    start: NewSaleInput
    state: SaleState = SaleState.OPEN
    sequence: int = 0
    generation: int = 0
    terms: SaleTerms | None = None
    accepted_at: datetime | None = None
    customer_id: str | None = None
    payment_method: str | None = None
    is_method_decided: bool = False
    is_started: bool = False
    first_invoice: InvoiceChanged | None = None
    stop_reason: str | None = None
    is_stop_reported: bool = False
    failure: str | None = None
    outbox: list[Effect] = field(default_factory=list[Effect])

    @property
    def known_terms(self) -> SaleTerms:
        """What was sold.

        Raises:
            ValueError: If the order was not read yet.
        """
        if self.terms is None:
            raise ValueError(f"the order of sale {self.start.order_id} is not read yet")
        return self.terms

    @property
    def known_customer(self) -> str:
        """The payment provider's customer.

        Raises:
            ValueError: If there is none yet.
        """
        if self.customer_id is None:
            raise ValueError(f"sale {self.start.order_id} has no payment customer yet")
        return self.customer_id

    def facts(self, *, is_history_long: bool) -> SaleFacts:
        """Return the facts that decide what the sale does next."""
        outcome = self.first_invoice
        return SaleFacts(
            state=self.state,
            has_terms=self.terms is not None,
            has_customer=self.customer_id is not None,
            is_method_decided=self.is_method_decided,
            is_started=self.is_started,
            is_paid=None if outcome is None else outcome.outcome is InvoiceOutcome.PAID,
            is_stopped=self.stop_reason is not None,
            is_stop_reported=self.is_stop_reported,
            is_history_long=is_history_long,
        )

    def move(self, event: SaleEvent) -> None:
        """Move the state by the table of transitions."""
        self.state = TRANSITIONS.after(self.state, event)

    @property
    def entity(self) -> str:
        """The workflow id, under which its events are recorded."""
        return sale_workflow_id(self.start.order_id)

    def carried(self, recorded: Collection[Effect]) -> EntityState:
        """Return the state as it is stored with these records."""
        kept = replace(self, outbox=effects_to_keep(self.outbox, recorded))
        return EntityState(
            entity=self.entity, generation=self.generation, sequence=self.sequence, state=kept
        )

    def record(self, event_type: EventType, summary: str, *, at: datetime) -> None:
        """Count a business event and queue the effect that records it with the sale's row."""
        start = self.start
        self.sequence += 1
        event = BusinessEvent(
            entity=self.entity,
            generation=self.generation,
            sequence=self.sequence,
            event_type=event_type,
            at=at,
            account_id=start.account_id,
            subscription_id=start.subscription_id,
            summary=summary,
            sale=SaleRow(
                order_id=start.order_id,
                subscription_id=start.subscription_id,
                account_id=start.account_id,
                state=self.state,
                failure=self.failure,
            ),
        )
        self.outbox.append(recording(event))

    def note_unpaid(self, reason: str) -> None:
        """Note that the first invoice will not be paid: no workflow is left to report it."""
        self.first_invoice = InvoiceChanged(
            invoice_id=invoice_id(self.start.subscription_id, 1),
            outcome=InvoiceOutcome.CLOSED_UNPAID,
            reason=reason,
        )

    def attachment(self, payment_method: str) -> AttachPaymentMethod:
        """Return the request to attach the payment method of the order."""
        return AttachPaymentMethod(
            account_id=self.start.account_id,
            customer_id=self.known_customer,
            payment_method=payment_method,
        )

    def subscription(self) -> SubscriptionInput:
        """Return what the sale's subscription is started with.

        Raises:
            ValueError: If the order was not read yet, or there is no payment customer.
        """
        start, terms = self.start, self.known_terms
        if self.accepted_at is None:
            raise ValueError(f"sale {start.order_id} is not accepted yet")
        return SubscriptionInput(
            subscription_id=start.subscription_id,
            order_id=start.order_id,
            account_id=start.account_id,
            zone=terms.zone,
            purchase_order=terms.purchase_order,
            plan=terms.plan,
            policy=terms.policy,
            payment=terms.payment,
            customer_id=self.known_customer,
            payment_method=self.payment_method,
            anchor=self.accepted_at,
        )
