"""The subscription: an entity that lives for years, one run per billing period.

It prices each period, starts its invoice with the grant in escrow, follows what becomes of every open
invoice, and is the only one that suspends or ends access.
"""

from datetime import datetime

from temporalio import workflow
from typing_extensions import override

with workflow.unsafe.imports_passed_through():
    from activities.messages import SubscriptionInput
    from domain import subscription_clock as clock
    from domain.ids import invoice_id, invoice_workflow_id, sale_workflow_id
    from domain.records import EventType
    from domain.subscription import FINAL_STATES, SubscriptionEvent, SubscriptionState
    from workflows import messages
    from workflows import subscription_calls as calls
    from workflows.entity import (
        StepInterruptedError,
        StepRefusedError,
    )
    from workflows.messages import (
        ChangePaymentMethod,
        InvoiceChanged,
        InvoiceOutcome,
        SubscriptionResult,
    )
    from workflows.relations import tell
    from workflows.subscription_progress import (
        OpenInvoice,
        SubscriptionProgress,
        clock_facts,
        hold_of_end,
        invoice_for,
        invoices_to_stop,
        late_payment_task,
        record,
        renewal_question,
        start_progress,
    )
    from workflows.subscription_requests import SubscriptionRequests
    from workflows.subscription_signs import show_subscription


@workflow.defn(name=messages.SUBSCRIPTION)
class Subscription(SubscriptionRequests):
    """One subscription from its first invoice to its end."""

    @workflow.init
    def __init__(self, given: SubscriptionInput | SubscriptionProgress) -> None:
        super().__init__(
            given if isinstance(given, SubscriptionProgress) else start_progress(given)
        )

    @workflow.run
    async def run(
        self,
        given: SubscriptionInput | SubscriptionProgress,  # noqa: ARG002 - taken by __init__, as Temporal hands it to both
    ) -> SubscriptionResult:
        """Return how the subscription ended."""
        return await self._survive(self._live())

    async def _live(self) -> SubscriptionResult:
        """Follow the clock and the inbox until the subscription has ended."""
        while not await self._is_over():
            if self._is_long():
                await self._roll(self._progress)
        await self._finish()
        return SubscriptionResult(
            subscription_id=self._start.subscription_id, state=self._progress.state
        )

    async def _is_over(self) -> bool:
        """Take one step; return whether nothing is left to happen."""
        progress = self._progress
        step = self._clock_step()
        # An end that is due goes before everything that waits in the inbox: it may change money.
        if progress.inbox and not isinstance(step, clock.End):
            await self._act_on(progress.inbox[0])
            return False
        match step:
            case clock.InvoicePeriod():
                await self._invoice(step.number)
            case clock.End():
                await self._end(SubscriptionEvent.CANCELLATION_DUE, progress.cancel_reason)
            case clock.Rest():
                await self._rest(step)
            case clock.Finished():
                # Money may still arrive for what was open: stay until every invoice has ended.
                if not progress.open_invoices:
                    return True
                await self._rest(clock.Rest(until=None, reason="open invoices to close"))
        return False

    def _clock_step(self) -> clock.ClockStep:
        return clock.next_clock_step(clock_facts(self._progress), workflow.now())

    async def _rest(self, rest: clock.Rest) -> None:
        progress, cancel_at = self._progress, self._progress.cancel_at
        await self._wait(
            lambda: bool(progress.inbox) or progress.cancel_at != cancel_at,
            reason=rest.reason,
            until=rest.until,
        )

    async def _invoice(self, number: int) -> None:
        """Start the invoice of the next period; every later one begins a new run."""
        progress = self._progress
        if number > progress.priced_period:
            await self._price(number)
            return
        order = invoice_for(self._start, progress, number)
        draft = order.draft
        # Known before it starts: what arrives meanwhile (its outcome, a cancellation) must find it.
        progress.period, progress.period_number = draft.lines[0].period, number
        progress.open_invoices.append(OpenInvoice(invoice_id=draft.invoice_id, total=draft.total))
        await self._persist("start the invoice", lambda: calls.start_invoice(order))
        if number == 0:
            self._record(EventType.SUBSCRIPTION_STARTED, f"{progress.plan.plan} ordered")
            return
        renewed = f"period {number + 1} invoiced, {progress.plan.plan}@{progress.plan.version}"
        self._record(EventType.SUBSCRIPTION_RENEWED, renewed)
        await self._roll(progress)

    async def _price(self, number: int) -> None:
        """Learn what the period costs; whatever arrives meanwhile is decided first."""
        progress, cancel_at = self._progress, self._progress.cancel_at
        question = renewal_question(self._start, progress, number)

        def is_moved() -> bool:
            return bool(progress.inbox) or progress.cancel_at != cancel_at

        try:
            terms = await self._attempt(
                lambda: calls.renew_terms(question), is_interrupted=is_moved
            )
        except StepInterruptedError:
            return
        except StepRefusedError as refusal:
            await self._await_operator(f"price the period: {refusal}", is_moved=is_moved)
            return
        progress.terms, progress.priced_period = terms, number

    async def _act_on(self, item: ChangePaymentMethod | InvoiceChanged) -> None:
        """Act on the head of the inbox; it is taken out only when that is done or refused."""
        match item:
            case ChangePaymentMethod():
                await self._change_payment_method(item)
            case InvoiceChanged():
                self._progress.inbox.remove(item)
                await self._follow(item)

    async def _change_payment_method(self, request: ChangePaymentMethod) -> None:
        """Attach the method and hand it to open invoices; the clock goes on if that takes long."""
        progress, cancel_at = self._progress, self._progress.cancel_at
        step = self._clock_step()
        due = step.until if isinstance(step, clock.Rest) else None
        try:
            stored = await self._attempt(
                lambda: calls.attach_payment_method(self._start, request.payment_method),
                is_interrupted=lambda: progress.cancel_at != cancel_at,
                until=due if due is not None and due > workflow.now() else None,
            )
        except StepInterruptedError:
            return
        except StepRefusedError as refusal:
            progress.inbox.remove(request)
            self._record(EventType.PAYMENT_METHOD_REFUSED, str(refusal))
            return
        progress.inbox.remove(request)
        if stored.decline is not None:
            self._record(EventType.PAYMENT_METHOD_REFUSED, stored.decline.code)
            return
        progress.payment_method = stored.payment_method
        self._record(EventType.PAYMENT_METHOD_CHANGED, stored.brand or "payment method")
        if not isinstance(self._clock_step(), clock.End | clock.Finished):
            for invoice in progress.open_invoices:
                await tell(
                    invoice_workflow_id(invoice.invoice_id),
                    messages.PAYMENT_METHOD_CHANGED,
                    stored.payment_method,
                )

    async def _follow(self, change: InvoiceChanged) -> None:
        """Move with what became of an invoice; a message about one that has ended changes nothing."""
        invoice = self._progress.find_open(change.invoice_id)
        if invoice is None:
            return
        match change.outcome:
            case InvoiceOutcome.DECLINED | InvoiceOutcome.OVERDUE:
                self._fall_behind(invoice, change.reason)
            case InvoiceOutcome.PAID:
                self._progress.open_invoices.remove(invoice)
                await self._follow_payment(invoice, change)
            case InvoiceOutcome.CLOSED_UNPAID:
                self._progress.open_invoices.remove(invoice)
                if self._progress.state not in FINAL_STATES:
                    await self._end(SubscriptionEvent.COLLECTION_GIVEN_UP, change.reason)

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
            await self._tell_sale(change)
        elif progress.is_recovered():
            progress.move(SubscriptionEvent.ALL_INVOICES_PAID)
            self._record(EventType.SUBSCRIPTION_RECOVERED, "all invoices paid")

    async def _end(self, event: SubscriptionEvent, reason: str | None) -> None:
        """End it: no more collection, then no more access."""
        progress, why = self._progress, reason or "cancelled"
        was_pending = progress.state is SubscriptionState.PENDING
        progress.move(event)
        for invoice in invoices_to_stop(progress, event):
            await tell(invoice_workflow_id(invoice.invoice_id), messages.STOP_COLLECTION, why)
        # Also when nothing was unlocked yet: a payment may be under way in this very second.
        hold = hold_of_end(self._start, progress, workflow.now())
        await self._persist("end access", lambda: calls.put_hold(hold))
        ended, now = EventType.SUBSCRIPTION_ENDED, workflow.now()
        self._outbox.add(record(self._start, progress, ended, at=now, summary=why, hold=hold))
        if was_pending:
            first = invoice_id(self._start.subscription_id, 1)
            await self._tell_sale(
                InvoiceChanged(invoice_id=first, outcome=InvoiceOutcome.CLOSED_UNPAID, reason=why)
            )

    async def _tell_sale(self, change: InvoiceChanged) -> None:
        await tell(sale_workflow_id(self._start.order_id), messages.FIRST_INVOICE, change)

    @override
    def _show(self, waits_for: str | None, next_due: datetime | None) -> None:
        show_subscription(
            self._signpost,
            self._start,
            self._progress,
            waits_for=waits_for,
            next_due=next_due,
            attention=self._attention(),
            effects=self._outbox.waiting,
        )
