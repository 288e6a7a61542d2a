"""Requests to a subscription: one route for each form in `perennial.requests.REQUESTS`."""

from typing import Annotated

from fastapi import APIRouter, Header, Request
from starlette.responses import Response

from perennial.requests import REQUESTS, RequestForm, RequestView
from starters.api.idempotency import answer_once, fingerprint_of, require_key
from starters.api.routing import AppServices, StrictRoute, SubscriptionId, problems
from starters.use_cases.subscription_requests import message_of
from starters.use_cases.views import request_view

ROUTER = APIRouter(
    prefix="/v1/subscriptions/{subscription_id}", tags=["subscriptions"], route_class=StrictRoute
)

RequiredKey = Annotated[
    str | None, Header(description="Required: new text, such as a UUID, for each request.")
]


def _add_route(form_type: type[RequestForm]) -> None:
    """Serve requests of this form under the path that the form names."""

    async def submit(
        request: Request,
        subscription_id: SubscriptionId,
        form: RequestForm,
        services: AppServices,
        idempotency_key: RequiredKey = None,
    ) -> Response:
        del idempotency_key  # documented here, read from the request
        message = message_of(form, request_id=await _request_id(request))

        async def work() -> RequestView:
            return request_view(await services.requests.submit(subscription_id, message))

        return await answer_once(request, services.idempotency, work, status=202)

    # FastAPI reads the type of the body from here, and a type checker cannot know it.
    submit.__annotations__["form"] = form_type
    ROUTER.add_api_route(
        f"/{form_type.path}",
        submit,
        methods=["POST"],
        name=form_type.kind,
        status_code=202,
        response_model=RequestView,
        responses=problems(400, 401, 404, 409, 413, 415, 422, 503),
        summary=form_type.summary,
        description=form_type.__doc__,
    )


for _form_type in REQUESTS:
    _add_route(_form_type)


async def _request_id(request: Request) -> str:
    # The subscription remembers request ids for longer than answers are kept, and of all callers: the
    # fingerprint keeps two different requests apart that happen to share a key.
    fingerprint = await fingerprint_of(request)
    return f"{require_key(request)}/{request.state.caller[:8]}{fingerprint[:8]}"
