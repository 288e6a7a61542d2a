"""A virtual server with a real client, in the shape of the SDK's own test environments."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from temporalio.client import Client
from temporalio.converter import DataConverter
from temporalio.service import ConnectConfig, ServiceClient

from tests.virtual_temporal.server import VirtualServer
from tests.virtual_temporal.service import VirtualWorkflowService


@dataclass
class _Service:
    """What a client needs of its connection."""

    workflow_service: VirtualWorkflowService
    config: ConnectConfig = field(
        default_factory=lambda: ConnectConfig(target_host="virtual:1", identity="virtual")
    )

    async def check_health(self, **_: Any) -> bool:
        """Say that the server serves."""
        return True


class VirtualEnvironment:
    """A client of a virtual server, and its time.

    Args:
        server: The server.
        converter: The client's data converter.
    """

    def __init__(self, server: VirtualServer, converter: DataConverter) -> None:
        self.server = server
        service = _Service(VirtualWorkflowService(server))
        self.client = Client(cast("ServiceClient", service), data_converter=converter)

    async def sleep(self, span: timedelta) -> None:
        """Let time pass."""
        await self.server.loop.sleep(span)

    async def until(self, is_so: Callable[[], bool], *, within: timedelta) -> None:
        """Let time pass from one event to the next until it is so.

        Raises:
            AssertionError: If it is not so in time.
        """
        end = self.server.now() + within
        await self.server.loop.settle()
        while not is_so():
            assert await self.server.loop.go_on(until=end), "it did not happen in time"

    async def get_current_time(self) -> datetime:
        """Return the present instant."""
        return self.server.now()
