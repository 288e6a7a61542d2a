"""What a subscription hands to its activities and invoices, derived from its state."""

from datetime import timedelta

from activities.messages import AttachPaymentMethod, InvoiceInput, RenewTerms
from domain.invoicing.billing import billed_period, draft_for_period, grant_for_period
from domain.invoicing.invoices import InvoiceHeader
from domain.periods.periods import local_date
from workflows.contract.requests import ChangePaymentMethod
from workflows.subscription.state import SubscriptionProgress


def invoice_input(subscription: SubscriptionProgress, invoice_id: str, number: int) -> InvoiceInput:
    """Return what the invoice of period `number` (0 is the first) starts with: its draft, and its grant."""
    start, plan = subscription.start, subscription.plan
    billed = billed_period(plan, start=start.anchor, zone=start.zone, n=number)
    header = InvoiceHeader(
        invoice_id=invoice_id,
        subscription_id=start.subscription_id,
        account_id=start.account_id,
        legal_entity=start.policy.legal_entity,
        purchase_order=start.purchase_order,
    )
    # A transfer may come on the last day of its payment term: access must not end before.
    payment_term = timedelta(days=start.payment.days_until_due or 0)
    return InvoiceInput(
        draft=draft_for_period(plan, header, billed=billed, start=start.anchor, zone=start.zone),
        grant=grant_for_period(
            plan,
            invoice_id=invoice_id,
            subscription_id=start.subscription_id,
            account_id=start.account_id,
            period=billed.period,
            longest_dunning=start.policy.longest_dunning + payment_term,
        ),
        policy=start.policy.first if number == 0 else start.policy.renewal,
        number_series=start.policy.number_series,
        zone=start.zone,
        plan=plan.plan,
        payment=start.payment,
        customer_id=start.customer_id,
        payment_method=subscription.payment_method,
    )


def renewal_question(subscription: SubscriptionProgress, number: int) -> RenewTerms:
    """Return the question about the terms of period `number`."""
    start, plan = subscription.start, subscription.plan
    period = billed_period(plan, start=start.anchor, zone=start.zone, n=number).period
    return RenewTerms(
        account_id=start.account_id,
        terms=plan,
        period_start=local_date(period.start, start.zone),
    )


def attachment(
    subscription: SubscriptionProgress, request: ChangePaymentMethod
) -> AttachPaymentMethod:
    """Return the request to attach the payment method that a customer has given."""
    return AttachPaymentMethod(
        account_id=subscription.start.account_id,
        customer_id=subscription.start.customer_id,
        payment_method=request.payment_method,
        request_id=request.request_id,
    )
