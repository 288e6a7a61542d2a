"""What a payment unlocks, and what a subscription suspends."""

from dataclasses import dataclass

from temporalio import activity

from activities.ports import EntitlementService
from domain.entitlements.grants import Grant
from domain.entitlements.holds import Hold


@dataclass(frozen=True, kw_only=True, slots=True)
class GrantActivities:
    """Writes grants and holds; both are versioned and idempotent."""

    entitlements: EntitlementService

    @activity.defn
    async def put_grant(self, grant: Grant) -> None:
        """Make sure that the grant is stored, at this version or a higher one."""
        await self.entitlements.put_grant(grant)

    @activity.defn
    async def put_hold(self, hold: Hold) -> None:
        """Make sure that the hold is stored, at this version or a higher one."""
        await self.entitlements.put_hold(hold)
