"""The connection to Temporal: its standard environment configuration, our converter and sandbox.

`TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, `TEMPORAL_API_KEY`, `TEMPORAL_TLS_*`, `TEMPORAL_PROFILE` and
the TOML file of the `temporal` command line are used, so that a cluster or Temporal Cloud needs no
change of code.
"""

import os
from collections.abc import Mapping, Sequence
from typing import Final

from temporalio.client import Client, Interceptor
from temporalio.contrib.pydantic import PydanticPayloadConverter
from temporalio.converter import CompositePayloadConverter, DataConverter
from temporalio.envconfig import ClientConfig, ClientConnectConfig
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

_CONVERTERS: Final = PydanticPayloadConverter().converters


class SharedPayloadConverter(CompositePayloadConverter):
    """Pydantic's converters, created once per process.

    The SDK creates a converter for each workflow instance, and each pydantic converter builds its own
    schemas. Without sharing, this would cost 30 ms and 500 KiB for each instance.
    """

    def __init__(self) -> None:
        super().__init__(*_CONVERTERS.values())


DATA_CONVERTER: Final = DataConverter(payload_converter_class=SharedPayloadConverter)
"""Supports date, Decimal and timedelta; workers, clients and replays must all use it."""

DEFAULT_ADDRESS: Final = "127.0.0.1:7233"


class TemporalUnreachableError(RuntimeError):
    """No connection could be made; the message names the address and says what to do."""


SHARED: Final = ("domain", "activities", "workflows", "typing_extensions")
"""Modules that all workflow instances of a worker share instead of reloading them; see `workflow_runner`."""


async def connect(
    environment: Mapping[str, str] | None = None,
    *,
    interceptors: Sequence[Interceptor] = (),
    is_lazy: bool = False,
) -> Client:
    """Return a client of the Temporal server that this environment names.

    Args:
        environment: Variables to read; those of the process if None.
        interceptors: Given to the client, which passes them to workers.
        is_lazy: Connect at the first call only. An API may start before Temporal; a worker may not.

    Raises:
        TemporalUnreachableError: Temporal cannot be reached (unless lazy).
    """
    config = _configured(environment)
    config.setdefault("target_host", DEFAULT_ADDRESS)
    try:
        return await Client.connect(
            **config, data_converter=DATA_CONVERTER, interceptors=interceptors, lazy=is_lazy
        )
    except RuntimeError as error:
        address, namespace = address_of(environment)
        raise TemporalUnreachableError(
            f"Temporal cannot be reached at {address}, namespace {namespace}: start it, or set "
            f"TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE ({error})"
        ) from error


def address_of(environment: Mapping[str, str] | None = None) -> tuple[str, str]:
    """Return the address and the namespace that `connect` would use, for messages."""
    config = _configured(environment)
    return config.get("target_host", DEFAULT_ADDRESS), config.get("namespace", "default")


def _configured(environment: Mapping[str, str] | None) -> ClientConnectConfig:
    values = os.environ if environment is None else environment
    # Compose files pass missing variables as empty text, and an empty API key would turn TLS on.
    given = {name: value for name, value in values.items() if value}
    return ClientConfig.load_client_connect_config(override_env_vars=given)


def workflow_runner(shared: Sequence[str] = SHARED) -> SandboxedWorkflowRunner:
    """Return the sandbox in which workers run workflow code.

    Args:
        shared: Modules that are not loaded again, and therefore not restricted, in each instance. A worker
            shares our own packages, workflows included: loading them again costs 2 ms and 50 KiB for each
            instance. The tests do load workflows again, so that forbidden code in them fails there.
    """
    return SandboxedWorkflowRunner(
        restrictions=SandboxRestrictions.default.with_passthrough_modules(*shared)
    )
