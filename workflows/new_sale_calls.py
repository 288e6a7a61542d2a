"""The activity calls of a sale, each with its policy and a line for operators."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.messages import AttachPaymentMethod, SaleTerms, SubscriptionInput
    from activities.payments import PaymentActivities
    from activities.sales import SaleActivities
    from activities.starts import StartActivities
    from domain.payments import StoredPaymentMethod
    from workflows import policies


async def prepare_sale(order_id: str) -> SaleTerms:
    """Return what was sold, from the stored order and the catalog."""
    return await workflow.execute_activity_method(
        SaleActivities.prepare_sale, order_id, **policies.OWN_TABLES, summary="read the order"
    )


async def ensure_payment_customer(account_id: str) -> str:
    """Return the payment provider's id of the account."""
    return await workflow.execute_activity_method(
        PaymentActivities.ensure_payment_customer,
        account_id,
        **policies.PAYMENT_CALL,
        summary="payment customer",
    )


async def attach_payment_method(
    account_id: str, customer_id: str, payment_method: str
) -> StoredPaymentMethod:
    """Return the attached payment method, or the decline that attaching it met."""
    request = AttachPaymentMethod(
        account_id=account_id, customer_id=customer_id, payment_method=payment_method
    )
    return await workflow.execute_activity_method(
        PaymentActivities.attach_payment_method,
        request,
        **policies.PAYMENT_CALL,
        summary="payment method of the order",
    )


async def start_subscription(start: SubscriptionInput) -> None:
    """Start the subscription's own workflow."""
    await workflow.execute_activity_method(
        StartActivities.start_subscription,
        start,
        **policies.START_CALL,
        summary=f"subscription {start.subscription_id}",
    )
