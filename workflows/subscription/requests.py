"""The signals and updates of a subscription. Handlers check and note them; the main loop acts on them."""

from temporalio import workflow
from temporalio.exceptions import ApplicationError
from typing_extensions import override

with workflow.unsafe.imports_passed_through():
    from domain.effects.events import EventType
    from domain.subscription.states import FINAL_STATES
    from workflows.contract import messages
    from workflows.contract.messages import (
        CancelSubscription,
        ChangePaymentMethod,
        InvoiceChanged,
        RequestAccepted,
    )
    from workflows.entity.entity import BY_AN_OPERATOR, Entity
    from workflows.subscription.effects import record
    from workflows.subscription.state import (
        SubscriptionProgress,
        content_of,
        end_now,
        take_cancellation,
    )


class SubscriptionRequests(Entity):
    """The signal and update handlers of a subscription.

    Args:
        progress: The carried state; changed in place.
    """

    def __init__(self, progress: SubscriptionProgress) -> None:
        self._progress = progress
        self._start = progress.start
        super().__init__(progress.outbox)

    @workflow.signal(name=messages.INVOICE_CHANGED)
    def invoice_changed(self, change: InvoiceChanged) -> None:
        """Put the outcome of an invoice into the inbox."""
        self._progress.inbox.append(change)

    @workflow.update(name=messages.CHANGE_PAYMENT_METHOD)
    def change_payment_method(self, request: ChangePaymentMethod) -> RequestAccepted:
        """Put the request into the inbox; the same request id is accepted once."""
        if not self._progress.is_handled(request.request_id):
            self._progress.remember(request.request_id, content_of(request))
            self._progress.inbox.append(request)
        return RequestAccepted(
            request_id=request.request_id, subscription_id=self._start.subscription_id
        )

    @change_payment_method.validator
    def _validate_change(self, request: ChangePaymentMethod) -> None:
        self._refuse_if_impossible(request)

    @workflow.update(name=messages.CANCEL_SUBSCRIPTION)
    def cancel(self, request: CancelSubscription) -> RequestAccepted:
        """Set when the subscription ends; the same request id is accepted once."""
        progress = self._progress
        if not progress.is_handled(request.request_id):
            progress.remember(request.request_id, content_of(request))
            if take_cancellation(request, progress, workflow.now()):
                self._record(
                    EventType.CANCELLATION_REQUESTED, f"ends {progress.cancel_at:%Y-%m-%d}"
                )
        return RequestAccepted(
            request_id=request.request_id,
            subscription_id=self._start.subscription_id,
            ends_at=progress.cancel_at,
        )

    @cancel.validator
    def _validate_cancel(self, request: CancelSubscription) -> None:
        self._refuse_if_impossible(request)

    def _refuse_if_impossible(self, request: ChangePaymentMethod | CancelSubscription) -> None:
        """Check that the request can be accepted; a refused one leaves no event in the history.

        Raises:
            ApplicationError: This run is ending, the id was used for another request, or the subscription
                has ended.
        """
        self._refuse_while_draining()
        request_id, content = request.request_id, content_of(request)
        known = self._progress.handled_requests.get(request_id)
        if known is not None and known != content:
            raise ApplicationError(
                f"request {request_id} was: {known}; now it is: {content}",
                type=messages.REFUSED_ERROR,
            )
        if known is None and self._progress.state in FINAL_STATES:
            raise ApplicationError(
                f"the subscription is {self._progress.state}", type=messages.REFUSED_ERROR
            )

    @workflow.signal(name=messages.END_SUBSCRIPTION)
    def end(self, reason: str) -> None:
        """End at once; the sale sends this when an operator cancels it."""
        end_now(self._progress, reason, workflow.now())

    @override
    def _stop_by_operator(self) -> None:
        end_now(self._progress, BY_AN_OPERATOR, workflow.now())

    def _record(self, event_type: EventType, summary: str) -> None:
        now = workflow.now()
        self._outbox.add(record(self._start, self._progress, event_type, at=now, summary=summary))

    @override
    def _record_attention(self, summary: str) -> None:
        self._record(EventType.ATTENTION_NEEDED, summary)
