"""The invoice: issued, collected, and on payment the one thing that matters first: the unlock.

The unlock path is number, payable, charge (or transfer), grant. It awaits neither ERP, CRM, mail nor the
record of events: these follow from the outbox, which runs whenever the path has nothing left to do.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from temporalio import workflow
from typing_extensions import override

with workflow.unsafe.imports_passed_through():
    from activities.messages import InvoiceInput
    from domain.collection import (
        Attempt,
        Charge,
        Closed,
        FallBehind,
        Reread,
        Settle,
        Stop,
        Wait,
        next_step,
    )
    from domain.ids import subscription_workflow_id
    from domain.invoices import InvoiceState, issue
    from domain.payments import Payable, PayableStatus
    from domain.records import EventType
    from workflows import invoice_calls as calls
    from workflows import messages
    from workflows.entity import Entity
    from workflows.invoice_progress import (
        InvoiceProgress,
        collection_facts,
        effects_of_decline,
        effects_of_issue,
        effects_of_payment,
        effects_of_void,
        record,
        start_progress,
    )
    from workflows.invoice_signs import show_invoice
    from workflows.messages import (
        InvoiceChanged,
        InvoiceOutcome,
        InvoiceResult,
        ProviderEventReceived,
    )
    from workflows.relations import tell

REMEMBERED_EVENTS = 100
"""Provider events remembered by id; forgetting one is harmless, it is only a reason to re-read."""


@workflow.defn(name=messages.INVOICE)
class Invoice(Entity):
    """One invoice from draft to paid, void or uncollectible."""

    @workflow.init
    def __init__(self, given: InvoiceInput | InvoiceProgress) -> None:
        self._progress = given if isinstance(given, InvoiceProgress) else start_progress(given)
        self._start = self._progress.start
        super().__init__(self._progress.outbox)

    @workflow.run
    async def run(
        self,
        given: InvoiceInput | InvoiceProgress,  # noqa: ARG002 - taken by __init__, as Temporal hands it to both
    ) -> InvoiceResult:
        """Issue, collect, and stay until every effect has followed."""
        while not await self._is_closed():
            if self._is_long():
                await self._roll(self._progress)
        await self._finish()
        return InvoiceResult(
            invoice_id=self._progress.document.invoice_id, state=self._progress.state
        )

    @workflow.signal(name=messages.PROVIDER_EVENT)
    def provider_event(self, event: ProviderEventReceived) -> None:
        """Take note that the payable may have changed; its content is re-read, never trusted."""
        handled = self._progress.handled_events
        if event.event_id in handled:
            return
        handled.append(event.event_id)
        del handled[:-REMEMBERED_EVENTS]
        self._progress.is_reread_wanted = True

    @workflow.signal(name=messages.PAYMENT_METHOD_CHANGED)
    def payment_method_changed(self, payment_method: str) -> None:
        """Use this payment method from now on; an open invoice is charged at once."""
        self._progress.payment_method = payment_method

    @workflow.signal(name=messages.STOP_COLLECTION)
    def stop(self, reason: str) -> None:
        """Collect no longer; a payment that arrived before still wins."""
        self._progress.stop_reason = reason

    async def _is_closed(self) -> bool:
        """Take one step towards the end; return whether the end is reached."""
        progress = self._progress
        if progress.document.number is None:
            # From here on the document is immutable.
            number = await self._persist(
                "take the invoice number", lambda: calls.take_number(self._start)
            )
            progress.document = issue(self._start.draft, number)
        elif progress.payable is None:
            await self._open()
        elif progress.state is InvoiceState.OPEN:
            await self._collect(progress.payable)
        else:
            return True
        return False

    async def _open(self) -> None:
        """Create the payable; from here on the customer can pay."""
        progress = self._progress
        payable = await self._persist(
            "open the payable", lambda: calls.open_payable(self._start, progress.document)
        )
        now = workflow.now()
        progress.issued_at = now
        progress.due_at = now + timedelta(days=self._start.payment.days_until_due or 0)
        progress.state = InvoiceState.OPEN
        self._note(payable)
        self._outbox.add(*effects_of_issue(self._start, progress, now))

    async def _collect(self, payable: Payable) -> None:
        """Do the next step of collection."""
        facts = collection_facts(self._start, self._progress, payable)
        step = next_step(facts, self._start.policy, workflow.now())
        match step:
            case Settle():
                await self._settle(payable)
            case Reread():
                self._progress.is_reread_wanted = False
                self._note(
                    await self._persist(
                        "read the payable", lambda: calls.read_payable(payable, step.reason)
                    )
                )
            case Charge():
                await self._charge(payable, step)
            case FallBehind():
                await self._tell(InvoiceOutcome.OVERDUE, "the payment term is over")
            case Stop():
                self._note(
                    await self._persist(
                        "void the payable", lambda: calls.void_payable(payable, step.reason)
                    )
                )
            case Closed():
                await self._close_unpaid(step.status)
            case Wait():
                await self._wait(
                    self._is_moved(), reason=step.reason, until=step.until, due=step.due
                )

    async def _settle(self, payable: Payable) -> None:
        """Unlock: put the grant before anything else."""
        await self._persist("put the grant", lambda: calls.put_grant(self._start))
        progress = self._progress
        progress.state = InvoiceState.PAID
        progress.granted_at = workflow.now()
        progress.paid_at = payable.paid_at or progress.granted_at
        await self._tell(InvoiceOutcome.PAID, "paid")
        self._outbox.add(*effects_of_payment(self._start, progress, payable, progress.granted_at))

    async def _charge(self, payable: Payable, step: Charge) -> None:
        """Charge as one business attempt; a decline is a result that the next step reads."""
        at = workflow.now()
        result = await self._persist("charge", lambda: calls.charge(payable, step))
        decline = result.decline
        progress = self._progress
        attempt = Attempt(
            number=step.number,
            payment_method=step.payment_method,
            at=at,
            decline_class=decline.decline_class if decline else None,
            decline_code=decline.code if decline else None,
        )
        progress.attempts += (attempt,)
        self._note(result.payable)
        if decline is not None:
            now = workflow.now()
            self._outbox.add(*effects_of_decline(self._start, progress, attempt, now))
            await self._tell(InvoiceOutcome.DECLINED, decline.code)

    async def _close_unpaid(self, status: PayableStatus) -> None:
        """Undo what issuing did: nothing is owed any more."""
        progress = self._progress
        reason = progress.stop_reason or "collection_window_over"
        progress.state = InvoiceState(status.value)
        self._outbox.add(*effects_of_void(self._start, progress, reason, workflow.now()))
        await self._tell(InvoiceOutcome.CLOSED_UNPAID, reason)

    def _is_moved(self) -> Callable[[], bool]:
        """Return a test of whether a message has arrived that changes the next step."""
        progress = self._progress
        before = (progress.payment_method, progress.stop_reason)
        return lambda: (
            progress.is_reread_wanted or (progress.payment_method, progress.stop_reason) != before
        )

    async def _tell(self, outcome: InvoiceOutcome, reason: str) -> None:
        """Tell the subscription, once per change of outcome; one that is gone needs no telling."""
        if self._progress.told is outcome:
            return
        self._progress.told = outcome
        document = self._progress.document
        await tell(
            subscription_workflow_id(document.subscription_id),
            messages.INVOICE_CHANGED,
            InvoiceChanged(invoice_id=document.invoice_id, outcome=outcome, reason=reason),
        )

    def _note(self, payable: Payable) -> None:
        self._progress.payable = payable
        self._progress.read_at = workflow.now()

    @override
    def _record_refusal(self, summary: str) -> None:
        event, now = EventType.ATTENTION_NEEDED, workflow.now()
        self._outbox.add(record(self._start, self._progress, event, at=now, summary=summary))

    @override
    def _show(self, waits_for: str | None, next_due: datetime | None) -> None:
        show_invoice(
            self._signpost,
            self._start,
            self._progress,
            waits_for=waits_for,
            next_due=next_due,
            attention=self._attention(),
            effects=self._outbox.waiting,
        )
