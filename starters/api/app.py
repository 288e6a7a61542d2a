"""The HTTP API as one application, built from what it needs."""

from typing import Any, Final

from fastapi import Depends, FastAPI
from typing_extensions import override

from perennial.problems import Problem
from starters.api import (
    health,
    invoices,
    orders,
    preview,
    problems,
    reference,
    requests,
    subscriptions,
    webhooks,
)
from starters.api.middleware import ApiKeyCheck, BodyKind, BodyLimit, BugBarrier
from starters.api.routing import SHOWN_SCHEME
from starters.use_cases.services import Services

VERSION: Final = "1.0.0"
DESCRIPTION: Final = """
Sell subscriptions and follow them. Every error is a problem document (RFC 9457).

An order is safe once it is answered with 202, whatever happens to this API afterwards. The same order
again gets the same answer. Requests to a subscription carry an `Idempotency-Key`, so that sending them
again after a lost answer does nothing twice.
"""


class _Api(FastAPI):
    @override
    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            schema = super().openapi()
            # No route returns the model, so it would be left out.
            model = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            components = schema["components"]["schemas"]
            components.update(model.pop("$defs", {}))
            components[Problem.__name__] = model
        return super().openapi()


def build_app(services: Services) -> FastAPI:
    """Return the application, ready to serve."""
    app = _Api(
        title="Perennial",
        version=VERSION,
        description=DESCRIPTION,
        # Their pages load scripts from elsewhere; ours works without a network.
        docs_url=None,
        redoc_url=None,
        # A redirect would lose the body of a POST.
        redirect_slashes=False,
    )
    app.state.services = services
    secured = [Depends(_scheme_for_documentation)]
    app.include_router(orders.ROUTER, dependencies=secured)
    app.include_router(subscriptions.ROUTER, dependencies=secured)
    app.include_router(requests.ROUTER, dependencies=secured)
    app.include_router(invoices.ROUTER, dependencies=secured)
    app.include_router(preview.ROUTER, dependencies=secured)
    app.include_router(webhooks.ROUTER)
    app.include_router(health.ROUTER)
    app.include_router(reference.ROUTER)
    problems.install(app)
    # The last one added meets a request first.
    app.add_middleware(BugBarrier)
    app.add_middleware(BodyLimit)
    app.add_middleware(BodyKind)
    app.add_middleware(ApiKeyCheck, api_keys=services.api_keys)
    return app


def _scheme_for_documentation(_: object = SHOWN_SCHEME) -> None:
    """Make OpenAPI show the scheme; `ApiKeyCheck` has checked the key long before."""
