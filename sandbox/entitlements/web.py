"""The entitlement service over HTTP: grants, holds, access, flags, and its page."""

import hmac
import json
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.entitlements.accounts import SYSTEM, Accounts
from sandbox.entitlements.ofrep import Flags
from sandbox.entitlements.rules import (
    InvalidBodyError,
    Outcome,
    Verdict,
    access,
    is_active_grant,
    is_active_hold,
    parse_grant,
    parse_hold,
)
from sandbox.pages import render
from sandbox.store import Document
from sandbox.world import World

_SHOWN = 100
_Handler = Callable[[Request], Awaitable[Response]]


def build_web(world: World) -> Starlette:
    """Return the app that serves everything below the entitlement service's prefix."""
    web = _Service(world)
    flags = Flags(world, web.accounts)
    locked = web.locked
    account = "/v1/accounts/{account_id}"
    return Starlette(
        routes=[
            Route("/", web.page),
            Route(f"{account}/access", locked(web.access)),
            Route(f"{account}/grants", locked(web.grants)),
            Route(f"{account}/grants/{{grant_id}}", locked(web.put_grant), methods=["PUT"]),
            Route(f"{account}/grants/{{grant_id}}", locked(web.grant)),
            Route(f"{account}/holds", locked(web.holds)),
            Route(f"{account}/holds/{{hold_id}}", locked(web.put_hold), methods=["PUT"]),
            Route(f"{account}/holds/{{hold_id}}", locked(web.hold)),
            Route("/ofrep/v1/evaluate/flags", locked(flags.evaluate_all), methods=["POST"]),
            Route("/ofrep/v1/evaluate/flags/{key}", locked(flags.evaluate), methods=["POST"]),
        ]
    )


def problem(status: int, detail: str) -> Response:
    """Return an error as `application/problem+json` (RFC 9457)."""
    title = HTTPStatus(status).phrase if status in set(HTTPStatus) else "Error"
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return JSONResponse(body, status_code=status, media_type="application/problem+json")


def fault_answer(status: int) -> Response:
    """Return a scripted failure as problem+json."""
    return problem(status, "Scripted fault")


class _Service:
    def __init__(self, world: World) -> None:
        self._world = world
        self.accounts = Accounts(store=world.store, journal=world.journal)

    def locked(self, handler: _Handler) -> _Handler:
        """Return the handler with a check of the bearer key."""

        async def behind_the_key(request: Request) -> Response:
            expected = self._world.settings.entitlements_key
            given = request.headers.get("authorization", "").removeprefix("Bearer ")
            if not given or (expected is not None and not _same(given, expected)):
                return problem(401, "a valid bearer key is needed")
            return await handler(request)

        return behind_the_key

    async def put_grant(self, request: Request) -> Response:
        account_id, grant_id = request.path_params["account_id"], request.path_params["grant_id"]
        try:
            content = parse_grant(json.loads(await request.body()))
        except ValueError as error:
            return _refused(error)
        grant = {"account_id": account_id, "grant_id": grant_id} | content
        return _answer(self.accounts.put_grant(account_id, grant, self._world.now()))

    async def put_hold(self, request: Request) -> Response:
        account_id, hold_id = request.path_params["account_id"], request.path_params["hold_id"]
        try:
            content = parse_hold(json.loads(await request.body()))
        except ValueError as error:
            return _refused(error)
        hold = {"account_id": account_id, "hold_id": hold_id} | content
        return _answer(self.accounts.put_hold(account_id, hold, self._world.now()))

    async def access(self, request: Request) -> Response:
        return JSONResponse(access(self._account(request), self._world.now()))

    async def grants(self, request: Request) -> Response:
        return JSONResponse({"grants": list(self._account(request)["grants"].values())})

    async def holds(self, request: Request) -> Response:
        return JSONResponse({"holds": list(self._account(request)["holds"].values())})

    async def grant(self, request: Request) -> Response:
        return _found(self._account(request)["grants"].get(request.path_params["grant_id"]))

    async def hold(self, request: Request) -> Response:
        return _found(self._account(request)["holds"].get(request.path_params["hold_id"]))

    async def page(self, request: Request) -> Response:
        now = self._world.now()
        rows = [
            {
                "access": access(account, now),
                "grants": [
                    grant | {"is_active": is_active_grant(grant, now)}
                    for grant in account["grants"].values()
                ],
                "holds": [
                    hold | {"is_active": is_active_hold(hold, now)}
                    for hold in account["holds"].values()
                ],
            }
            for account in self.accounts.newest(_SHOWN)
        ]
        entries = self._world.journal.newest(SYSTEM, _SHOWN)
        return render(request, "entitlements.html", accounts=rows, entries=entries)

    def _account(self, request: Request) -> Document:
        return self.accounts.read(request.path_params["account_id"])


def _answer(outcome: Outcome) -> Response:
    if outcome.verdict is Verdict.CONFLICT:
        version = outcome.stored["version"]
        return problem(409, f"version {version} is already stored with other content")
    status = 201 if outcome.verdict is Verdict.CREATED else 200
    headers = {"X-Superseded": "true"} if outcome.verdict is Verdict.SUPERSEDED else None
    return JSONResponse(outcome.stored, status_code=status, headers=headers)


def _refused(error: ValueError) -> Response:
    if isinstance(error, InvalidBodyError):
        return problem(422, str(error))
    return problem(400, "the body is not JSON")


def _found(document: Document | None) -> Response:
    return problem(404, "not known") if document is None else JSONResponse(document)


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())
