"""Everything an installation needs once, safe to repeat: tables and registered search attributes."""

from collections.abc import Mapping
from dataclasses import dataclass

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import (
    AddSearchAttributesRequest,
    ListSearchAttributesRequest,
)
from temporalio.client import Client

from config.settings import Settings
from config.temporal import connect
from starters.assemble import migrate_database
from workflows.contract.search_attributes import ALL


@dataclass(frozen=True, kw_only=True, slots=True)
class Prepared:
    """What was done: the database's revision, and the search attributes that were new."""

    revision: str | None
    registered: tuple[str, ...]


async def prepare(settings: Settings, environment: Mapping[str, str]) -> Prepared:
    """Bring the database up to date and register what is missing in the Temporal namespace.

    Raises:
        UnavailableError: The database does not answer.
        RuntimeError: Temporal does not answer.
        RPCError: Temporal refuses; on Temporal Cloud, attributes are added in its own console.
    """
    revision = await migrate_database(settings)
    client = await connect(environment)
    return Prepared(revision=revision, registered=await _register(client))


async def _register(client: Client) -> tuple[str, ...]:
    known = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=client.namespace)
    )
    missing = [key for key in ALL if key.name not in known.custom_attributes]
    if missing:
        await client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(
                namespace=client.namespace,
                search_attributes={
                    key.name: IndexedValueType.ValueType(key.indexed_value_type) for key in missing
                },
            )
        )
    return tuple(key.name for key in missing)
