"""The effects of each step of a sale besides its records: CRM, ERP customer, emails."""

from datetime import datetime

from domain.effects.emails import Email, EmailKind
from domain.effects.outbox import (
    AddCrmTask,
    Effect,
    LoseOpportunity,
    PutErpCustomer,
    SendEmail,
    WinOpportunity,
)
from domain.invoicing.billing import period_price
from domain.periods.periods import local_date
from workflows.new_sale.state import SaleProgress


def effects_of_acceptance(sale: SaleProgress, at: datetime) -> list[Effect]:
    """Return the effects of an accepted sale: the won opportunity and the ERP customer."""
    terms = sale.known_terms
    won = WinOpportunity(
        opportunity_id=terms.opportunity_id,
        account_id=terms.account_id,
        subscription_id=sale.start.subscription_id,
        plan=terms.plan.plan,
        amount=period_price(terms.plan),
        closed_on=local_date(at, terms.zone),
    )
    customer = PutErpCustomer(account_id=terms.account_id, currency=terms.plan.currency)
    return [
        Effect(key=f"{terms.opportunity_id}/crm-won", body=won),
        Effect(key=f"{terms.account_id}/erp-customer", body=customer),
    ]


def effects_of_refused_method(sale: SaleProgress) -> list[Effect]:
    """Return the effects of a refused card, which could not be attached: an email to the customer."""
    terms = sale.known_terms
    body = Email(
        email_id=f"{sale.start.order_id}/method-refused",
        kind=EmailKind.PAYMENT_METHOD_REFUSED,
        account_id=sale.start.account_id,
        number=sale.start.order_id,
        amount=period_price(terms.plan),
        plan=terms.plan.name,
    )
    return [Effect(key=body.email_id, body=SendEmail(email=body))]


def effects_of_failure(sale: SaleProgress, at: datetime) -> list[Effect]:
    """Return the effects that undo the sale: the opportunity is lost, and its owner gets a task."""
    reason, terms, order_id = sale.failure or "never activated", sale.terms, sale.start.order_id
    if terms is None:
        # It was stopped before its order was read: no other system knows of it.
        return []
    lost = LoseOpportunity(
        opportunity_id=terms.opportunity_id,
        account_id=terms.account_id,
        reason=reason,
        closed_on=local_date(at, terms.zone),
    )
    task = AddCrmTask(
        task_id=f"{order_id}-not-activated",
        account_id=terms.account_id,
        opportunity_id=terms.opportunity_id,
        subject=f"Order {order_id} was never paid ({reason}): ask the customer",
        due_on=local_date(at, terms.zone),
    )
    return [
        Effect(key=f"{terms.opportunity_id}/crm-lost", body=lost),
        Effect(key=f"{order_id}/crm-task", body=task),
    ]
