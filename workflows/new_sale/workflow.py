"""The sale workflow: from an accepted order to an activated subscription; an unpaid sale is undone.

The outbox updates the CRM and the ERP concurrently with the payment, so neither can delay the payment.
"""

from contextlib import suppress

from temporalio import workflow
from typing_extensions import override

with workflow.unsafe.imports_passed_through():
    from domain.effects.events import EventType
    from domain.ids import invoice_id, invoice_workflow_id, subscription_workflow_id
    from domain.invoicing.billing import whole_seconds
    from domain.sales import steps
    from domain.sales.states import SaleEvent, SaleState
    from workflows import activity_calls
    from workflows.contract import messages
    from workflows.contract.messages import (
        InvoiceChanged,
        NewSaleInput,
        SaleAccepted,
        SaleResult,
    )
    from workflows.entity.entity import BY_AN_OPERATOR, Entity
    from workflows.entity.signalling import signal_workflow
    from workflows.entity.steps import StepInterruptedError, StepRefusedError, is_history_long
    from workflows.new_sale.effects import (
        effects_of_acceptance,
        effects_of_failure,
        effects_of_refused_method,
    )
    from workflows.new_sale.state import SaleProgress
    from workflows.new_sale.web_ui import page_of_sale


@workflow.defn(name=messages.NEW_SALE)
class NewSale(Entity):
    """One sale: it ends when the first invoice is paid, or when everything is undone."""

    @workflow.init
    def __init__(self, given: NewSaleInput | SaleProgress) -> None:
        sale = given if isinstance(given, SaleProgress) else SaleProgress(start=given)
        self._sale = sale
        super().__init__(sale, lambda: page_of_sale(sale))

    @workflow.run
    async def run(
        self,
        given: NewSaleInput | SaleProgress,  # noqa: ARG002 - taken by __init__, as Temporal hands it to both
    ) -> SaleResult:
        """Return how the sale ended."""
        return await self._run.survive(self._live(), on_cancel=self._stop_by_operator)

    @workflow.update(name=messages.ACCEPT_SALE)
    def accept(self) -> SaleAccepted:
        """Return at once: the subscription's id derives from the order's id."""
        start = self._sale.start
        return SaleAccepted(subscription_id=start.subscription_id, order_digest=start.order_digest)

    @workflow.signal(name=messages.FIRST_INVOICE)
    def first_invoice(self, change: InvoiceChanged) -> None:
        """Note the outcome of the first invoice."""
        self._sale.first_invoice = change

    @override
    def _stop_by_operator(self) -> None:
        self._sale.stop_reason = BY_AN_OPERATOR

    async def _live(self) -> SaleResult:  # noqa: C901, PLR0912 - one match
        """Do one step after the other until the sale has ended."""
        while True:
            step = steps.next_step(self._sale.facts(is_history_long=is_history_long()))
            # An interrupted step is decided anew: only a cancellation by an operator interrupts.
            with suppress(StepInterruptedError):
                match step:
                    case steps.ReadOrder():
                        await self._read_order()
                    case steps.CreateCustomer():
                        await self._create_customer()
                    case steps.AttachPaymentMethod():
                        await self._attach_payment_method()
                    case steps.StartSubscription():
                        await self._start_subscription()
                    case steps.AwaitFirstInvoice():
                        await self._await_first_invoice()
                    case steps.EndSubscription():
                        await self._end_subscription()
                    case steps.Win():
                        self._win()
                    case steps.Undo():
                        self._undo()
                    case steps.NextRun():
                        await self._run.roll()
                    case steps.Finish():
                        return await self._finish()

    async def _read_order(self) -> None:
        """Read what was sold; the instant of acceptance anchors the billing periods."""
        sale = self._sale
        terms = await self._runner.until_accepted(
            "read the order",
            lambda: activity_calls.prepare_sale(sale.start.order_id),
            is_moved=self._is_stopped,
        )
        now = workflow.now()
        sale.terms, sale.accepted_at = terms, whole_seconds(now)
        sold = f"{terms.plan.quantity} x {terms.plan.plan} sold"
        sale.record(EventType.SALE_ACCEPTED, sold, at=now)
        self._outbox.add(*effects_of_acceptance(sale, now))

    async def _create_customer(self) -> None:
        sale = self._sale
        sale.customer_id = await self._runner.until_accepted(
            "create the payment customer",
            lambda: activity_calls.ensure_payment_customer(sale.start.account_id),
            is_moved=self._is_stopped,
        )

    async def _attach_payment_method(self) -> None:
        """Attach the card of the order; if it is refused, the account stays locked until a new card comes."""
        sale = self._sale
        method = sale.known_terms.payment.payment_method
        if method is not None:
            stored = None
            with suppress(StepRefusedError):
                request = sale.attachment(method)
                stored = await self._runner.attempt(
                    lambda: activity_calls.attach_payment_method(
                        request, "payment method of the order"
                    ),
                    is_interrupted=self._is_stopped,
                )
            if stored is not None and stored.decline is None:
                sale.payment_method = stored.payment_method
            else:
                self._outbox.add(*effects_of_refused_method(sale))
        sale.is_method_decided = True

    async def _start_subscription(self) -> None:
        start = self._sale.subscription()
        await self._runner.until_accepted(
            "start the subscription",
            lambda: activity_calls.start_subscription(start),
            is_moved=self._is_stopped,
        )
        self._sale.is_started = True

    async def _await_first_invoice(self) -> None:
        sale = self._sale
        await self._runner.wait(
            lambda: (
                sale.first_invoice is not None
                or (sale.stop_reason is not None and not sale.is_stop_reported)
            ),
            reason="first payment",
            until=None,
        )

    async def _end_subscription(self) -> None:
        """Signal the subscription to end; if it is not running, the sale itself stops the collection."""
        sale, reason = self._sale, self._sale.stop_reason or BY_AN_OPERATOR
        sale.is_stop_reported = True
        subscription = subscription_workflow_id(sale.start.subscription_id)
        if await signal_workflow(subscription, messages.END_SUBSCRIPTION, reason):
            return
        # It never started, or was terminated by hand. A payment may be reported during these awaits: it counts.
        if sale.first_invoice is None:
            invoice = invoice_workflow_id(invoice_id(sale.start.subscription_id, 1))
            await signal_workflow(invoice, messages.STOP_COLLECTION, reason)
        if sale.first_invoice is None:
            sale.note_unpaid(reason)

    def _is_stopped(self) -> bool:
        return self._sale.stop_reason is not None

    def _win(self) -> None:
        self._sale.move(SaleEvent.FIRST_INVOICE_PAID)
        self._sale.record(EventType.SALE_WON, "activated", at=workflow.now())

    def _undo(self) -> None:
        sale, now = self._sale, workflow.now()
        sale.move(SaleEvent.FIRST_INVOICE_UNPAID)
        sale.failure = None if sale.first_invoice is None else sale.first_invoice.reason
        sale.record(EventType.SALE_FAILED, sale.failure or "never activated", at=now)
        self._outbox.add(*effects_of_failure(sale, now))

    async def _finish(self) -> SaleResult:
        await self._run.finish()
        return SaleResult(
            subscription_id=self._sale.start.subscription_id,
            is_won=self._sale.state is SaleState.WON,
            failure=self._sale.failure,
        )
