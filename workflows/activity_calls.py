"""Every activity call of a workflow, with its options and its summary for operators.

Effects of the outbox are called by `workflows.entity.outbox`.
"""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.grants import GrantActivities
    from activities.messages import (
        AttachPaymentMethod,
        ChargeProviderInvoice,
        Escrow,
        InvoiceInput,
        PaymentSeen,
        ReadProviderInvoice,
        RenewTerms,
        SaleTerms,
        SubscriptionInput,
        TakeNumber,
    )
    from activities.numbers import NumberActivities
    from activities.payments import PaymentActivities
    from activities.sales import SaleActivities
    from activities.starts import StartActivities
    from domain.collection.next_step import Charge
    from domain.collection.provider_invoice import ProviderInvoice, StoredPaymentMethod
    from domain.entitlements.grants import Grant
    from domain.entitlements.holds import Hold
    from domain.ids import charge_key
    from domain.invoicing.invoices import InvoiceDocument, InvoiceNumber, ProviderInvoiceRequest
    from domain.parties.orders import PaymentKind
    from domain.pricing.terms import PlanTerms
    from workflows import activity_options


async def prepare_sale(order_id: str) -> SaleTerms:
    """Return what was sold, from the stored order and the catalog."""
    return await workflow.execute_activity_method(
        SaleActivities.prepare_sale,
        order_id,
        **activity_options.OWN_TABLES,
        summary="read the order",
    )


async def renew_terms(question: RenewTerms) -> PlanTerms:
    """Return the terms of the period that begins on this day."""
    return await workflow.execute_activity_method(
        SaleActivities.renew_terms,
        question,
        **activity_options.OWN_TABLES,
        summary=f"{question.terms.plan} from {question.period_start}",
    )


async def start_subscription(start: SubscriptionInput) -> None:
    """Start the subscription's own workflow."""
    await workflow.execute_activity_method(
        StartActivities.start_subscription,
        start,
        **activity_options.START_CALL,
        summary=f"subscription {start.subscription_id}",
    )


async def start_invoice(order: InvoiceInput) -> None:
    """Start the invoice's own workflow."""
    await workflow.execute_activity_method(
        StartActivities.start_invoice,
        order,
        **activity_options.START_CALL,
        summary=f"invoice {order.draft.invoice_id}: {order.draft.total}",
    )


async def ensure_payment_customer(account_id: str) -> str:
    """Return the payment provider's id of the account."""
    return await workflow.execute_activity_method(
        PaymentActivities.ensure_payment_customer,
        account_id,
        **activity_options.PAYMENT_CALL,
        summary="payment customer",
    )


async def attach_payment_method(request: AttachPaymentMethod, why: str) -> StoredPaymentMethod:
    """Attach a payment method and return it, with the decline if the provider declined it."""
    return await workflow.execute_activity_method(
        PaymentActivities.attach_payment_method,
        request,
        **activity_options.PAYMENT_CALL,
        summary=why,
    )


async def take_number(start: InvoiceInput) -> InvoiceNumber:
    """Return the legal number of the draft."""
    request = TakeNumber(
        draft=start.draft,
        series=start.number_series,
        days_until_due=start.payment.days_until_due or 0,
    )
    return await workflow.execute_activity_method(
        NumberActivities.take_number,
        request,
        **activity_options.OWN_TABLES,
        summary="legal number",
    )


async def open_provider_invoice(start: InvoiceInput, document: InvoiceDocument) -> ProviderInvoice:
    """Return the open provider invoice of the issued document."""
    request = ProviderInvoiceRequest(
        document=document,
        customer_id=start.customer_id,
        send_with_due_date=start.payment.kind is PaymentKind.TRANSFER,
    )
    return await workflow.execute_activity_method(
        PaymentActivities.open_provider_invoice,
        request,
        **activity_options.PAYMENT_CALL,
        summary=f"{document.number}: {document.total}",
    )


async def read_provider_invoice(
    provider_invoice: ProviderInvoice, escrow: Escrow, why: str
) -> PaymentSeen:
    """Return the provider invoice as it is now, and whether its grant was put."""
    request = ReadProviderInvoice(
        provider_invoice_id=provider_invoice.provider_invoice_id, escrow=escrow
    )
    return await workflow.execute_activity_method(
        PaymentActivities.read_provider_invoice,
        request,
        **activity_options.PAYMENT_CALL,
        summary=why,
    )


async def charge(provider_invoice: ProviderInvoice, escrow: Escrow, step: Charge) -> PaymentSeen:
    """Return the outcome of one business attempt; retries, runs and deployments keep its key."""
    request = ChargeProviderInvoice(
        provider_invoice_id=provider_invoice.provider_invoice_id,
        payment_method=step.payment_method,
        idempotency_key=charge_key(provider_invoice.invoice_id, step.number),
        escrow=escrow,
    )
    return await workflow.execute_activity_method(
        PaymentActivities.charge_provider_invoice,
        request,
        **activity_options.PAYMENT_CALL,
        summary=f"attempt {step.number} of {provider_invoice.amount_due}: {step.reason}",
    )


async def void_provider_invoice(provider_invoice: ProviderInvoice, why: str) -> ProviderInvoice:
    """Try to void the provider invoice and return it; it may have been paid meanwhile."""
    return await workflow.execute_activity_method(
        PaymentActivities.void_provider_invoice,
        provider_invoice.provider_invoice_id,
        **activity_options.PAYMENT_CALL,
        summary=why,
    )


async def put_grant(grant: Grant, why: str) -> None:
    """Put a version of a grant."""
    await workflow.execute_activity_method(
        GrantActivities.put_grant,
        grant,
        **activity_options.GRANT_CALL,
        summary=why,
    )


async def put_hold(hold: Hold) -> None:
    """Suspend what the subscription grants."""
    await workflow.execute_activity_method(
        GrantActivities.put_hold,
        hold,
        **activity_options.GRANT_CALL,
        summary=f"hold: {hold.reason}",
    )
