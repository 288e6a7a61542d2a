"""The sale workflow: from an accepted order to an activated subscription; an unpaid sale is undone.

The outbox updates the CRM and the ERP concurrently with the payment, so neither can delay the payment.
"""

from contextlib import suppress
from datetime import datetime

from temporalio import workflow
from typing_extensions import override

with workflow.unsafe.imports_passed_through():
    from activities.messages import AttachPaymentMethod, SaleTerms
    from domain.effects.events import EventType, SaleState
    from domain.ids import invoice_id, invoice_workflow_id, subscription_workflow_id
    from domain.invoicing.billing import whole_seconds
    from workflows import activity_calls
    from workflows.contract import messages
    from workflows.contract.messages import (
        InvoiceChanged,
        InvoiceOutcome,
        NewSaleInput,
        SaleAccepted,
        SaleResult,
    )
    from workflows.entity.entity import BY_AN_OPERATOR, Entity
    from workflows.entity.signalling import signal_workflow
    from workflows.entity.steps import StepInterruptedError, StepRefusedError
    from workflows.new_sale.effects import (
        effects_of_acceptance,
        effects_of_failure,
        effects_of_refused_method,
        record,
        unpaid,
    )
    from workflows.new_sale.state import SaleProgress, subscription_for
    from workflows.new_sale.web_ui import show_sale


@workflow.defn(name=messages.NEW_SALE)
class NewSale(Entity):
    """One sale: it ends when the first invoice is paid, or when everything is undone."""

    @workflow.init
    def __init__(self, given: NewSaleInput | SaleProgress) -> None:
        self._progress = given if isinstance(given, SaleProgress) else SaleProgress(start=given)
        self._start = self._progress.start
        super().__init__(self._progress.outbox)

    @workflow.run
    async def run(
        self,
        given: NewSaleInput | SaleProgress,  # noqa: ARG002 - taken by __init__, as Temporal hands it to both
    ) -> SaleResult:
        """Return how the sale ended."""
        return await self._survive(self._live())

    @workflow.update(name=messages.ACCEPT_SALE)
    def accept(self) -> SaleAccepted:
        """Return at once: the subscription's id derives from the order's id."""
        return SaleAccepted(
            subscription_id=self._start.subscription_id, order_digest=self._start.order_digest
        )

    @workflow.signal(name=messages.FIRST_INVOICE)
    def first_invoice(self, change: InvoiceChanged) -> None:
        """Note the outcome of the first invoice."""
        self._progress.first_invoice = change

    @override
    def _stop_by_operator(self) -> None:
        self._progress.stop_reason = BY_AN_OPERATOR

    async def _live(self) -> SaleResult:
        """Set the sale up, wait for the outcome of its first invoice, and undo an unpaid sale."""
        if self._progress.state is SaleState.OPEN:
            with suppress(StepInterruptedError):
                await self._set_up(await self._accept())
            self._follow(await self._outcome())
        await self._finish(self._progress)
        return SaleResult(
            subscription_id=self._start.subscription_id,
            is_won=self._progress.state is SaleState.WON,
            failure=self._progress.failure,
        )

    async def _accept(self) -> SaleTerms:
        """Read what was sold; the instant of acceptance anchors the billing periods."""
        progress = self._progress
        if progress.terms is not None:
            return progress.terms
        terms = await self._until_accepted(
            "read the order",
            lambda: activity_calls.prepare_sale(self._start.order_id),
            is_moved=self._is_stopped,
        )
        now = workflow.now()
        progress.terms, progress.accepted_at = terms, whole_seconds(now)
        self._outbox.add(*effects_of_acceptance(self._start, progress, terms, now))
        return terms

    async def _set_up(self, terms: SaleTerms) -> None:
        """Create the payment customer, attach the card, start the subscription; each once."""
        progress = self._progress
        customer_id = progress.customer_id
        if customer_id is None:
            customer_id = await self._until_accepted(
                "create the payment customer",
                lambda: activity_calls.ensure_payment_customer(terms.account_id),
                is_moved=self._is_stopped,
            )
            progress.customer_id = customer_id
        if not progress.is_method_decided:
            await self._attach(terms, customer_id)
        if not progress.is_started:
            start = subscription_for(self._start, progress, terms, customer_id)
            await self._until_accepted(
                "start the subscription",
                lambda: activity_calls.start_subscription(start),
                is_moved=self._is_stopped,
            )
            progress.is_started = True

    async def _attach(self, terms: SaleTerms, customer_id: str) -> None:
        """Attach the card of the order; if it is refused, the account stays locked until a new card comes."""
        progress, method = self._progress, terms.payment.payment_method
        if method is not None:
            stored = None
            with suppress(StepRefusedError):
                request = AttachPaymentMethod(
                    account_id=terms.account_id, customer_id=customer_id, payment_method=method
                )
                stored = await self._attempt(
                    lambda: activity_calls.attach_payment_method(
                        request, "payment method of the order"
                    ),
                    is_interrupted=self._is_stopped,
                )
            if stored is not None and stored.decline is None:
                progress.payment_method = stored.payment_method
            else:
                self._outbox.add(*effects_of_refused_method(self._start, terms))
        progress.is_method_decided = True

    async def _outcome(self) -> InvoiceChanged:
        """Return the outcome of the first invoice; if an operator cancels the sale, end the subscription."""
        progress = self._progress
        reported_end: str | None = None
        while progress.first_invoice is None:
            if progress.stop_reason is not None and progress.stop_reason != reported_end:
                reported_end = progress.stop_reason
                if not await self._is_end_reported(reported_end):
                    return unpaid(self._start, reported_end)
            await self._wait(
                lambda: (
                    progress.first_invoice is not None or progress.stop_reason != reported_end  # noqa: B023 - awaited here
                ),
                reason="first payment",
                until=None,
            )
            if self._is_long():
                await self._roll(progress)
        return progress.first_invoice

    async def _is_end_reported(self, reason: str) -> bool:
        """Signal the subscription to end; return whether its invoice's outcome is known or will come."""
        subscription = subscription_workflow_id(self._start.subscription_id)
        if await signal_workflow(subscription, messages.END_SUBSCRIPTION, reason):
            return True
        if self._progress.first_invoice is None:
            # The subscription never started, or was terminated by hand, so the sale stops the collection.
            invoice = invoice_workflow_id(invoice_id(self._start.subscription_id, 1))
            await signal_workflow(invoice, messages.STOP_COLLECTION, reason)
        return self._progress.first_invoice is not None

    def _is_stopped(self) -> bool:
        return self._progress.stop_reason is not None

    def _follow(self, change: InvoiceChanged) -> None:
        progress, now = self._progress, workflow.now()
        if change.outcome is InvoiceOutcome.PAID:
            progress.state = SaleState.WON
            won = record(self._start, progress, EventType.SALE_WON, at=now, summary="activated")
            self._outbox.add(won)
            return
        progress.state, progress.failure = SaleState.FAILED, change.reason
        self._outbox.add(*effects_of_failure(self._start, progress, now))

    @override
    def _record_attention(self, summary: str) -> None:
        event, now = EventType.ATTENTION_NEEDED, workflow.now()
        self._outbox.add(record(self._start, self._progress, event, at=now, summary=summary))

    @override
    def _show(self, waits_for: str | None, next_due: datetime | None) -> None:
        show_sale(
            self._operator_view,
            self._start,
            self._progress,
            waits_for=waits_for,
            next_due=next_due,
            attention=self._attention(),
            effects=self._outbox.waiting,
        )
