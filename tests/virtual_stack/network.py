"""A network in memory: requests of this process reach applications of this process, without sockets."""

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from unittest.mock import patch

import httpx
from starlette.types import ASGIApp

from sandbox.faults import LostResponseError


class Network:
    """Applications by the port on which they would listen.

    Attributes:
        after_request: Called with the port after each request that reached its application.
    """

    def __init__(self) -> None:
        self._apps: dict[int, httpx.ASGITransport] = {}
        self.after_request: Callable[[int], None] = lambda _: None

    def serve(self, apps: Mapping[int, ASGIApp]) -> None:
        """Let requests to these ports reach these applications."""
        self._apps.update({port: httpx.ASGITransport(app) for port, app in apps.items()})

    @contextmanager
    def installed(self) -> Generator[None]:
        """Let every httpx client of this process use this network."""

        async def send(_: httpx.AsyncHTTPTransport, request: httpx.Request) -> httpx.Response:
            return await self._send(request)

        def open_nothing(*_: object, **__: object) -> None:
            """Build no connection pool, whose certificates would take longer than a sale."""

        async def close_nothing(_: httpx.AsyncHTTPTransport) -> None:
            """Close nothing."""

        with patch.multiple(
            httpx.AsyncHTTPTransport,
            __init__=open_nothing,
            handle_async_request=send,
            aclose=close_nothing,
            __aenter__=_itself,
            __aexit__=_leave,
        ):
            yield

    async def _send(self, request: httpx.Request) -> httpx.Response:
        port = request.url.port or 0
        app = self._apps.get(port)
        if app is None:
            raise httpx.ConnectError(f"no one listens on port {port}", request=request)
        try:
            return await app.handle_async_request(request)
        except LostResponseError as error:
            raise httpx.ReadError(str(error), request=request) from error
        finally:
            self.after_request(port)


async def _itself(transport: httpx.AsyncHTTPTransport) -> httpx.AsyncHTTPTransport:
    return transport


async def _leave(*_: object) -> None:
    return None
