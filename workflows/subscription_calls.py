"""The activity calls of a subscription, each with its policy and a line for operators."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.grants import GrantActivities
    from activities.messages import (
        AttachPaymentMethod,
        InvoiceInput,
        RenewTerms,
        SubscriptionInput,
    )
    from activities.payments import PaymentActivities
    from activities.sales import SaleActivities
    from activities.starts import StartActivities
    from domain.catalog import PlanTerms
    from domain.grants import Hold
    from domain.payments import StoredPaymentMethod
    from workflows import policies
    from workflows.messages import ChangePaymentMethod


async def renew_terms(question: RenewTerms) -> PlanTerms:
    """Return what the period that begins on this day costs."""
    return await workflow.execute_activity_method(
        SaleActivities.renew_terms,
        question,
        **policies.OWN_TABLES,
        summary=f"{question.terms.plan} from {question.period_start}",
    )


async def start_invoice(order: InvoiceInput) -> None:
    """Start the invoice's own workflow."""
    await workflow.execute_activity_method(
        StartActivities.start_invoice,
        order,
        **policies.START_CALL,
        summary=f"invoice {order.draft.invoice_id}: {order.draft.total}",
    )


async def attach_payment_method(
    start: SubscriptionInput, asked: ChangePaymentMethod
) -> StoredPaymentMethod:
    """Return the attached payment method, or the decline that attaching it met."""
    request = AttachPaymentMethod(
        account_id=start.account_id,
        customer_id=start.customer_id,
        payment_method=asked.payment_method,
        request_id=asked.request_id,
    )
    return await workflow.execute_activity_method(
        PaymentActivities.attach_payment_method,
        request,
        **policies.PAYMENT_CALL,
        summary="new payment method",
    )


async def put_hold(hold: Hold) -> None:
    """Suspend what the subscription grants."""
    await workflow.execute_activity_method(
        GrantActivities.put_hold, hold, **policies.GRANT_CALL, summary=f"hold: {hold.reason}"
    )
