"""The stage: a real Temporal dev server on a file in a temporary folder, started as `perennial up` starts it."""

import os
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from temporalio.client import Client

from config.stack_file import Secrets, Stack
from local_stack import programs, tcp_ports
from local_stack.supervisor import Supervisor

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """A Temporal server that is up, and whoever starts more programs beside it."""

    stack: Stack
    supervisor: Supervisor
    client: Client


@asynccontextmanager
async def open_stage(say: Say) -> AsyncGenerator[Stage]:
    """Start the server and yield it with a client; nothing of it stays."""
    with TemporaryDirectory(prefix="perennial-bench-") as folder:
        stack = Stack(
            pid=os.getpid(),
            data=Path(folder),
            ports=tcp_ports.free_stack_ports(),
            secrets=Secrets.new(),
        )
        programs.write_temporal_profile(stack)
        async with Supervisor(stack.data / "logs", say) as supervisor:
            await supervisor.start(programs.temporal_server(stack))
            yield Stage(stack=stack, supervisor=supervisor, client=await programs.connect_to(stack))
