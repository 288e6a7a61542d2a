"""Starts of workflows that outlive their starter; they are not started as abandoned child workflows."""

from dataclasses import dataclass

from temporalio import activity

from activities.messages import InvoiceInput, SubscriptionInput
from activities.ports import WorkflowStarter


@dataclass(frozen=True, kw_only=True, slots=True)
class StartActivities:
    """Starts workflows; one that already runs or ran is not started again."""

    starter: WorkflowStarter

    @activity.defn
    async def start_subscription(self, start: SubscriptionInput) -> None:
        """Make sure that the subscription's workflow has been started."""
        await self.starter.start_subscription(start)

    @activity.defn
    async def start_invoice(self, start: InvoiceInput) -> None:
        """Make sure that the invoice's workflow has been started."""
        await self.starter.start_invoice(start)
