"""Legal numbers of invoices, from the register in our own tables."""

from dataclasses import dataclass

from temporalio import activity

from activities.messages import TakeNumber
from activities.ports import InvoiceRegister
from domain.invoicing.invoices import InvoiceNumber


@dataclass(frozen=True, kw_only=True, slots=True)
class NumberActivities:
    """Issues legal numbers, one per invoice."""

    register: InvoiceRegister

    @activity.defn
    async def take_number(self, request: TakeNumber) -> InvoiceNumber:
        """Return the invoice's legal number: the next of its series, or the one it already has."""
        return await self.register.take_number(
            request.draft,
            series=request.series,
            days_until_due=request.days_until_due,
        )
