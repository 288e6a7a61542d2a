"""How route functions get their services, and how their errors are documented."""

from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import Depends, Path, Request, Security
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from starlette.exceptions import HTTPException
from starlette.responses import Response
from typing_extensions import override

from domain.failures import UnknownEntityError
from perennial.ids import is_entity_id
from perennial.problems import Problem
from perennial.strict_json import JsonError, read_json
from starters.api.problems import MEDIA_TYPE
from starters.use_cases.services import Services

_PROBLEMS: Final = {
    400: "The request cannot be read",
    401: "No valid API key",
    404: "Unknown",
    409: "Conflicts with what is there already",
    413: "The body is too large",
    415: "The body is compressed or not JSON",
    422: "Something in the input is not allowed",
    503: "Temporal or the database is down; try the same again",
}

SHOWN_SCHEME: Final = Security(
    HTTPBearer(auto_error=False, description="An API key. Checked before routing.")
)


class _StrictRequest(Request):
    @override
    async def json(self) -> Any:
        try:
            return read_json(await self.body())
        except JsonError as error:
            # FastAPI passes this exception on unchanged; with another one the reason would be lost.
            raise HTTPException(HTTPStatus.BAD_REQUEST, f"the body: {error}") from None


class StrictRoute(APIRoute):
    """A route whose body is read strictly, see `perennial.strict_json`."""

    @override
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_strictly(request: Request) -> Response:
            return await handle(_StrictRequest(request.scope, request.receive))

        return handle_strictly


def services_of(request: Request) -> Services:
    """Return what the app was built from."""
    services: Services = request.app.state.services
    return services


def _known_shape(entity_id: str) -> str:
    # Text that cannot be an id reaches neither the database nor Temporal.
    if not is_entity_id(entity_id):
        raise UnknownEntityError("no such id can exist")
    return entity_id


def _subscription(subscription_id: Annotated[str, Path(examples=["sub-order-1001"])]) -> str:
    return _known_shape(subscription_id)


def _order(order_id: Annotated[str, Path(examples=["order-1001"])]) -> str:
    return _known_shape(order_id)


def _invoice(invoice_id: Annotated[str, Path(examples=["sub-order-1001-0001"])]) -> str:
    return _known_shape(invoice_id)


AppServices = Annotated[Services, Depends(services_of)]
SubscriptionId = Annotated[str, Depends(_subscription)]
OrderId = Annotated[str, Depends(_order)]
InvoiceId = Annotated[str, Depends(_invoice)]


def problems(*statuses: int) -> dict[int | str, dict[str, object]]:
    """Return the OpenAPI entries of these error statuses."""
    schema = {"$ref": f"#/components/schemas/{Problem.__name__}"}
    return {
        status: {
            "description": _PROBLEMS[status],
            "content": {MEDIA_TYPE: {"schema": schema}},
        }
        for status in statuses
    }
