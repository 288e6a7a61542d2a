"""The API as a process: serves until SIGTERM or SIGINT, then finishes what it has begun."""

import asyncio
import signal
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

import uvicorn
from typing_extensions import override

from config.settings import Settings
from config.telemetry import start_tracing
from starters.api.app import build_app
from starters.assemble import open_services

_GRACE_SECONDS: Final = 10


class _Server(uvicorn.Server):
    @contextmanager
    @override
    def capture_signals(self) -> Generator[None]:
        # uvicorn would raise the signal again afterwards, and what was opened would never be closed.
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop)
        yield

    def _stop(self) -> None:
        self.should_exit = True


async def serve(settings: Settings) -> bool:
    """Serve until asked to stop; return whether the port could be used at all.

    Raises:
        SettingsError: No API key is set.
        config.files.FileError: The catalog or policy file cannot be used.
    """
    stop_tracing = (
        start_tracing(settings.otlp_endpoint, "perennial-api") if settings.otlp_endpoint else None
    )
    try:
        async with open_services(settings) as services:
            server = _Server(
                uvicorn.Config(
                    build_app(services),
                    host=settings.api_host,
                    port=settings.api_port,
                    log_config=None,
                    # Paths may hold what callers should not have put there.
                    access_log=False,
                    server_header=False,
                    timeout_graceful_shutdown=_GRACE_SECONDS,
                )
            )
            await server.serve()
            return server.started
    finally:
        if stop_tracing is not None:
            stop_tracing()
