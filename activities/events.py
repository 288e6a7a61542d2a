"""Our own tables: business events, the read model and the number register."""

from dataclasses import dataclass

from temporalio import activity

from activities.messages import TakeNumber
from activities.ports import InvoiceRegister, Recorder
from domain.effects.events import BusinessEvent
from domain.invoicing.invoices import InvoiceNumber


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordActivities:
    """Records what happened, once, and issues legal numbers."""

    recorder: Recorder
    register: InvoiceRegister

    @activity.defn
    async def record_events(self, events: tuple[BusinessEvent, ...]) -> None:
        """Append the events and move the read model, in one transaction."""
        await self.recorder.record(events)

    @activity.defn
    async def take_number(self, request: TakeNumber) -> InvoiceNumber:
        """Return the invoice's legal number: the next of its series, or the one it already has."""
        return await self.register.take_number(
            request.draft,
            series=request.series,
            zone=request.zone,
            days_until_due=request.days_until_due,
        )
