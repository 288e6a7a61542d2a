"""The invoice workflow: it issues and collects an invoice and unlocks what the invoice pays for.

The unlock path is number, provider invoice, charge (or transfer), grant. It does not wait for the ERP,
the CRM, emails or the record of events. The outbox runs these whenever the path has nothing left to do.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final, TypeVar

from temporalio import workflow
from typing_extensions import override

with workflow.unsafe.imports_passed_through():
    from activities.messages import InvoiceInput
    from domain.collection import next_step as collection
    from domain.collection.next_step import Attempt, Charge
    from domain.collection.provider_invoice import (
        DeclineClass,
        ProviderInvoice,
        ProviderInvoiceStatus,
    )
    from domain.ids import subscription_workflow_id
    from domain.invoicing.invoices import InvoiceState, issue
    from workflows import activity_calls
    from workflows.contract import messages
    from workflows.contract.messages import InvoiceChanged, InvoiceOutcome, InvoiceResult
    from workflows.entity.signalling import signal_workflow
    from workflows.entity.steps import StepInterruptedError, StepRefusedError
    from workflows.invoice.effects import (
        asks_for_payment,
        effects_of_decline,
        effects_of_issue,
        effects_of_payment,
        effects_of_void,
    )
    from workflows.invoice.requests import InvoiceRequests
    from workflows.invoice.state import InvoiceProgress, collection_facts, due_at, start_progress
    from workflows.invoice.web_ui import show_invoice

T = TypeVar("T")

FAILED_LATER: Final = "payment_failed_later"


@workflow.defn(name=messages.INVOICE)
class Invoice(InvoiceRequests):
    """One invoice from draft to paid or void."""

    @workflow.init
    def __init__(self, given: InvoiceInput | InvoiceProgress) -> None:
        super().__init__(given if isinstance(given, InvoiceProgress) else start_progress(given))

    @workflow.run
    async def run(
        self,
        given: InvoiceInput | InvoiceProgress,  # noqa: ARG002 - taken by __init__, as Temporal hands it to both
    ) -> InvoiceResult:
        """Return how the invoice ended."""
        return await self._survive(self._live())

    async def _live(self) -> InvoiceResult:
        """Issue, collect, and stay until every effect has happened."""
        while not await self._is_closed():
            if self._is_long():
                await self._roll(self._progress)
        await self._finish(self._progress)
        return InvoiceResult(
            invoice_id=self._progress.document.invoice_id, state=self._progress.state
        )

    async def _is_closed(self) -> bool:
        """Take one step towards the end; return whether the end is reached."""
        progress = self._progress
        if progress.state not in {InvoiceState.DRAFT, InvoiceState.OPEN}:
            return True
        # Taken before the step, so that a message that arrives during a refused step ends the wait after it.
        is_moved = self._is_moved()
        try:
            if progress.provider_invoice is not None:
                await self._collect(progress.provider_invoice)
            elif progress.stop_reason is not None and not progress.is_opening:
                await self._close_unpaid()
            else:
                await self._issue()
        except StepInterruptedError:
            progress.is_reread_wanted = True
        except StepRefusedError as refusal:
            await self._await_operator(str(refusal), is_moved)
        return False

    async def _await_operator(self, refused: str, is_moved: Callable[[], bool]) -> None:
        """Wait for an operator, a message or the next poll; then read the provider invoice again."""
        if self._progress.provider_invoice is None:
            # There is nothing to read yet, and an earlier request to read must not end the wait.
            self._progress.is_reread_wanted = False
        poll_at = workflow.now() + self._start.policy.reread_every
        await self._is_mended(refused, is_moved=is_moved, until=poll_at)
        self._progress.is_reread_wanted = True

    async def _issue(self) -> None:
        """Take the legal number and open the provider invoice; from then on the customer can pay.

        Raises:
            StepRefusedError: The provider, or our own register, refused permanently.
        """
        progress = self._progress
        if progress.document.number is None:
            # A stop does not interrupt this: a number that was taken always belongs to this invoice.
            number = await self._insist(lambda: activity_calls.take_number(self._start))
            # From here on the document is immutable.
            progress.document = issue(self._start.draft, number)
            if progress.stop_reason is not None:
                return
        # A stop does not interrupt this either: after the first try, the customer may be able to pay.
        progress.is_opening = True
        try:
            provider_invoice = await self._insist(
                lambda: activity_calls.open_provider_invoice(self._start, progress.document)
            )
        except StepRefusedError:
            progress.is_opening = False
            raise
        now = workflow.now()
        progress.issued_at, progress.due_at = now, due_at(self._start, progress.document, now)
        progress.state = InvoiceState.OPEN
        self._note_provider_invoice(provider_invoice)
        self._outbox.add(*effects_of_issue(self._start, progress, now))

    async def _collect(self, provider_invoice: ProviderInvoice) -> None:
        """Do the next step of collection."""
        facts = collection_facts(self._start, self._progress, provider_invoice)
        step = collection.next_step(facts, self._start.policy, workflow.now())
        match step:
            case collection.Unlock():
                await self._unlock(provider_invoice)
            case collection.Reread():
                await self._reread(provider_invoice, step.reason)
            case Charge():
                await self._charge(provider_invoice, step)
            case collection.FallBehind():
                await self._report(InvoiceOutcome.OVERDUE, "the payment term is over")
            case collection.Stop():
                await self._void(provider_invoice, step.reason)
            case collection.Closed():
                await self._close_unpaid()
            case collection.Wait():
                await self._wait(
                    self._is_moved(), reason=step.reason, until=step.until, due=step.due
                )

    async def _unlock(self, provider_invoice: ProviderInvoice) -> None:
        """Unlock: put the grant before any other effect."""
        await self._until_accepted(
            "put the grant", lambda: activity_calls.put_grant(self._start.grant, self._start.plan)
        )
        progress = self._progress
        progress.state = InvoiceState.PAID
        progress.granted_at = workflow.now()
        progress.paid_at = provider_invoice.paid_at or progress.granted_at
        await self._report(InvoiceOutcome.PAID, "paid")
        await self._outbox.withdraw(asks_for_payment)
        self._outbox.add(
            *effects_of_payment(self._start, progress, provider_invoice, progress.granted_at)
        )

    async def _void(self, provider_invoice: ProviderInvoice, reason: str) -> None:
        """Void the provider invoice; if a part of it is paid, an operator decides first.

        Raises:
            StepRefusedError: It is not void and can still be paid.
        """
        resumes = self._resumes
        if not provider_invoice.amount_paid.is_zero:
            await self._await_operator(
                f"{provider_invoice.amount_paid} of {provider_invoice.amount_due} is paid: "
                "refund or credit it, then resume",
                self._is_moved(),
            )
            if self._resumes == resumes:
                return
        seen = await self._insist(
            lambda: activity_calls.void_provider_invoice(provider_invoice, reason)
        )
        self._note_provider_invoice(seen)
        if seen.status not in {ProviderInvoiceStatus.PAID, ProviderInvoiceStatus.VOID}:
            raise StepRefusedError(f"cannot void the provider invoice: it is {seen.status}")

    async def _reread(self, provider_invoice: ProviderInvoice, reason: str) -> None:
        # Reset before the read: a change that is reported during the read is a reason to read again.
        self._progress.is_reread_wanted = False
        seen = await self._insist(
            lambda: activity_calls.read_provider_invoice(provider_invoice, reason)
        )
        self._note_provider_invoice(seen)
        has_failed = (
            provider_invoice.is_processing
            and not seen.is_processing
            and seen.status is ProviderInvoiceStatus.OPEN
        )
        last = self._progress.attempts[-1] if self._progress.attempts else None
        if has_failed and last is not None and last.is_pending:
            # Our own pending charge has failed. A failed payment that the customer started is not reported.
            failed = replace(last, decline_class=DeclineClass.SOFT, decline_code=FAILED_LATER)
            self._progress.attempts = (*self._progress.attempts[:-1], failed)
            await self._decline(failed)

    async def _charge(self, provider_invoice: ProviderInvoice, step: Charge) -> None:
        """Charge as one business attempt; a decline is a result, which the next step reads.

        Raises:
            StepInterruptedError: It was withdrawn because of a stop or another payment method.
            StepRefusedError: The provider refused the request itself.
        """
        progress = self._progress
        attempt = Attempt(
            number=step.number,
            payment_method=step.payment_method,
            at=workflow.now(),
            is_withdrawn=True,
        )
        given, self._is_charging = progress.methods_given, True
        try:
            result = await self._attempt(
                lambda: activity_calls.charge(provider_invoice, step),
                is_interrupted=lambda: self._is_stopped() or progress.methods_given != given,
            )
        except (StepInterruptedError, StepRefusedError):
            progress.attempts += (attempt,)
            raise
        finally:
            self._is_charging = False
        decline = result.decline
        attempt = replace(
            attempt,
            at=workflow.now(),
            is_withdrawn=False,
            decline_class=decline.decline_class if decline else None,
            decline_code=decline.code if decline else None,
        )
        progress.attempts += (attempt,)
        self._note_provider_invoice(result.provider_invoice)
        if decline is not None:
            await self._decline(attempt)

    async def _decline(self, attempt: Attempt) -> None:
        effects = effects_of_decline(self._start, self._progress, attempt, workflow.now())
        self._outbox.add(*effects)
        await self._report(InvoiceOutcome.DECLINED, attempt.decline_code or "declined")

    async def _close_unpaid(self) -> None:
        """Undo the effects of the issue: nothing is owed any more."""
        progress = self._progress
        reason = progress.stop_reason or "collection_window_over"
        progress.state = InvoiceState.VOID
        await self._outbox.withdraw(asks_for_payment)
        self._outbox.add(*effects_of_void(self._start, progress, reason, workflow.now()))
        await self._report(InvoiceOutcome.CLOSED_UNPAID, reason)

    async def _report(self, outcome: InvoiceOutcome, reason: str) -> None:
        """Report the outcome to the subscription, once per change; a closed subscription needs no report."""
        if self._progress.reported is outcome:
            return
        document = self._progress.document
        await signal_workflow(
            subscription_workflow_id(document.subscription_id),
            messages.INVOICE_CHANGED,
            InvoiceChanged(
                invoice_id=document.invoice_id, outcome=outcome, reason=reason, at=workflow.now()
            ),
        )
        self._progress.reported = outcome

    def _note_provider_invoice(self, provider_invoice: ProviderInvoice) -> None:
        self._progress.provider_invoice = provider_invoice
        self._progress.read_at = workflow.now()

    @override
    def _show(self, waits_for: str | None, next_due: datetime | None) -> None:
        show_invoice(
            self._operator_view,
            self._start,
            self._progress,
            waits_for=waits_for,
            next_due=next_due,
            attention=self._attention(),
            effects=self._outbox.waiting,
        )
