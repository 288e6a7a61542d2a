"""The sandbox's web application: each system under its own prefix, the index page and the fault endpoints."""

import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from sandbox.faults import FaultMiddleware, UnknownFaultError, parse_fault
from sandbox.pages import render
from sandbox.world import System, World


def assemble(world: World, systems: Sequence[System]) -> Starlette:
    """Return an app that serves these systems, the fault endpoints and the index page."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None]:
        started: list[System] = []
        try:
            for system in systems:
                await system.on_start()
                started.append(system)
            yield
        finally:
            for system in reversed(started):
                await system.on_stop()
            world.store.close()

    switches = _Switches(world, systems)
    return Starlette(
        lifespan=lifespan,
        routes=[
            Route("/", switches.index),
            Route("/health", switches.health),
            Route("/_faults", switches.list_faults),
            Route("/_faults/{system}", switches.add_fault, methods=["POST"]),
            Route("/_faults/{system}", switches.clear_faults, methods=["DELETE"]),
            Route("/_journal/{system}", switches.entries),
            *(Mount(system.prefix, _guarded(world, system)) for system in systems),
        ],
    )


def _guarded(world: World, system: System) -> ASGIApp:
    if not system.is_struck_over_http:
        return system.app
    return FaultMiddleware(
        system.app, world.faults, system.name, system.fault_answer, system.operation_of
    )


class _Switches:
    def __init__(self, world: World, systems: Sequence[System]) -> None:
        self._world = world
        self._systems = {system.name: system for system in systems}

    async def index(self, request: Request) -> HTMLResponse:
        store, faults = self._world.store, self._world.faults.listing()
        rows = [
            {
                "title": system.title or system.name,
                "name": system.name,
                "link": f"{system.prefix}/",
                "counts": store.counts(system.name),
                "faults": faults.get(system.name, []),
            }
            for system in self._systems.values()
        ]
        return render(request, "index.html", systems=rows)

    async def health(self, _: Request) -> JSONResponse:
        return JSONResponse({"status": "ready", "systems": list(self._systems)})

    async def list_faults(self, _: Request) -> JSONResponse:
        return JSONResponse(self._world.faults.listing())

    async def add_fault(self, request: Request) -> JSONResponse:
        name = request.path_params["system"]
        if name not in self._systems:
            return _unknown(name)
        try:
            fault = parse_fault(json.loads(await request.body()))
        except (UnknownFaultError, ValueError, TypeError) as error:
            return JSONResponse({"error": str(error)}, status_code=422)
        self._world.faults.add(name, fault)
        return JSONResponse(self._world.faults.listing(), status_code=201)

    async def clear_faults(self, request: Request) -> Response:
        self._world.faults.clear(request.path_params["system"])
        return Response(status_code=204)

    async def entries(self, request: Request) -> JSONResponse:
        name = request.path_params["system"]
        if name not in self._systems:
            return _unknown(name)
        return JSONResponse(self._world.journal.entries(name))


def _unknown(name: str) -> JSONResponse:
    return JSONResponse({"error": f"no such system: {name}"}, status_code=404)
