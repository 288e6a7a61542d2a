"""`/health` (alive), `/ready` (can serve) and the list of problems."""

import asyncio
from collections.abc import Awaitable
from typing import Final

from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse

from domain.failures import PerennialError
from starters.api.problems import (
    INTERNAL,
    INVALID,
    KINDS,
    MALFORMED,
    TOO_LARGE,
    UNAUTHORIZED,
    UNSUPPORTED,
)
from starters.api.routing import AppServices

ROUTER = APIRouter(tags=["health"])
_PATIENCE_SECONDS: Final = 3.0


class Readiness(BaseModel):
    """Whether the API can serve, and what keeps it from it."""

    status: str = Field(examples=["ready"])
    checks: dict[str, str] = Field(examples=[{"temporal": "ok", "database": "ok"}])


class ProblemKind(BaseModel):
    """One kind of problem that answers of this API may have."""

    type: str
    status: int
    title: str


@ROUTER.get("/health", summary="Alive")
async def health() -> dict[str, str]:
    """Answer as long as the process lives."""
    return {"status": "alive"}


@ROUTER.get("/ready", response_model=Readiness, responses={503: {"model": Readiness}})
async def ready(services: AppServices) -> JSONResponse:
    """Answer 200 if Temporal and the database answer, otherwise 503."""
    temporal, database = await asyncio.gather(
        _check(services.workflow_client.check()), _check(services.database.ping())
    )
    is_ready = temporal == database == "ok"
    readiness = Readiness(
        status="ready" if is_ready else "not ready",
        checks={"temporal": temporal, "database": database},
    )
    return JSONResponse(readiness.model_dump(), status_code=200 if is_ready else 503)


@ROUTER.get("/problems", tags=["problems"], summary="Kinds of problems")
async def list_problems() -> list[ProblemKind]:
    """Return every kind of problem document that this API may answer with."""
    before_routing = (MALFORMED, UNAUTHORIZED, TOO_LARGE, UNSUPPORTED, INVALID, INTERNAL)
    kinds = {kind.name: kind for kind in before_routing}
    kinds |= {kind.name: kind for kind in KINDS.values()}
    return [
        ProblemKind(type=f"/problems/{kind.name}", status=kind.status, title=kind.title)
        for kind in sorted(kinds.values(), key=lambda kind: (kind.status, kind.name))
    ]


async def _check(check: Awaitable[None]) -> str:
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await check
    except PerennialError as error:
        return str(error)
    except TimeoutError:
        return f"no answer within {_PATIENCE_SECONDS:g} s"
    return "ok"
