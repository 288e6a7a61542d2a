"""What is wrong with an installation, and what to do about it."""

import asyncio
from collections.abc import Awaitable, Mapping
from pathlib import Path
from typing import Final

import httpx
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.client import Client
from temporalio.service import RPCError

from config.settings import Settings, unknown_variables
from config.stack_file import KNOWN_VARIABLES
from config.temporal import address_of, connect
from domain.failures import PerennialError
from perennial.client import DEFAULT_URL, URL_VARIABLE
from starters.assemble import database_revision
from starters.cli.findings import Finding
from starters.temporal.pollers import has_poller
from workflows.contract import queues
from workflows.contract.search_attributes import SEARCH_ATTRIBUTES

_PATIENCE_SECONDS: Final = 5.0


async def examine(settings: Settings, environment: Mapping[str, str]) -> list[Finding]:
    """Return the findings of every check, each given a few seconds."""
    temporal, others = await asyncio.gather(
        _temporal(environment),
        asyncio.gather(
            _database(settings),
            _http("API", f"{environment.get(URL_VARIABLE, DEFAULT_URL)}/health", "perennial api"),
            *(_http(name, url, None) for name, url in _vendors(settings).items()),
            _email(settings),
        ),
    )
    return [_variables(environment), *temporal, *others]


def _variables(environment: Mapping[str, str]) -> Finding:
    unknown = unknown_variables(environment, KNOWN_VARIABLES)
    if not unknown:
        return Finding(
            check="environment", is_ok=True, detail="every PERENNIAL_* variable is known"
        )
    return Finding(
        check="environment",
        is_ok=False,
        detail=f"nothing reads {', '.join(unknown)}",
        advice="correct or remove them",
    )


async def _temporal(environment: Mapping[str, str]) -> list[Finding]:
    address, namespace = address_of(environment)
    where = f"{address}, namespace {namespace}"
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            client = await connect(environment)
            await client.count_workflows()
    except (RuntimeError, RPCError, TimeoutError) as error:
        advice = "start it with 'perennial up', or name yours with TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE"
        detail = f"{where}: {str(error.__cause__ or error) or 'no answer'}"
        return [Finding(check="Temporal", is_ok=False, detail=detail, advice=advice)]
    checks: list[tuple[str, Awaitable[Finding]]] = [
        ("search attributes", _search_attributes(client)),
        *((f"worker on {queue}", _worker(client, queue)) for queue in queues.ALL),
    ]
    found = await asyncio.gather(*(_limited(name, check) for name, check in checks))
    return [Finding(check="Temporal", is_ok=True, detail=where), *found]


async def _search_attributes(client: Client) -> Finding:
    listed = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=client.namespace)
    )
    missing = [name for name in SEARCH_ATTRIBUTES if name not in listed.custom_attributes]
    if not missing:
        return Finding(
            check="search attributes", is_ok=True, detail=f"all {len(SEARCH_ATTRIBUTES)} are there"
        )
    options = " ".join(f"--name {name} --type {SEARCH_ATTRIBUTES[name]}" for name in missing)
    return Finding(
        check="search attributes",
        is_ok=False,
        detail=f"missing: {', '.join(missing)}",
        advice=f"temporal operator search-attribute create {options}",
    )


async def _worker(client: Client, queue: str) -> Finding:
    is_there = await has_poller(client, queue, is_workflow=queue == queues.MAIN)
    return Finding(
        check=f"worker on {queue}",
        is_ok=is_there,
        detail="polling" if is_there else "no one polls",
        advice=None if is_there else "start one: perennial worker",
    )


async def _database(settings: Settings) -> Finding:
    missing = _missing_file(settings.database_url)
    if missing is not None:
        # Opening it would create it, and a check changes nothing.
        advice = "perennial migrate, or from the folder in which it lies; PERENNIAL_DATABASE_URL names it"
        detail = f"{missing} does not exist"
        return Finding(check="database", is_ok=False, detail=detail, advice=advice)
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            current, latest = await database_revision(settings)
    except (PerennialError, ValueError, TimeoutError) as error:
        advice = "check PERENNIAL_DATABASE_URL and whether the server runs"
        detail = str(error) or "no answer"
        return Finding(check="database", is_ok=False, detail=detail, advice=advice)
    is_current = current == latest
    return Finding(
        check="database",
        is_ok=is_current,
        detail=f"revision {current or 'none'}" + ("" if is_current else f", not {latest}"),
        advice=None if is_current else "perennial migrate",
    )


def _missing_file(url: str) -> Path | None:
    scheme, _, place = url.partition(":///")
    file = Path(place.partition("?")[0])
    return file if scheme.startswith("sqlite") and place and not file.exists() else None


def _vendors(settings: Settings) -> dict[str, str]:
    return {
        "Stripe": settings.stripe_api_base,
        "Workday": settings.workday_url,
        "Salesforce": settings.salesforce_url,
        "entitlement service": settings.entitlements_url,
    }


async def _http(name: str, url: str, command: str | None) -> Finding:
    try:
        async with httpx.AsyncClient(timeout=_PATIENCE_SECONDS) as probe:
            status = (await probe.get(url)).status_code
    except httpx.TransportError as error:
        return Finding(
            check=name,
            is_ok=False,
            detail=f"{url}: {str(error) or type(error).__name__}",
            advice=f"start it: {command}" if command else "check its address and the network",
        )
    # Any answer below 500 will do: most of these addresses serve nothing without credentials.
    is_ok = status < httpx.codes.INTERNAL_SERVER_ERROR
    return Finding(
        check=name,
        is_ok=is_ok,
        detail=f"{url} answers {status}",
        advice=None if is_ok else "it is in trouble: see its status page or log",
    )


async def _email(settings: Settings) -> Finding:
    where = f"{settings.smtp_host}:{settings.smtp_port}"
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            reader, writer = await asyncio.open_connection(settings.smtp_host, settings.smtp_port)
            greeting = await reader.readline()
            writer.close()
            await writer.wait_closed()
    except (OSError, TimeoutError) as error:
        return Finding(
            check="SMTP relay",
            is_ok=False,
            detail=f"{where}: {str(error) or 'no answer'}",
            advice="check PERENNIAL_SMTP_HOST and PERENNIAL_SMTP_PORT",
        )
    return Finding(
        check="SMTP relay",
        is_ok=greeting.startswith(b"220"),
        detail=f"{where} greets {greeting.decode(errors='replace').strip()!r}",
        advice=None if greeting.startswith(b"220") else "this is no SMTP relay: check the port",
    )


async def _limited(name: str, check: Awaitable[Finding]) -> Finding:
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            return await check
    except (RPCError, TimeoutError) as error:
        return Finding(
            check=name,
            is_ok=False,
            detail=str(error) or "no answer",
            advice="see the log of the Temporal server",
        )
