"""The invoice: issued, collected, and on payment the one thing that matters first: the unlock.

The unlock path is number, payable, charge (or transfer), grant. It awaits neither ERP, CRM, mail nor the
record of events: these follow from the outbox, which runs whenever the path has nothing left to do.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import Final, TypeVar

from temporalio import workflow
from typing_extensions import override

with workflow.unsafe.imports_passed_through():
    from activities.messages import InvoiceInput
    from domain import collection
    from domain.collection import Attempt, Charge
    from domain.ids import subscription_workflow_id
    from domain.invoices import InvoiceState, issue
    from domain.payments import DeclineClass, Payable, PayableStatus
    from domain.records import EventType
    from workflows import invoice_calls as calls
    from workflows import messages
    from workflows.entity import (
        BY_AN_OPERATOR,
        Entity,
        StepInterruptedError,
        StepRefusedError,
    )
    from workflows.invoice_progress import (
        InvoiceProgress,
        collection_facts,
        due_at,
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

T = TypeVar("T")

FAILED_LATER: Final = "payment_failed_later"

REMEMBERED_EVENTS: Final = 100
"""Provider events remembered by id; forgetting one is harmless, it is only a reason to re-read."""


@workflow.defn(name=messages.INVOICE)
class Invoice(Entity):
    """One invoice from draft to paid or void."""

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
        """Return how the invoice ended."""
        return await self._survive(self._live())

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
        """Use this payment method from now on; an open invoice is charged at once, also with the same."""
        progress = self._progress
        progress.payment_method = payment_method
        progress.methods_given += 1
        progress.method_given_after = len(progress.attempts)

    @workflow.signal(name=messages.STOP_COLLECTION)
    def stop(self, reason: str) -> None:
        """Collect no longer; a payment that arrived before still wins."""
        self._progress.stop_reason = reason

    @override
    def _stop_by_operator(self) -> None:
        self._progress.stop_reason = self._progress.stop_reason or BY_AN_OPERATOR

    async def _live(self) -> InvoiceResult:
        """Issue, collect, and stay until every effect has followed."""
        while not await self._is_closed():
            if self._is_long():
                await self._roll(self._progress)
        await self._finish()
        return InvoiceResult(
            invoice_id=self._progress.document.invoice_id, state=self._progress.state
        )

    async def _is_closed(self) -> bool:
        """Take one step towards the end; return whether the end is reached."""
        progress = self._progress
        if progress.state not in {InvoiceState.DRAFT, InvoiceState.OPEN}:
            return True
        try:
            if progress.payable is not None:
                await self._collect(progress.payable)
            elif progress.stop_reason is not None:
                await self._close_unpaid()
            else:
                await self._issue()
        except StepInterruptedError:
            progress.is_reread_wanted = True
        except StepRefusedError as refusal:
            # Whatever an operator mends or a message brings, look before deciding again.
            await self._await_operator(str(refusal), is_moved=self._is_moved())
            progress.is_reread_wanted = True
        return False

    async def _issue(self) -> None:
        """Take the legal number and open the payable; from then on the customer can pay."""
        progress = self._progress
        if progress.document.number is None:
            number = await self._unless_stopped(lambda: calls.take_number(self._start))
            # From here on the document is immutable.
            progress.document = issue(self._start.draft, number)
        payable = await self._unless_stopped(
            lambda: calls.open_payable(self._start, progress.document)
        )
        now = workflow.now()
        progress.issued_at, progress.due_at = now, due_at(self._start, progress.document, now)
        progress.state = InvoiceState.OPEN
        self._note_payable(payable)
        self._outbox.add(*effects_of_issue(self._start, progress, now))

    async def _collect(self, payable: Payable) -> None:
        """Do the next step of collection."""
        facts = collection_facts(self._start, self._progress, payable)
        step = collection.next_step(facts, self._start.policy, workflow.now())
        match step:
            case collection.Settle():
                await self._settle(payable)
            case collection.Reread():
                await self._reread(payable, step.reason)
            case Charge():
                await self._charge(payable, step)
            case collection.FallBehind():
                await self._tell(InvoiceOutcome.OVERDUE, "the payment term is over")
            case collection.Stop():
                self._note_payable(
                    await self._persist(
                        "void the payable", lambda: calls.void_payable(payable, step.reason)
                    )
                )
            case collection.Closed():
                await self._close_unpaid()
            case collection.Wait():
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

    async def _reread(self, payable: Payable, reason: str) -> None:
        self._progress.is_reread_wanted = False
        seen = await self._persist("read the payable", lambda: calls.read_payable(payable, reason))
        self._note_payable(seen)
        has_failed = (
            payable.is_processing and not seen.is_processing and seen.status is PayableStatus.OPEN
        )
        if has_failed and self._progress.attempts:
            # The charge that was under way has failed after all; what the customer tried is not ours to tell.
            last = self._progress.attempts[-1]
            failed = replace(last, decline_class=DeclineClass.SOFT, decline_code=FAILED_LATER)
            self._progress.attempts = (*self._progress.attempts[:-1], failed)
            await self._decline(failed)

    async def _charge(self, payable: Payable, step: Charge) -> None:
        """Charge as one business attempt; a decline is a result that the next step reads.

        Raises:
            StepInterruptedError: It was called off for a stop or another payment method.
            StepRefusedError: The provider refused the request itself.
        """
        progress = self._progress
        attempt = Attempt(
            number=step.number,
            payment_method=step.payment_method,
            at=workflow.now(),
            is_withdrawn=True,
        )
        given = progress.methods_given
        try:
            result = await self._attempt(
                lambda: calls.charge(payable, step),
                is_interrupted=lambda: self._is_stopped() or progress.methods_given != given,
            )
        except (StepInterruptedError, StepRefusedError):
            progress.attempts += (attempt,)
            raise
        decline = result.decline
        attempt = replace(
            attempt,
            at=workflow.now(),
            is_withdrawn=False,
            decline_class=decline.decline_class if decline else None,
            decline_code=decline.code if decline else None,
        )
        progress.attempts += (attempt,)
        self._note_payable(result.payable)
        if decline is not None:
            await self._decline(attempt)

    async def _decline(self, attempt: Attempt) -> None:
        effects = effects_of_decline(self._start, self._progress, attempt, workflow.now())
        self._outbox.add(*effects)
        await self._tell(InvoiceOutcome.DECLINED, attempt.decline_code or "declined")

    async def _close_unpaid(self) -> None:
        """Undo what issuing did: nothing is owed any more."""
        progress = self._progress
        reason = progress.stop_reason or "collection_window_over"
        progress.state = InvoiceState.VOID
        self._outbox.add(*effects_of_void(self._start, progress, reason, workflow.now()))
        await self._tell(InvoiceOutcome.CLOSED_UNPAID, reason)

    async def _unless_stopped(self, step: Callable[[], Awaitable[T]]) -> T:
        return await self._attempt(step, is_interrupted=self._is_stopped)

    def _is_stopped(self) -> bool:
        return self._progress.stop_reason is not None

    def _is_moved(self) -> Callable[[], bool]:
        """Return a test of whether a message has arrived that changes the next step."""
        progress = self._progress
        before = (progress.methods_given, progress.stop_reason)
        return lambda: (
            progress.is_reread_wanted or (progress.methods_given, progress.stop_reason) != before
        )

    async def _tell(self, outcome: InvoiceOutcome, reason: str) -> None:
        """Tell the subscription, once per change of outcome; one that is gone needs no telling."""
        if self._progress.told is outcome:
            return
        document = self._progress.document
        await tell(
            subscription_workflow_id(document.subscription_id),
            messages.INVOICE_CHANGED,
            InvoiceChanged(invoice_id=document.invoice_id, outcome=outcome, reason=reason),
        )
        self._progress.told = outcome

    def _note_payable(self, payable: Payable) -> None:
        self._progress.payable = payable
        self._progress.read_at = workflow.now()

    @override
    def _record_attention(self, summary: str) -> None:
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
