import asyncio
import signal
import socket
import sys
from pathlib import Path

import httpx
import pytest
import uvicorn

from local_stack import parent_death
from sandbox.__main__ import main
from tests.unit.sandbox.conftest import eventually


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_the_process_ends_cleanly_and_keeps_what_it_held(
    tmp_path: Path, number: signal.Signals
) -> None:
    ports = [free_port(), free_port()]
    command = [sys.executable, "-m", "sandbox", "--port", str(ports[0])]
    command += ["--smtp-port", str(ports[1]), "--state", str(tmp_path / "sandbox.db")]
    headers = {"Authorization": "Bearer sk_test_1"}
    base = f"http://127.0.0.1:{ports[0]}"
    async with httpx.AsyncClient(base_url=base, headers=headers) as client:

        async def is_ready() -> bool:
            try:
                return (await client.get("/health")).status_code == 200
            except httpx.TransportError:
                return False

        for held in (1, 2):
            process = await asyncio.create_subprocess_exec(*parent_death.bound(command))
            try:
                await eventually(is_ready, seconds=30)
                await client.post("/stripe/v1/customers")
                found = (await client.get("/stripe/v1/customers")).json()
                assert len(found["data"]) == held
            finally:
                process.send_signal(number)
                assert await asyncio.wait_for(process.wait(), 15) == 0


def test_a_signal_that_comes_before_it_serves_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    ends = list[bool]()

    def signalled(server: uvicorn.Server) -> None:
        signal.raise_signal(signal.SIGTERM)
        ends.append(server.should_exit)

    monkeypatch.setattr(uvicorn.Server, "run", signalled)
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        main([])
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

    assert ends == [True]
