"""Accounts, opportunities and tasks in the CRM."""

from dataclasses import dataclass

from temporalio import activity

from activities.ports import Crm, Orders
from activities.profiles import read_profile
from domain.effects.outbox import AddCrmTask, LoseOpportunity, WinOpportunity


@dataclass(frozen=True, kw_only=True, slots=True)
class CrmActivities:
    """Changes in the CRM, one per activity, keyed by our external ids."""

    crm: Crm
    orders: Orders

    @activity.defn
    async def win_opportunity(self, effect: WinOpportunity) -> None:
        """Make sure that the account exists and its opportunity is won."""
        profile = await read_profile(self.orders, effect.account_id)
        await self.crm.win_opportunity(profile, effect)

    @activity.defn
    async def lose_opportunity(self, effect: LoseOpportunity) -> None:
        """Make sure that the opportunity is lost."""
        await self.crm.lose_opportunity(effect)

    @activity.defn
    async def add_crm_task(self, effect: AddCrmTask) -> None:
        """Make sure that the task exists, once."""
        await self.crm.add_task(effect)
