"""`/v1/orders`: selling."""

from typing import Annotated

from fastapi import APIRouter, Body, Header, Request
from starlette.responses import Response

from domain.failures import UnknownEntityError
from perennial.orders import Order, OrderView, SaleView
from starters.api.idempotency import answer_once
from starters.api.routing import AppServices, OrderId, StrictRoute, problems
from starters.use_cases.orders import order_of
from starters.use_cases.views import order_view

ROUTER = APIRouter(prefix="/v1/orders", tags=["orders"], route_class=StrictRoute)

EXAMPLE = {
    "order_id": "order-1001",
    "account": {
        "account_id": "acme",
        "name": "Acme Ltd",
        "email": "billing@acme.example",
        "country": "US",
        "zone": "America/New_York",
    },
    "plan": "team",
    "quantity": 5,
    "interval": {"unit": "month", "count": 1},
    "currency": "USD",
    "payment": {"kind": "card", "payment_method": "pm_card_visa"},
}


@ROUTER.post(
    "",
    status_code=202,
    response_model=SaleView,
    responses=problems(400, 401, 409, 413, 415, 422, 503),
    summary="Sell",
)
async def sell(
    request: Request,
    order: Annotated[Order, Body(openapi_examples={"card": {"value": EXAMPLE}})],
    services: AppServices,
    idempotency_key: Annotated[
        str | None, Header(description="Optional here: the order id does the same.")
    ] = None,
) -> Response:
    """Take the order in and answer with the subscription that it creates, before anything is charged.

    The same order id with the same content gets the same answer and is done once, for ever; with
    other content it is refused with 409.
    """
    del idempotency_key  # documented here, read from the request
    # Before the key is claimed: what cannot be sold is refused also while the database is down.
    accepted = order_of(order)

    async def work() -> SaleView:
        return await services.sales.sell(accepted)

    return await answer_once(request, services.idempotency, work, status=202)


@ROUTER.get("/{order_id}", responses=problems(401, 404, 503), summary="Show an order")
async def show_order(order_id: OrderId, services: AppServices) -> OrderView:
    """Return the order as it was submitted, and what became of the sale.

    Raises:
        UnknownEntityError: There is no such order.
    """
    order = await services.orders.find_order(order_id)
    if order is None:
        raise UnknownEntityError("there is no such order")
    return order_view(order, await services.read_model.find_sale(order_id))
