"""`/v1/subscriptions`: reading subscriptions."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query

from domain.effects.events import SubscriptionRow
from domain.failures import UnknownEntityError
from domain.subscription import states
from perennial.enums import SubscriptionState
from perennial.forms import BusinessId, EntityId
from perennial.subscriptions import (
    EventPage,
    GrantPage,
    InvoicePage,
    SubscriptionPage,
    SubscriptionView,
)
from starters.api.routing import AppServices, StrictRoute, SubscriptionId, problems
from starters.use_cases.read_subscription import find_subscription, read_access
from starters.use_cases.services import Services
from starters.use_cases.views import (
    MOST_NESTED,
    event_view,
    grant_view,
    invoice_view,
    subscription_summary,
    subscription_view,
)

ROUTER = APIRouter(prefix="/v1/subscriptions", tags=["subscriptions"], route_class=StrictRoute)

Limit = Annotated[int, Query(ge=1, le=200, description="How many at most.")]
After = Annotated[EntityId | None, Query(description="`next_after` of the page before.")]


@ROUTER.get("", responses=problems(401, 422, 503), summary="List subscriptions")
async def list_subscriptions(
    services: AppServices,
    account_id: Annotated[BusinessId | None, Query(description="Only of this account.")] = None,
    state: Annotated[SubscriptionState | None, Query(description="Only in this state.")] = None,
    limit: Limit = 50,
    after: After = None,
) -> SubscriptionPage:
    """Return subscriptions in ascending order of their ids, a page at a time."""
    rows = await services.read_model.subscriptions(
        account_id=account_id,
        state=None if state is None else states.SubscriptionState(state),
        limit=limit,
        after=after,
    )
    return SubscriptionPage(
        subscriptions=[subscription_summary(row) for row in rows],
        next_after=_last_of_full([row.subscription_id for row in rows], limit),
    )


@ROUTER.get("/{subscription_id}", responses=problems(401, 404, 503), summary="Show a subscription")
async def show_subscription(
    subscription_id: SubscriptionId, services: AppServices
) -> SubscriptionView:
    """Return the subscription, its invoices and grants, and the account's access right now."""
    row = await _found(subscription_id, services)
    access = await read_access(row.account_id, services.access)
    return subscription_view(
        row,
        # One more than is shown tells whether there are earlier ones.
        invoices=await services.read_model.newest_invoices_of(subscription_id, MOST_NESTED + 1),
        grants=await services.read_model.newest_grants_of(subscription_id, MOST_NESTED + 1),
        access=access,
    )


@ROUTER.get(
    "/{subscription_id}/invoices", responses=problems(401, 404, 422, 503), summary="List invoices"
)
async def list_invoices(
    subscription_id: SubscriptionId,
    services: AppServices,
    limit: Limit = 50,
    after: After = None,
) -> InvoicePage:
    """Return the invoices of the subscription, oldest first, a page at a time."""
    await _found(subscription_id, services)
    rows = await services.read_model.invoices_of(subscription_id, limit=limit, after=after)
    return InvoicePage(
        invoices=[invoice_view(row) for row in rows],
        next_after=_last_of_full([row.invoice_id for row in rows], limit),
    )


@ROUTER.get(
    "/{subscription_id}/grants", responses=problems(401, 404, 422, 503), summary="List grants"
)
async def list_grants(
    subscription_id: SubscriptionId,
    services: AppServices,
    limit: Limit = 50,
    after: After = None,
) -> GrantPage:
    """Return what the paid invoices of the subscription unlocked, earliest start first, a page at a time."""
    await _found(subscription_id, services)
    grants = await services.read_model.grants_of(subscription_id, limit=limit, after=after)
    return GrantPage(
        grants=[grant_view(grant) for grant in grants],
        next_after=_last_of_full([grant.grant_id for grant in grants], limit),
    )


@ROUTER.get(
    "/{subscription_id}/events", responses=problems(401, 404, 422, 503), summary="What happened"
)
async def list_events(
    subscription_id: SubscriptionId,
    services: AppServices,
    limit: Limit = 100,
    after: Annotated[
        str | None,
        Query(pattern=r"^[A-Za-z0-9_./-]{1,250}$", description="`next_after` of the page before."),
    ] = None,
) -> EventPage:
    """Return what happened to the subscription, its sale and its invoices, oldest first."""
    await _found(subscription_id, services)
    events = await services.read_model.events_of(subscription_id, after=after, limit=limit)
    return EventPage(
        events=[event_view(event) for event in events],
        next_after=_last_of_full([event.event_id for event in events], limit),
    )


def _last_of_full(ids: Sequence[str], limit: int) -> str | None:
    """Return the id after which the next page begins, or None after the last page."""
    return ids[-1] if len(ids) == limit else None


async def _found(subscription_id: str, services: Services) -> SubscriptionRow:
    row = await find_subscription(
        subscription_id, read_model=services.read_model, orders=services.orders
    )
    if row is None:
        raise UnknownEntityError("there is no such subscription")
    return row
