"""The invoice workflow: it issues and collects an invoice and unlocks what the invoice pays for.

The unlock path is number, provider invoice, charge (or transfer), grant. It does not wait for the ERP,
the CRM, emails or the record of events. The outbox runs these whenever the path has nothing left to do.
"""

from collections.abc import Callable
from typing import NoReturn

from temporalio import workflow
from typing_extensions import override

with workflow.unsafe.imports_passed_through():
    from activities.messages import InvoiceInput
    from domain.collection import next_step as collection
    from domain.collection.next_step import Attempt
    from domain.collection.provider_invoice import ProviderInvoiceStatus
    from domain.effects.events import EventType
    from domain.ids import subscription_workflow_id
    from domain.invoicing import steps
    from domain.invoicing.invoices import issue
    from domain.invoicing.transitions import InvoiceEvent
    from workflows import activity_calls
    from workflows.contract import messages
    from workflows.contract.messages import (
        InvoiceChanged,
        InvoiceOutcome,
        InvoiceResult,
        ProviderEventReceived,
    )
    from workflows.entity.entity import BY_AN_OPERATOR, Entity
    from workflows.entity.signalling import signal_workflow
    from workflows.entity.steps import StepInterruptedError, StepRefusedError, is_history_long
    from workflows.invoice.effects import (
        asks_for_payment,
        effects_of_decline,
        effects_of_issue,
        effects_of_payment,
        effects_of_void,
    )
    from workflows.invoice.state import InvoiceProgress
    from workflows.invoice.web_ui import page_of_invoice


@workflow.defn(name=messages.INVOICE)
class Invoice(Entity):
    """One invoice from draft to paid or void."""

    @workflow.init
    def __init__(self, given: InvoiceInput | InvoiceProgress) -> None:
        invoice = given if isinstance(given, InvoiceProgress) else InvoiceProgress.begin(given)
        self._invoice = invoice
        self._is_charging = False
        super().__init__(invoice, lambda: page_of_invoice(invoice))

    @workflow.run
    async def run(
        self,
        given: InvoiceInput | InvoiceProgress,  # noqa: ARG002 - taken by __init__, as Temporal hands it to both
    ) -> InvoiceResult:
        """Return how the invoice ended."""
        return await self._run.survive(self._live(), on_cancel=self._stop_by_operator)

    @workflow.signal(name=messages.PROVIDER_EVENT)
    def provider_event(self, event: ProviderEventReceived) -> None:
        """Note that the provider invoice may have changed; the event is not trusted, so it is read again."""
        self._invoice.note_provider_event(event.event_id)

    @workflow.signal(name=messages.PAYMENT_METHOD_CHANGED)
    def payment_method_changed(self, payment_method: str) -> None:
        """Use this payment method from now on; an open invoice is charged at once, also with the same one."""
        self._invoice.note_payment_method(payment_method, is_charging=self._is_charging)

    @workflow.signal(name=messages.STOP_COLLECTION)
    def stop(self, reason: str) -> None:
        """Stop collecting; a payment that arrived before still counts."""
        self._invoice.stop_reason = reason

    @override
    def _stop_by_operator(self) -> None:
        self._invoice.stop_reason = self._invoice.stop_reason or BY_AN_OPERATOR

    async def _live(self) -> InvoiceResult:  # noqa: C901, PLR0912, PLR0915 - one match
        """Do one step after the other until the invoice is closed."""
        invoice = self._invoice
        while True:
            facts = invoice.facts(is_history_long=is_history_long())
            step = steps.next_step(facts, invoice.start.policy, workflow.now())
            # Taken before the step, so that a message that arrives during a refused step ends the wait after it.
            is_moved = invoice.watch()
            try:
                match step:
                    case steps.TakeNumber():
                        await self._take_number()
                    case steps.OpenProviderInvoice():
                        await self._open_provider_invoice()
                    case steps.CloseUnopened() | collection.Closed():
                        await self._close_unpaid()
                    case collection.Unlock():
                        await self._unlock()
                    case collection.Question():
                        self._question_payment()
                    case collection.Reread():
                        await self._reread(step.reason)
                    case collection.Charge():
                        await self._charge(step)
                    case collection.FallBehind():
                        await self._report(InvoiceOutcome.OVERDUE, "the payment term is over")
                    case collection.Stop():
                        await self._void(step.reason)
                    case collection.Wait():
                        await self._wait(step)
                    case steps.NextRun():
                        await self._run.roll()
                    case steps.Finish():
                        return await self._finish()
            except StepInterruptedError:
                # The step may have had its effect, so the provider invoice is read before anything else.
                invoice.is_reread_wanted = True
            except StepRefusedError as refusal:
                await self._await_operator(str(refusal), is_moved)

    async def _await_operator(self, refused: str, is_moved: Callable[[], bool]) -> None:
        """Wait for an operator, a message or the next poll; then read the provider invoice again."""
        invoice = self._invoice
        if invoice.provider_invoice is None:
            # There is nothing to read yet, and an earlier request to read must not end the wait.
            invoice.is_reread_wanted = False
        poll_at = workflow.now() + invoice.start.policy.reread_every
        await self._runner.await_operator(refused, is_moved=is_moved, until=poll_at)
        invoice.is_reread_wanted = True

    async def _take_number(self) -> None:
        """Take the legal number. A stop does not interrupt this: a number that was taken belongs to this invoice.

        Raises:
            StepRefusedError: Our own register refused permanently.
        """
        invoice = self._invoice
        number = await self._runner.insist(lambda: activity_calls.take_number(invoice.start))
        # From here on the document is immutable.
        invoice.document = issue(invoice.start.draft, number)

    async def _open_provider_invoice(self) -> None:
        """Open the provider invoice; from then on the customer can pay.

        Raises:
            StepRefusedError: The provider refused permanently.
        """
        invoice = self._invoice
        # A stop does not interrupt this: after the first try, the customer may be able to pay.
        invoice.is_opening = True
        try:
            opened = await self._runner.insist(
                lambda: activity_calls.open_provider_invoice(invoice.start, invoice.document)
            )
        except StepRefusedError:
            invoice.is_opening = False
            raise
        now, document = workflow.now(), invoice.document
        invoice.note_opened(opened, now)
        issued = f"{document.number} over {document.total} issued"
        invoice.record(EventType.INVOICE_ISSUED, issued, at=now)
        self._outbox.add(*effects_of_issue(invoice))

    async def _wait(self, step: collection.Wait) -> None:
        await self._runner.wait(
            self._invoice.watch(), reason=step.reason, until=step.until, due=step.due
        )

    async def _unlock(self) -> None:
        """Unlock before any other effect: the activity that learned of the payment has done it, or we do."""
        invoice = self._invoice
        if not invoice.is_granted:
            await self._runner.until_accepted(
                "put the grant",
                lambda: activity_calls.put_grant(
                    invoice.start.grant, f"unlock {invoice.start.plan}"
                ),
            )
        now, paid = workflow.now(), invoice.opened.amount_paid
        invoice.note_unlocked(now)
        await self._report(InvoiceOutcome.PAID, "paid")
        await self._outbox.withdraw(asks_for_payment)
        invoice.record(
            EventType.INVOICE_PAID, f"{paid} paid, {invoice.start.plan} unlocked", at=now
        )
        self._outbox.add(*effects_of_payment(invoice, now))

    def _question_payment(self) -> NoReturn:
        """Ask a person: the provider calls something paid that is not what we asked for.

        Raises:
            StepRefusedError: Always; after an operator resumes, the provider invoice is read again.
        """
        opened, document = self._invoice.opened, self._invoice.document
        raise StepRefusedError(
            f"the provider calls {opened.provider_invoice_id} paid, which is {opened.amount_due} for "
            f"{opened.invoice_id}; the document is {document.total} for {document.invoice_id}"
        )

    async def _void(self, reason: str) -> None:
        """Void the provider invoice; if a part of it is paid, an operator decides first.

        Raises:
            StepRefusedError: It is not void and can still be paid.
        """
        opened, resumes = self._invoice.opened, self._runner.resumes
        if not opened.amount_paid.is_zero:
            await self._await_operator(
                f"{opened.amount_paid} of {opened.amount_due} is paid: refund or credit it, then resume",
                self._invoice.watch(),
            )
            if self._runner.resumes == resumes:
                return
        seen = await self._runner.insist(
            lambda: activity_calls.void_provider_invoice(opened, reason)
        )
        # A payment may have come first: then the void has changed nothing, and the next step unlocks.
        self._invoice.note_seen(seen, workflow.now())
        if seen.status not in {ProviderInvoiceStatus.PAID, ProviderInvoiceStatus.VOID}:
            raise StepRefusedError(f"cannot void the provider invoice: it is {seen.status}")

    async def _reread(self, reason: str) -> None:
        invoice, before = self._invoice, self._invoice.opened
        # Reset before the read: a change that is reported during the read is a reason to read again.
        invoice.is_reread_wanted = False
        seen = await self._runner.insist(
            lambda: activity_calls.read_provider_invoice(before, invoice.escrow, reason)
        )
        invoice.note_payment_seen(seen, workflow.now())
        failed = invoice.fail_pending_charge(before)
        if failed is not None:
            await self._decline(failed)

    async def _charge(self, charge: collection.Charge) -> None:
        """Charge as one business attempt; a decline is a result, which the next step reads.

        Raises:
            StepInterruptedError: It was withdrawn because of a stop or another payment method.
            StepRefusedError: The provider refused the request itself.
        """
        invoice, begun_at = self._invoice, workflow.now()
        given, self._is_charging = invoice.methods_given, True
        try:
            result = await self._runner.attempt(
                lambda: activity_calls.charge(invoice.opened, invoice.escrow, charge),
                # A stop or another method that arrives during a try does not undo it: its result counts.
                is_interrupted=lambda: (
                    invoice.stop_reason is not None or invoice.methods_given != given
                ),
            )
        except (StepInterruptedError, StepRefusedError):
            invoice.note_withdrawn(charge, begun_at)
            raise
        finally:
            self._is_charging = False
        attempt = invoice.note_charged(charge, result, workflow.now())
        if attempt.decline_code is not None:
            await self._decline(attempt)

    async def _decline(self, attempt: Attempt) -> None:
        declined = f"attempt {attempt.number}: {attempt.decline_code} ({attempt.decline_class})"
        self._invoice.record(EventType.PAYMENT_DECLINED, declined, at=workflow.now())
        self._outbox.add(*effects_of_decline(self._invoice, attempt))
        await self._report(InvoiceOutcome.DECLINED, attempt.decline_code or "declined")

    async def _close_unpaid(self) -> None:
        """Undo the effects of the issue: nothing is owed any more."""
        invoice = self._invoice
        reason = invoice.stop_reason or "collection_window_over"
        invoice.move(InvoiceEvent.CLOSED_UNPAID)
        await self._outbox.withdraw(asks_for_payment)
        invoice.record(EventType.INVOICE_VOIDED, reason, at=workflow.now())
        self._outbox.add(*effects_of_void(invoice, reason))
        await self._report(InvoiceOutcome.CLOSED_UNPAID, reason)

    async def _report(self, outcome: InvoiceOutcome, reason: str) -> None:
        """Report the outcome to the subscription, once per change; a closed subscription needs no report."""
        invoice, document = self._invoice, self._invoice.document
        if invoice.reported is outcome:
            return
        await signal_workflow(
            subscription_workflow_id(document.subscription_id),
            messages.INVOICE_CHANGED,
            InvoiceChanged(
                invoice_id=document.invoice_id, outcome=outcome, reason=reason, at=workflow.now()
            ),
        )
        invoice.reported = outcome

    async def _finish(self) -> InvoiceResult:
        await self._run.finish()
        return InvoiceResult(
            invoice_id=self._invoice.document.invoice_id, state=self._invoice.state
        )
