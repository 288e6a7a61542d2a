"""The signals that an invoice receives. Handlers only note them; the main loop acts on them."""

from collections.abc import Callable
from typing import Final

from temporalio import workflow
from typing_extensions import override

with workflow.unsafe.imports_passed_through():
    from domain.effects.events import EventType
    from workflows.contract import messages
    from workflows.contract.messages import ProviderEventReceived
    from workflows.entity.entity import BY_AN_OPERATOR, Entity
    from workflows.invoice.effects import record
    from workflows.invoice.state import InvoiceProgress

REMEMBERED_EVENTS: Final = 100
"""Number of provider events remembered by id; a forgotten one does no harm, it only causes another read."""


class InvoiceRequests(Entity):
    """The signal handlers of an invoice.

    Args:
        progress: The carried state; changed in place.
    """

    def __init__(self, progress: InvoiceProgress) -> None:
        self._progress = progress
        self._start = progress.start
        self._is_charging = False
        super().__init__(progress.outbox)

    @workflow.signal(name=messages.PROVIDER_EVENT)
    def provider_event(self, event: ProviderEventReceived) -> None:
        """Note that the provider invoice may have changed; the event is not trusted, so it is read again."""
        handled = self._progress.handled_events
        if event.event_id in handled:
            return
        handled.append(event.event_id)
        del handled[:-REMEMBERED_EVENTS]
        self._progress.is_reread_wanted = True

    @workflow.signal(name=messages.PAYMENT_METHOD_CHANGED)
    def payment_method_changed(self, payment_method: str) -> None:
        """Use this payment method from now on; an open invoice is charged at once, also with the same one."""
        progress = self._progress
        progress.payment_method = payment_method
        progress.methods_given += 1
        # A charge that is under way started before this signal.
        progress.method_given_after = len(progress.attempts) + self._is_charging

    @workflow.signal(name=messages.STOP_COLLECTION)
    def stop(self, reason: str) -> None:
        """Stop collecting; a payment that arrived before still counts."""
        self._progress.stop_reason = reason

    @override
    def _stop_by_operator(self) -> None:
        self._progress.stop_reason = self._progress.stop_reason or BY_AN_OPERATOR

    def _is_stopped(self) -> bool:
        return self._progress.stop_reason is not None

    def _is_moved(self) -> Callable[[], bool]:
        """Return a test of whether a message has arrived that changes the next step."""
        progress = self._progress
        before = (progress.methods_given, progress.stop_reason)
        return lambda: (
            progress.is_reread_wanted or (progress.methods_given, progress.stop_reason) != before
        )

    @override
    def _record_attention(self, summary: str) -> None:
        event, now = EventType.ATTENTION_NEEDED, workflow.now()
        self._outbox.add(record(self._start, self._progress, event, at=now, summary=summary))
