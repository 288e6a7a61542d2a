"""`/v1/subscriptions`: reading them and asking something of them."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from starlette.responses import Response

from domain.effects.events import SubscriptionRow
from domain.failures import UnknownEntityError
from domain.subscription import states
from perennial.enums import SubscriptionState
from perennial.forms import BusinessId
from perennial.requests import Cancellation, PaymentMethodChange, RequestView
from perennial.subscriptions import EventPage, SubscriptionPage, SubscriptionView
from starters.api.idempotency import answer_once, fingerprint_of, require_key
from starters.api.routing import AppServices, StrictRoute, SubscriptionId, problems
from starters.use_cases.read_subscription import find_subscription, read_access
from starters.use_cases.services import Services
from starters.use_cases.views import (
    event_view,
    request_view,
    subscription_summary,
    subscription_view,
)
from workflows.contract.messages import CancelAt, CancelSubscription, ChangePaymentMethod

ROUTER = APIRouter(prefix="/v1/subscriptions", tags=["subscriptions"], route_class=StrictRoute)

Limit = Annotated[int, Query(ge=1, le=200, description="How many at most.")]
RequiredKey = Annotated[
    str | None, Header(description="Required: new text, such as a UUID, for each request.")
]


@ROUTER.get("", responses=problems(401, 422, 503), summary="List subscriptions")
async def list_subscriptions(
    services: AppServices,
    account_id: Annotated[BusinessId | None, Query(description="Only of this account.")] = None,
    state: Annotated[SubscriptionState | None, Query(description="Only in this state.")] = None,
    limit: Limit = 50,
    after: Annotated[
        BusinessId | None, Query(description="`next_after` of the page before.")
    ] = None,
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
        next_after=rows[-1].subscription_id if len(rows) == limit else None,
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
        invoices=await services.read_model.invoices_of(subscription_id),
        grants=await services.read_model.grants_of(subscription_id),
        access=access,
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
        next_after=events[-1].event_id if len(events) == limit else None,
    )


@ROUTER.post(
    "/{subscription_id}/payment-method",
    status_code=202,
    response_model=RequestView,
    responses=problems(400, 401, 404, 409, 413, 415, 422, 503),
    summary="Change the payment method",
)
async def change_payment_method(
    request: Request,
    subscription_id: SubscriptionId,
    change: PaymentMethodChange,
    services: AppServices,
    idempotency_key: RequiredKey = None,
) -> Response:
    """Hand the new payment method to the subscription; whatever is open is charged to it at once."""
    del idempotency_key  # documented here, read from the request
    message = ChangePaymentMethod(
        request_id=await _request_id(request), payment_method=change.payment_method
    )

    async def work() -> RequestView:
        return request_view(await services.requests.change_payment_method(subscription_id, message))

    return await answer_once(request, services.idempotency, work, status=202)


@ROUTER.post(
    "/{subscription_id}/cancellation",
    status_code=202,
    response_model=RequestView,
    responses=problems(400, 401, 404, 409, 413, 415, 422, 503),
    summary="Cancel",
)
async def cancel(
    request: Request,
    subscription_id: SubscriptionId,
    cancellation: Cancellation,
    services: AppServices,
    idempotency_key: RequiredKey = None,
) -> Response:
    """End the subscription, now or at the end of the paid period."""
    del idempotency_key  # documented here, read from the request
    message = CancelSubscription(
        request_id=await _request_id(request),
        at=CancelAt(cancellation.at),
        reason=cancellation.reason,
    )

    async def work() -> RequestView:
        return request_view(await services.requests.cancel(subscription_id, message))

    return await answer_once(request, services.idempotency, work, status=202)


async def _found(subscription_id: str, services: Services) -> SubscriptionRow:
    row = await find_subscription(
        subscription_id, read_model=services.read_model, orders=services.orders
    )
    if row is None:
        raise UnknownEntityError("there is no such subscription")
    return row


async def _request_id(request: Request) -> str:
    # The subscription remembers request ids for longer than answers are kept, and of all callers: the
    # fingerprint keeps two different requests apart that happen to share a key.
    fingerprint = await fingerprint_of(request)
    return f"{require_key(request)}/{request.state.caller[:8]}{fingerprint[:8]}"
