"""The subscription workflow: it lives for years, with one run per billing period.

It prices each period, starts the period's invoice with the grant in escrow, and follows the outcome of
every open invoice. No other workflow suspends or ends access.
"""

from contextlib import suppress
from datetime import datetime

from temporalio import workflow
from temporalio.exceptions import ApplicationError
from typing_extensions import override

with workflow.unsafe.imports_passed_through():
    from activities.messages import SubscriptionInput
    from domain.effects.events import EventType
    from domain.entitlements.grants import Grant, next_version
    from domain.entitlements.holds import HoldLevel, HoldReason
    from domain.ids import invoice_id, invoice_workflow_id, sale_workflow_id
    from domain.subscription import steps
    from domain.subscription.states import FINAL_STATES, SubscriptionEvent, SubscriptionState
    from workflows import activity_calls
    from workflows.contract import messages
    from workflows.contract.messages import InvoiceChanged, InvoiceOutcome, SubscriptionResult
    from workflows.contract.requests import (
        CancelSubscription,
        ChangePaymentMethod,
        RequestAccepted,
        SubscriptionRequest,
    )
    from workflows.entity.entity import BY_AN_OPERATOR, Entity
    from workflows.entity.signalling import signal_workflow
    from workflows.entity.steps import StepInterruptedError, StepRefusedError, is_history_long
    from workflows.subscription.effects import late_payment_task
    from workflows.subscription.inputs import attachment, invoice_input, renewal_question
    from workflows.subscription.state import OpenInvoice, SubscriptionProgress
    from workflows.subscription.web_ui import page_of_subscription


@workflow.defn(name=messages.SUBSCRIPTION)
class Subscription(Entity):
    """One subscription from its first invoice to its end."""

    @workflow.init
    def __init__(self, given: SubscriptionInput | SubscriptionProgress) -> None:
        subscription = (
            given if isinstance(given, SubscriptionProgress) else SubscriptionProgress.begin(given)
        )
        subscription.is_period_begun = False
        self._subscription = subscription
        super().__init__(subscription, lambda: page_of_subscription(subscription))

    @workflow.run
    async def run(
        self,
        given: SubscriptionInput | SubscriptionProgress,  # noqa: ARG002 - taken by __init__, as Temporal hands it to both
    ) -> SubscriptionResult:
        """Return how the subscription ended."""
        return await self._run.survive(self._live(), on_cancel=self._stop_by_operator)

    @workflow.signal(name=messages.INVOICE_CHANGED)
    def invoice_changed(self, change: InvoiceChanged) -> None:
        """Note the outcome of an invoice."""
        self._subscription.outcomes.append(change)

    @workflow.signal(name=messages.END_SUBSCRIPTION)
    def end(self, reason: str) -> None:
        """End at once; the sale sends this when an operator cancels it."""
        self._subscription.end_now(reason, workflow.now())

    @workflow.update(name=messages.REQUEST)
    def request(self, request: SubscriptionRequest) -> RequestAccepted:
        """Take a request: an end is set at once, all others wait; the same request id is taken once."""
        subscription = self._subscription
        if request.request_id not in subscription.handled_requests:
            subscription.remember(request)
            match request:
                case CancelSubscription():
                    if subscription.take_cancellation(request, workflow.now()):
                        ends = f"ends {subscription.cancel_at:%Y-%m-%d}"
                        self._record(EventType.CANCELLATION_REQUESTED, ends)
                case queued:
                    subscription.inbox.append(queued)
        return RequestAccepted(
            request_id=request.request_id,
            subscription_id=subscription.start.subscription_id,
            ends_at=subscription.cancel_at if isinstance(request, CancelSubscription) else None,
        )

    @request.validator
    def _validate_request(self, request: SubscriptionRequest) -> None:
        """Check that the request can be taken; a refused one leaves no event in the history.

        Raises:
            ApplicationError: This run is ending, the id was used for another request, or the subscription
                has ended.
        """
        self._run.refuse_while_draining()
        subscription = self._subscription
        known = subscription.handled_requests.get(request.request_id)
        if known is not None and known != request.content:
            raise ApplicationError(
                f"request {request.request_id} was: {known}; now it is: {request.content}",
                type=messages.REFUSED_ERROR,
            )
        if known is None and subscription.state in FINAL_STATES:
            raise ApplicationError(
                f"the subscription is {subscription.state}", type=messages.REFUSED_ERROR
            )

    @override
    def _stop_by_operator(self) -> None:
        self._subscription.end_now(BY_AN_OPERATOR, workflow.now())

    async def _live(self) -> SubscriptionResult:  # noqa: C901, PLR0912 - one match
        """Do one step after the other until the subscription has ended."""
        subscription = self._subscription
        while True:
            facts = subscription.facts(is_history_long=is_history_long())
            step = steps.next_step(facts, workflow.now())
            # An interrupted step is decided anew.
            with suppress(StepInterruptedError):
                match step:
                    case steps.FollowOutcome():
                        await self._follow_outcome()
                    case steps.End():
                        await self._end_by_cancellation()
                    case steps.NextRun():
                        await self._run.roll()
                    case steps.StartInvoice():
                        await self._start_invoice()
                    case steps.DoRequest():
                        await self._do_request(step)
                    case steps.PricePeriod():
                        await self._price_period(step.number)
                    case steps.InvoicePeriod():
                        self._invoice_period(step.number)
                    case steps.Rest():
                        await self._rest(step)
                    case steps.RefuseRequests():
                        self._refuse_requests()
                    case steps.Finish():
                        return await self._finish()

    async def _rest(self, rest: steps.Rest) -> None:
        subscription, is_moved = self._subscription, self._subscription.watch()
        await self._runner.wait(
            lambda: bool(subscription.inbox) or is_moved(), reason=rest.reason, until=rest.until
        )

    async def _price_period(self, number: int) -> None:
        """Read the terms of the period; a message that arrives meanwhile is handled first."""
        subscription, is_moved = self._subscription, self._subscription.watch()
        question = renewal_question(subscription, number)
        self._outbox.pump()
        terms = await self._runner.until_accepted(
            "price the period",
            lambda: activity_calls.renew_terms(question),
            is_moved=lambda: (
                is_moved() or (bool(subscription.inbox) and subscription.held_since is None)
            ),
        )
        subscription.terms, subscription.priced_period = terms, number

    def _invoice_period(self, number: int) -> None:
        """Add the invoice of the period to the open ones.

        It is added before it starts: a message that arrives meanwhile (its outcome, a cancellation) must find it.
        """
        subscription = self._subscription
        given = invoice_input(subscription, subscription.next_invoice_id(), number)
        subscription.open_invoice(given.draft, given.grant, number)

    async def _start_invoice(self) -> None:
        """Start the workflow of the open invoice that is not known to have started."""
        subscription, invoice = self._subscription, self._subscription.find_unstarted()
        if invoice is None:
            return
        given = invoice_input(subscription, invoice.invoice_id, invoice.period_number)
        # The effects of the last step must not wait for a call that may hang.
        self._outbox.pump()
        await self._runner.until_accepted(
            "start the invoice",
            lambda: activity_calls.start_invoice(given),
            is_moved=subscription.watch(),
        )
        self._note_started(invoice)

    def _note_started(self, invoice: OpenInvoice) -> None:
        plan = self._subscription.plan
        invoice.is_started = True
        if invoice.period_number == 0:
            self._record(EventType.SUBSCRIPTION_STARTED, f"{plan.plan} ordered")
            return
        self._subscription.is_period_begun = True
        renewed = f"period {invoice.period_number + 1} invoiced, {plan.plan}@{plan.version}"
        self._record(EventType.SUBSCRIPTION_RENEWED, renewed)

    async def _do_request(self, step: steps.DoRequest) -> None:
        """Do the oldest request; one that is not done in time stays where it is."""
        request = self._subscription.inbox[0]
        if step.is_before_due:
            self._subscription.held_since = self._subscription.held_since or workflow.now()
        self._outbox.pump()
        match request:
            case ChangePaymentMethod():
                await self._change_payment_method(request, step.until)
        self._subscription.inbox.remove(request)

    async def _change_payment_method(
        self, request: ChangePaymentMethod, until: datetime | None
    ) -> None:
        """Attach the method and signal it to open invoices."""
        subscription = self._subscription
        try:
            stored = await self._runner.attempt(
                lambda: activity_calls.attach_payment_method(
                    attachment(subscription, request), "new payment method"
                ),
                is_interrupted=subscription.watch(),
                until=until,
            )
        except StepRefusedError as refusal:
            self._record(EventType.PAYMENT_METHOD_REFUSED, str(refusal))
            return
        if stored.decline is not None:
            self._record(EventType.PAYMENT_METHOD_REFUSED, stored.decline.code)
            return
        subscription.payment_method = stored.payment_method
        self._record(EventType.PAYMENT_METHOD_CHANGED, stored.brand or "payment method")
        # An end that came due meanwhile goes before a charge.
        if not steps.is_end_due(subscription.facts(), workflow.now()):
            for invoice in list(subscription.open_invoices):
                await signal_workflow(
                    invoice_workflow_id(invoice.invoice_id),
                    messages.PAYMENT_METHOD_CHANGED,
                    stored.payment_method,
                )

    async def _follow_outcome(self) -> None:
        """Apply the oldest outcome of an invoice; one of an invoice that is not open changes nothing."""
        subscription = self._subscription
        change = subscription.outcomes.pop(0)
        invoice = subscription.find_open(change.invoice_id)
        if invoice is None:
            return
        if not invoice.is_started:
            # The outcome shows that it has started, although the response to its start was lost.
            self._note_started(invoice)
        match change.outcome:
            case InvoiceOutcome.DECLINED | InvoiceOutcome.OVERDUE:
                self._fall_behind(invoice, change.reason)
            case InvoiceOutcome.PAID:
                subscription.open_invoices.remove(invoice)
                subscription.keep_grant(invoice.grant, workflow.now())
                await self._follow_payment(invoice, change)
            case InvoiceOutcome.CLOSED_UNPAID:
                subscription.open_invoices.remove(invoice)
                if subscription.state not in FINAL_STATES:
                    at = change.at or workflow.now()
                    await self._end(SubscriptionEvent.COLLECTION_GIVEN_UP, change.reason, at)

    def _fall_behind(self, invoice: OpenInvoice, reason: str) -> None:
        invoice.is_behind = True
        if self._subscription.state is SubscriptionState.ACTIVE:
            self._subscription.move(SubscriptionEvent.INVOICE_FELL_BEHIND)
            self._record(EventType.SUBSCRIPTION_PAST_DUE, reason)

    async def _follow_payment(self, invoice: OpenInvoice, change: InvoiceChanged) -> None:
        subscription = self._subscription
        if subscription.state in FINAL_STATES:
            await self._end_grant(invoice.grant)
            if not invoice.is_owed_after_end:
                late = late_payment_task(subscription.start, change.invoice_id, workflow.now())
                self._outbox.add(late)
        elif subscription.state is SubscriptionState.PENDING:
            subscription.move(SubscriptionEvent.FIRST_INVOICE_PAID)
            unlocked = f"{subscription.plan.plan} unlocked"
            self._record(EventType.SUBSCRIPTION_ACTIVATED, unlocked)
            await self._report_to_sale(change)
        elif subscription.is_recovered():
            subscription.move(SubscriptionEvent.ALL_INVOICES_PAID)
            self._record(EventType.SUBSCRIPTION_RECOVERED, "all invoices paid")

    async def _end_grant(self, grant: Grant) -> None:
        """End a grant that its invoice has put after the end of the subscription.

        The hold keeps the account out already; the grant must not outlive it if an operator lifts it later.
        """
        subscription = self._subscription
        ended = next_version(grant, until=subscription.ended_at or workflow.now())
        await self._runner.until_accepted(
            "end the grant",
            lambda: activity_calls.put_grant(ended, f"{ended.grant_id} ends with its subscription"),
        )
        subscription.keep_grant(ended, workflow.now())
        subscription.record(
            EventType.GRANT_CHANGED,
            f"{ended.grant_id} ended with its subscription",
            at=workflow.now(),
            grant=ended,
        )

    async def _end_by_cancellation(self) -> None:
        why = self._subscription.cancel_reason or "cancelled"
        await self._end(SubscriptionEvent.CANCELLATION_DUE, why, workflow.now())

    async def _end(self, event: SubscriptionEvent, why: str, at: datetime) -> None:
        """End the subscription: stop collection first, then end access."""
        subscription = self._subscription
        was_pending = subscription.state is SubscriptionState.PENDING
        subscription.move(event)
        for invoice in subscription.invoices_to_stop(event):
            workflow_id = invoice_workflow_id(invoice.invoice_id)
            if not await signal_workflow(workflow_id, messages.STOP_COLLECTION, why):
                self._forget(invoice)
        # Put the hold also when nothing was unlocked yet: a payment may be under way at this moment.
        hold = subscription.hold(HoldReason.ENDED, HoldLevel.HELD, at)
        subscription.ended_at = hold.starts_at
        await self._runner.until_accepted("end access", lambda: activity_calls.put_hold(hold))
        subscription.record(EventType.SUBSCRIPTION_ENDED, why, at=workflow.now(), hold=hold)
        if was_pending:
            first = invoice_id(subscription.start.subscription_id, 1)
            await self._report_to_sale(
                InvoiceChanged(invoice_id=first, outcome=InvoiceOutcome.CLOSED_UNPAID, reason=why)
            )

    def _forget(self, invoice: OpenInvoice) -> None:
        """Stop waiting for an invoice that is not running, unless its final outcome is still to be handled."""
        subscription = self._subscription
        if subscription.has_final_outcome(invoice):
            return
        subscription.open_invoices.remove(invoice)
        if invoice.is_started:
            gone = f"{invoice.invoice_id} is gone: void its provider invoice by hand"
            self._record(EventType.ATTENTION_NEEDED, gone)

    async def _report_to_sale(self, change: InvoiceChanged) -> None:
        await signal_workflow(
            sale_workflow_id(self._subscription.start.order_id), messages.FIRST_INVOICE, change
        )

    def _refuse_requests(self) -> None:
        """Refuse the requests that wait: the subscription ended before their turn."""
        while self._subscription.inbox:
            refused = self._subscription.inbox.pop(0).refused
            self._record(refused, f"the subscription is {self._subscription.state}")

    def _record(self, event_type: EventType, summary: str) -> None:
        self._subscription.record(event_type, summary, at=workflow.now())

    async def _finish(self) -> SubscriptionResult:
        await self._run.finish()
        return SubscriptionResult(
            subscription_id=self._subscription.start.subscription_id,
            state=self._subscription.state,
        )
