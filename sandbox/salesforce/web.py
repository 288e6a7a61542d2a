"""The simulated Salesforce over HTTP: tokens, the REST API, the page and the control endpoints."""

import json
from datetime import timedelta
from typing import Any, cast

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.announcer import Announcer
from sandbox.pages import render
from sandbox.salesforce.composite import run_composite
from sandbox.salesforce.errors import ApiError, NotFoundError
from sandbox.salesforce.objects import EXTERNAL_ID, object_type
from sandbox.salesforce.org import SYSTEM, Change
from sandbox.salesforce.resources import ROOT, Call, Result, perform
from sandbox.salesforce.tokens import Tokens
from sandbox.store import Document
from sandbox.world import World

_SHOWN = 100
_DAILY_LIMIT = 100_000


def build_web(world: World) -> Starlette:
    """Return the app that serves everything below Salesforce's prefix."""
    web = _Salesforce(world)
    return Starlette(
        routes=[
            Route("/", web.page),
            Route("/services/oauth2/token", web.tokens.issue, methods=["POST"]),
            Route(f"{ROOT}/composite", web.composite, methods=["POST"]),
            Route("/services/data/{rest:path}", web.call, methods=["GET", "POST", "PATCH"]),
            Route("/_control/emit", web.announcer.emit, methods=["POST"]),
            Route("/_control/expire_tokens", web.expire_tokens, methods=["POST"]),
            Route("/_control/token_lifetime", web.set_lifetime, methods=["POST"]),
            Route("/_control/duplicate", web.duplicate, methods=["POST"]),
        ]
    )


class _Salesforce:
    def __init__(self, world: World) -> None:
        self._world = world
        self._calls = 0
        self.tokens = Tokens(world)
        settings = world.settings
        self.announcer = Announcer(
            world, SYSTEM, url=settings.crm_event_url, secret=settings.crm_event_secret
        )

    async def call(self, request: Request) -> Response:
        try:
            self._check_token(request)
            change = self._change()
            body = await _json_body(request) if request.method != "GET" else {}
            result = perform(Call(method=request.method, url=_url(request), body=body), change)
            change.commit()
        except ApiError as error:
            result = Result(status=error.status, body=error.body())
        return self._answer(result)

    async def composite(self, request: Request) -> Response:
        try:
            self._check_token(request)
            change = self._change()
            answer = run_composite(await _json_body(request), change)
            change.commit()
            result = Result(status=200, body=answer)
        except ApiError as error:
            result = Result(status=error.status, body=error.body())
        return self._answer(result)

    async def expire_tokens(self, _: Request) -> JSONResponse:
        return JSONResponse({"expired": self.tokens.expire_all()})

    async def set_lifetime(self, request: Request) -> JSONResponse:
        seconds = (await _json_body(request)).get("seconds")
        if not isinstance(seconds, int | float) or seconds <= 0:
            return JSONResponse({"error": "seconds must be above 0"}, status_code=422)
        self.tokens.lifetime = timedelta(seconds=seconds)
        return JSONResponse({"seconds": seconds})

    async def duplicate(self, request: Request) -> JSONResponse:
        """Create a second record with the same external id; the body is `{"object", "external_id"}`."""
        order = await _json_body(request)
        change = self._change()
        kind = object_type(str(order.get("object")))
        found = change.matching(kind, str(order.get("external_id")))
        if not found:
            return JSONResponse({"error": f"no record with that {EXTERNAL_ID}"}, status_code=404)
        twin = change.clone(kind, found[0])
        change.commit()
        return JSONResponse({"id": twin["Id"]}, status_code=201)

    async def page(self, request: Request) -> Response:
        store = self._world.store
        accounts = {record["Id"]: record for record in store.all(SYSTEM, "Account")}
        return render(
            request,
            "salesforce.html",
            names={record_id: record["Name"] for record_id, record in accounts.items()},
            accounts=store.newest(SYSTEM, "Account", _SHOWN),
            opportunities=store.newest(SYSTEM, "Opportunity", _SHOWN),
            tasks=store.newest(SYSTEM, "Task", _SHOWN),
            entries=self._world.journal.newest(SYSTEM, _SHOWN),
        )

    def _change(self) -> Change:
        world = self._world
        return Change(store=world.store, journal=world.journal, at=world.now())

    def _check_token(self, request: Request) -> None:
        if not self.tokens.is_good(request.headers.get("authorization", "")):
            message = "Session expired or invalid"
            raise ApiError("INVALID_SESSION_ID", message, status=401)

    def _answer(self, result: Result) -> Response:
        self._calls += 1
        headers = {"Sforce-Limit-Info": f"api-usage={self._calls}/{_DAILY_LIMIT}"}
        if result.body is None:
            return Response(status_code=result.status, headers=headers)
        return JSONResponse(result.body, status_code=result.status, headers=headers)


def _url(request: Request) -> str:
    # In the raw path, a slash inside an external id stays percent-encoded, unlike one between segments.
    raw = cast("bytes", request.scope.get("raw_path") or request.url.path.encode())
    _, root, below = raw.decode().partition(f"{ROOT}/")
    if not root:
        raise NotFoundError
    return f"/{below.partition('?')[0]}?{request.url.query}"


async def _json_body(request: Request) -> Document:
    try:
        body: Any = json.loads(await request.body())
    except ValueError:
        raise ApiError("JSON_PARSER_ERROR", "the body is not JSON") from None
    if not isinstance(body, dict):
        raise ApiError("JSON_PARSER_ERROR", "the body must be a JSON object")
    return cast("Document", body)
