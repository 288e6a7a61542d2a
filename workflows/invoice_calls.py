"""The activity calls of an invoice, each with its policy and a line for operators."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.grants import GrantActivities
    from activities.messages import ChargePayable, InvoiceInput, TakeNumber
    from activities.payments import PaymentActivities
    from activities.records import RecordActivities
    from domain.collection import Charge
    from domain.ids import charge_key
    from domain.invoices import InvoiceDocument, InvoiceNumber
    from domain.orders import PaymentKind
    from domain.payments import ChargeResult, Payable, PayableRequest
    from workflows import policies


async def take_number(start: InvoiceInput) -> InvoiceNumber:
    """Return the legal number of the draft."""
    request = TakeNumber(
        draft=start.draft,
        series=start.number_series,
        zone=start.zone,
        days_until_due=start.payment.days_until_due or 0,
    )
    return await workflow.execute_activity_method(
        RecordActivities.take_number, request, **policies.OWN_TABLES, summary="legal number"
    )


async def open_payable(start: InvoiceInput, document: InvoiceDocument) -> Payable:
    """Return the open payable of the issued document."""
    request = PayableRequest(
        document=document,
        customer_id=start.customer_id,
        send_with_due_date=start.payment.kind is PaymentKind.TRANSFER,
    )
    return await workflow.execute_activity_method(
        PaymentActivities.open_payable,
        request,
        **policies.PAYMENT_CALL,
        summary=f"{document.number}: {document.total}",
    )


async def read_payable(payable: Payable, reason: str) -> Payable:
    """Return the payable as it stands now."""
    return await workflow.execute_activity_method(
        PaymentActivities.read_payable,
        payable.payable_id,
        **policies.PAYMENT_CALL,
        summary=reason,
    )


async def charge(payable: Payable, step: Charge) -> ChargeResult:
    """Return the outcome of one business attempt; its key survives retries, runs and deploys."""
    request = ChargePayable(
        payable_id=payable.payable_id,
        payment_method=step.payment_method,
        idempotency_key=charge_key(payable.invoice_id, step.number),
    )
    return await workflow.execute_activity_method(
        PaymentActivities.charge_payable,
        request,
        **policies.PAYMENT_CALL,
        summary=f"attempt {step.number} of {payable.amount_due}: {step.reason}",
    )


async def void_payable(payable: Payable, reason: str) -> Payable:
    """Return the payable after the attempt to void it; it may have been paid meanwhile."""
    return await workflow.execute_activity_method(
        PaymentActivities.void_payable,
        payable.payable_id,
        **policies.PAYMENT_CALL,
        summary=reason,
    )


async def put_grant(start: InvoiceInput) -> None:
    """Release the grant in escrow."""
    await workflow.execute_activity_method(
        GrantActivities.put_grant,
        start.grant,
        **policies.GRANT_CALL,
        summary=f"unlock {start.plan}",
    )
