"""How a subscription follows its invoices: their outcomes move its state, and its end stops them."""

from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.effects.events import EventType
    from domain.ids import invoice_id, invoice_workflow_id, sale_workflow_id
    from domain.subscription.states import FINAL_STATES, SubscriptionEvent, SubscriptionState
    from workflows import activity_calls
    from workflows.contract import messages
    from workflows.contract.messages import InvoiceChanged, InvoiceOutcome
    from workflows.entity.signalling import signal_workflow
    from workflows.subscription.effects import hold_of_end, late_payment_task, record
    from workflows.subscription.requests import SubscriptionRequests
    from workflows.subscription.state import OpenInvoice, invoices_to_stop


class SubscriptionInvoices(SubscriptionRequests):
    """The part of a subscription that tracks every open invoice."""

    def _note_started(self, invoice: OpenInvoice) -> None:
        progress, plan = self._progress, self._progress.plan
        invoice.is_started = True
        if progress.period_number == 0:
            self._record(EventType.SUBSCRIPTION_STARTED, f"{plan.plan} ordered")
            return
        renewed = f"period {progress.period_number + 1} invoiced, {plan.plan}@{plan.version}"
        self._record(EventType.SUBSCRIPTION_RENEWED, renewed)

    async def _follow(self, change: InvoiceChanged) -> None:
        """Apply the outcome of an invoice; an outcome of one that is no longer open changes nothing."""
        invoice = self._progress.find_open(change.invoice_id)
        if invoice is None:
            return
        if not invoice.is_started:
            # The outcome shows that it has started, although the response to its start was lost.
            self._note_started(invoice)
        match change.outcome:
            case InvoiceOutcome.DECLINED | InvoiceOutcome.OVERDUE:
                self._fall_behind(invoice, change.reason)
            case InvoiceOutcome.PAID:
                self._progress.open_invoices.remove(invoice)
                await self._follow_payment(invoice, change)
            case InvoiceOutcome.CLOSED_UNPAID:
                self._progress.open_invoices.remove(invoice)
                if self._progress.state not in FINAL_STATES:
                    await self._end(
                        SubscriptionEvent.COLLECTION_GIVEN_UP, change.reason, at=change.at
                    )

    def _fall_behind(self, invoice: OpenInvoice, reason: str) -> None:
        invoice.is_behind = True
        if self._progress.state is SubscriptionState.ACTIVE:
            self._progress.move(SubscriptionEvent.INVOICE_FELL_BEHIND)
            self._record(EventType.SUBSCRIPTION_PAST_DUE, reason)

    async def _follow_payment(self, invoice: OpenInvoice, change: InvoiceChanged) -> None:
        progress = self._progress
        if progress.state in FINAL_STATES:
            if not invoice.is_owed_after_end:
                late = late_payment_task(self._start, change.invoice_id, workflow.now())
                self._outbox.add(late)
        elif progress.state is SubscriptionState.PENDING:
            progress.move(SubscriptionEvent.FIRST_INVOICE_PAID)
            self._record(EventType.SUBSCRIPTION_ACTIVATED, f"{progress.plan.plan} unlocked")
            await self._report_to_sale(change)
        elif progress.is_recovered():
            progress.move(SubscriptionEvent.ALL_INVOICES_PAID)
            self._record(EventType.SUBSCRIPTION_RECOVERED, "all invoices paid")

    async def _end(
        self, event: SubscriptionEvent, reason: str | None, *, at: datetime | None = None
    ) -> None:
        """End the subscription: stop collection first, then end access."""
        progress, why = self._progress, reason or "cancelled"
        was_pending = progress.state is SubscriptionState.PENDING
        progress.move(event)
        for invoice in invoices_to_stop(progress, event):
            workflow_id = invoice_workflow_id(invoice.invoice_id)
            if not await signal_workflow(workflow_id, messages.STOP_COLLECTION, why):
                self._forget(invoice)
        # Put the hold also when nothing was unlocked yet: a payment may be under way at this moment.
        hold = hold_of_end(self._start, progress, at or workflow.now())
        await self._until_accepted("end access", lambda: activity_calls.put_hold(hold))
        ended, now = EventType.SUBSCRIPTION_ENDED, workflow.now()
        self._outbox.add(record(self._start, progress, ended, at=now, summary=why, hold=hold))
        if was_pending:
            first = invoice_id(self._start.subscription_id, 1)
            await self._report_to_sale(
                InvoiceChanged(invoice_id=first, outcome=InvoiceOutcome.CLOSED_UNPAID, reason=why)
            )

    def _forget(self, invoice: OpenInvoice) -> None:
        """Stop waiting for an invoice that is not running, unless its final outcome is in the inbox."""
        progress, ends = self._progress, {InvoiceOutcome.PAID, InvoiceOutcome.CLOSED_UNPAID}
        if any(
            n.invoice_id == invoice.invoice_id and n.outcome in ends for n in progress.outcomes()
        ):
            return
        progress.open_invoices.remove(invoice)
        if invoice.is_started:
            gone = f"{invoice.invoice_id} is gone: void its provider invoice by hand"
            self._record_attention(gone)

    async def _report_to_sale(self, change: InvoiceChanged) -> None:
        await signal_workflow(
            sale_workflow_id(self._start.order_id), messages.FIRST_INVOICE, change
        )
