"""The subscription workflow: it lives for years, with one run per billing period.

It prices each period, starts the period's invoice with the grant in escrow, and follows the outcome of
every open invoice. No other workflow suspends or ends access.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from temporalio import workflow
from typing_extensions import override

with workflow.unsafe.imports_passed_through():
    from activities.messages import SubscriptionInput
    from domain.effects.events import EventType
    from domain.ids import invoice_workflow_id
    from domain.subscription import clock
    from domain.subscription.states import SubscriptionEvent
    from workflows import activity_calls
    from workflows.contract import messages
    from workflows.contract.messages import ChangePaymentMethod, SubscriptionResult
    from workflows.entity.signalling import signal_workflow
    from workflows.entity.steps import StepInterruptedError, StepRefusedError
    from workflows.subscription.invoices import SubscriptionInvoices
    from workflows.subscription.state import (
        OpenInvoice,
        SubscriptionProgress,
        attach_request,
        clock_facts,
        invoice_for,
        renewal_question,
        start_progress,
    )
    from workflows.subscription.web_ui import show_subscription


@workflow.defn(name=messages.SUBSCRIPTION)
class Subscription(SubscriptionInvoices):
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
        await self._finish(self._progress)
        return SubscriptionResult(
            subscription_id=self._start.subscription_id, state=self._progress.state
        )

    async def _is_over(self) -> bool:
        """Take one step; return whether nothing is left to do.

        Outcomes of invoices go first: they take no time, and they decide what an end means. An end that is
        due goes before every request, because a request may cause a charge.
        """
        progress = self._progress
        outcomes = progress.next_outcome()
        if outcomes is not None:
            progress.inbox.remove(outcomes)
            await self._follow(outcomes)
            return False
        step = self._clock_step()
        match step:
            case clock.End():
                await self._end(SubscriptionEvent.CANCELLATION_DUE, progress.cancel_reason)
            case clock.Finished():
                return await self._is_all_done()
            case clock.InvoicePeriod() | clock.Rest():
                await self._go_on(step)
        return False

    async def _go_on(self, step: clock.InvoicePeriod | clock.Rest) -> None:
        """Start what is due; requests may delay it by `clock.PATIENCE`, but cannot block it."""
        progress = self._progress
        request, unstarted = progress.next_request(), progress.find_unstarted()
        # The effects of the last step must not wait for a provider that is down.
        self._outbox.pump()
        if unstarted is not None:
            await self._start_invoice(unstarted)
        elif request is not None and clock.has_time_for(step, progress.held_since, workflow.now()):
            await self._change_payment_method(request, step)
        elif isinstance(step, clock.InvoicePeriod):
            await self._invoice(step.number)
        else:
            await self._rest(step)

    async def _is_all_done(self) -> bool:
        """Refuse waiting requests; return whether every invoice has ended. Open ones may still be paid."""
        progress = self._progress
        while (request := progress.next_request()) is not None:
            progress.inbox.remove(request)
            self._record(EventType.PAYMENT_METHOD_REFUSED, f"the subscription is {progress.state}")
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
        """Price the next period if that is still to do; otherwise add its invoice to the open ones."""
        progress = self._progress
        if number > progress.priced_period:
            await self._price(number)
            return
        # Added before it starts: a message that arrives meanwhile (its outcome, a cancellation) must find it.
        progress.add_invoice(invoice_for(self._start, progress, number).draft, number)

    async def _start_invoice(self, invoice: OpenInvoice) -> None:
        """Start the invoice of the period, unless a message comes first; later periods begin a new run."""
        progress, cancel_at = self._progress, self._progress.cancel_at
        order = invoice_for(self._start, progress, progress.period_number)
        try:
            await self._until_accepted(
                "start the invoice",
                lambda: activity_calls.start_invoice(order),
                is_moved=self._has_outcome(),
            )
        except StepInterruptedError:
            return
        self._note_started(invoice)
        # A cancellation at this moment goes first: the next run would come too late to stop a charge.
        if progress.period_number > 0 and progress.cancel_at == cancel_at:
            await self._roll(progress)

    async def _price(self, number: int) -> None:
        """Read the terms of the period; a message that arrives meanwhile is handled first."""
        progress, has_outcome = self._progress, self._has_outcome()
        question = renewal_question(self._start, progress, number)
        with suppress(StepInterruptedError):
            terms = await self._until_accepted(
                "price the period",
                lambda: activity_calls.renew_terms(question),
                is_moved=lambda: has_outcome() or progress.has_first_request(),
            )
            progress.terms, progress.priced_period = terms, number

    def _has_outcome(self) -> Callable[[], bool]:
        """Return a test of whether a message has arrived that must be handled first."""
        progress, cancel_at = self._progress, self._progress.cancel_at
        return lambda: progress.next_outcome() is not None or progress.cancel_at != cancel_at

    async def _change_payment_method(
        self, request: ChangePaymentMethod, step: clock.InvoicePeriod | clock.Rest
    ) -> None:
        """Attach the method and signal it to open invoices; if that takes long, what is due goes first."""
        progress = self._progress
        if isinstance(step, clock.InvoicePeriod):
            progress.held_since = progress.held_since or workflow.now()
        try:
            stored = await self._attempt(
                lambda: activity_calls.attach_payment_method(
                    attach_request(self._start, request), "new payment method"
                ),
                is_interrupted=self._has_outcome(),
                until=clock.time_for(step, progress.held_since),
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
                await signal_workflow(
                    invoice_workflow_id(invoice.invoice_id),
                    messages.PAYMENT_METHOD_CHANGED,
                    stored.payment_method,
                )

    @override
    def _show(self, waits_for: str | None, next_due: datetime | None) -> None:
        show_subscription(
            self._operator_view,
            self._start,
            self._progress,
            waits_for=waits_for,
            next_due=next_due,
            attention=self._attention(),
            effects=self._outbox.waiting,
        )
