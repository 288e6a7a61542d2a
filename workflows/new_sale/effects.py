"""The effects of each step of a sale: records, CRM, ERP customer, emails."""

from datetime import datetime

from activities.messages import SaleTerms
from domain.effects.emails import Email, EmailKind
from domain.effects.events import BusinessEvent, EventType, SaleRow
from domain.effects.outbox import (
    AddCrmTask,
    Effect,
    LoseOpportunity,
    PutErpCustomer,
    SendEmail,
    System,
    WinOpportunity,
    recording,
)
from domain.ids import invoice_id, sale_workflow_id
from domain.invoicing.billing import period_price
from domain.periods.periods import local_date
from workflows.contract.messages import InvoiceChanged, InvoiceOutcome, NewSaleInput
from workflows.new_sale.state import SaleProgress


def record(
    start: NewSaleInput,
    progress: SaleProgress,
    event_type: EventType,
    *,
    at: datetime,
    summary: str,
) -> Effect:
    """Count a business event and return the effect that records it and its row of the read model."""
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
    return recording(event)


def effects_of_acceptance(
    start: NewSaleInput, progress: SaleProgress, terms: SaleTerms, at: datetime
) -> list[Effect]:
    """Return the effects of an accepted sale: the record, the won opportunity and the ERP customer."""
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
    """Return the effects of a refused card, which could not be attached: an email to the customer."""
    body = Email(
        email_id=f"{start.order_id}/method-refused",
        kind=EmailKind.PAYMENT_METHOD_REFUSED,
        account_id=start.account_id,
        number=start.order_id,
        amount=period_price(terms.plan),
        plan=terms.plan.name,
    )
    return [Effect(key=body.email_id, system=System.EMAIL, body=SendEmail(email=body))]


def unpaid(start: NewSaleInput, reason: str) -> InvoiceChanged:
    """Return the outcome of a first invoice that no workflow is left to report."""
    return InvoiceChanged(
        invoice_id=invoice_id(start.subscription_id, 1),
        outcome=InvoiceOutcome.CLOSED_UNPAID,
        reason=reason,
    )


def effects_of_failure(start: NewSaleInput, progress: SaleProgress, at: datetime) -> list[Effect]:
    """Return the effects that undo the sale: the opportunity is lost, and its owner gets a task."""
    reason, terms = progress.failure or "never activated", progress.terms
    failed = record(start, progress, EventType.SALE_FAILED, at=at, summary=reason)
    if terms is None:
        # It was stopped before its order was read: no other system knows of it.
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
