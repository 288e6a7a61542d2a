"""The carried state of a `NewSale` and what is derived from it; no waiting happens here."""

from dataclasses import dataclass, field
from datetime import datetime

from activities.messages import SaleTerms, SubscriptionInput
from domain.billing import period_price
from domain.ids import invoice_id, sale_workflow_id
from domain.letters import Letter, LetterKind
from domain.outbox import (
    AddCrmTask,
    Effect,
    LoseOpportunity,
    PutErpCustomer,
    RecordEvent,
    SendLetter,
    System,
    WinOpportunity,
)
from domain.periods import local_date
from domain.records import BusinessEvent, EventType, SaleRow, SaleState
from workflows.messages import InvoiceChanged, InvoiceOutcome, NewSaleInput


@dataclass(kw_only=True, slots=True)
class SaleProgress:
    """Everything a sale knows; carried across runs as one value.

    Attributes:
        start: What it was started with; never changed.
        sequence: Number of business events so far.
        terms: What was sold, once read.
        accepted_at: Anchor of the subscription's periods, in whole seconds.
        customer_id: The payment provider's customer, once known.
        payment_method: The attached payment method; None for transfers and refused cards.
        is_method_settled: Whether attaching a payment method was tried or is not needed.
        is_started: Whether the subscription's workflow was started.
        first_invoice: What became of the first invoice, once told.
        stop_reason: Why the sale is to be undone although it was not given up, or None.
    """

    start: NewSaleInput
    state: SaleState = SaleState.OPEN
    sequence: int = 0
    terms: SaleTerms | None = None
    accepted_at: datetime | None = None
    customer_id: str | None = None
    payment_method: str | None = None
    is_method_settled: bool = False
    is_started: bool = False
    first_invoice: InvoiceChanged | None = None
    stop_reason: str | None = None
    failure: str | None = None
    outbox: list[Effect] = field(default_factory=list[Effect])


def subscription_for(
    start: NewSaleInput, progress: SaleProgress, terms: SaleTerms, customer_id: str
) -> SubscriptionInput:
    """Return what the sale's subscription is started with.

    Raises:
        ValueError: If the sale was never accepted.
    """
    if progress.accepted_at is None:
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
        customer_id=customer_id,
        payment_method=progress.payment_method,
        anchor=progress.accepted_at,
    )


def record(
    start: NewSaleInput,
    progress: SaleProgress,
    event_type: EventType,
    *,
    at: datetime,
    summary: str,
) -> Effect:
    """Return the effect that records a business event and the row it leaves behind; counts it."""
    progress.sequence += 1
    event = BusinessEvent(
        entity=sale_workflow_id(start.order_id),
        sequence=progress.sequence,
        event_type=event_type,
        at=at,
        account_id=start.account_id,
        subscription_id=start.subscription_id,
        summary=summary,
        sale=SaleRow(
            order_id=start.order_id,
            subscription_id=start.subscription_id,
            account_id=start.account_id,
            state=progress.state,
            failure=progress.failure,
        ),
    )
    return Effect(key=event.event_id, system=System.RECORD, body=RecordEvent(event=event))


def effects_of_acceptance(
    start: NewSaleInput, progress: SaleProgress, terms: SaleTerms, at: datetime
) -> list[Effect]:
    """Return what follows when the sale is accepted: the deal is won, and the ERP learns of the account."""
    won = WinOpportunity(
        opportunity_id=terms.opportunity_id,
        account_id=terms.account_id,
        subscription_id=start.subscription_id,
        plan=terms.plan.plan,
        amount=period_price(terms.plan),
        closed_on=local_date(at, terms.zone),
    )
    customer = PutErpCustomer(account_id=terms.account_id, currency=terms.plan.currency)
    summary = f"{terms.plan.quantity} x {terms.plan.plan} sold"
    return [
        record(start, progress, EventType.SALE_ACCEPTED, at=at, summary=summary),
        Effect(key=f"{terms.opportunity_id}/crm-won", system=System.CRM, body=won),
        Effect(key=f"{terms.account_id}/erp-customer", system=System.ERP, body=customer),
    ]


def effects_of_refused_method(start: NewSaleInput, terms: SaleTerms) -> list[Effect]:
    """Return what follows when the card of the order cannot even be attached."""
    body = Letter(
        letter_id=f"{start.order_id}/method-refused",
        kind=LetterKind.PAYMENT_METHOD_REFUSED,
        account_id=start.account_id,
        number=start.order_id,
        amount=period_price(terms.plan),
        plan=terms.plan.name,
    )
    return [Effect(key=body.letter_id, system=System.MESSAGES, body=SendLetter(letter=body))]


def unpaid(start: NewSaleInput, reason: str) -> InvoiceChanged:
    """Return what became of a first invoice that nobody is there to tell of."""
    return InvoiceChanged(
        invoice_id=invoice_id(start.subscription_id, 1),
        outcome=InvoiceOutcome.CLOSED_UNPAID,
        reason=reason,
    )


def effects_of_failure(start: NewSaleInput, progress: SaleProgress, at: datetime) -> list[Effect]:
    """Return what undoes the sale: the deal is lost, and its owner is asked to call."""
    reason, terms = progress.failure or "never activated", progress.terms
    failed = record(start, progress, EventType.SALE_FAILED, at=at, summary=reason)
    if terms is None:
        # Stopped before its order was read: nobody has heard of it.
        return [failed]
    lost = LoseOpportunity(
        opportunity_id=terms.opportunity_id,
        account_id=terms.account_id,
        reason=reason,
        closed_on=local_date(at, terms.zone),
    )
    task = AddCrmTask(
        task_id=f"{start.order_id}-not-activated",
        account_id=terms.account_id,
        opportunity_id=terms.opportunity_id,
        subject=f"Order {start.order_id} was never paid ({reason}): ask the customer",
        due_on=local_date(at, terms.zone),
    )
    return [
        failed,
        Effect(key=f"{terms.opportunity_id}/crm-lost", system=System.CRM, body=lost),
        Effect(key=f"{start.order_id}/crm-task", system=System.CRM, body=task),
    ]
