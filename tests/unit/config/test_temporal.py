"""The connection follows Temporal's own environment configuration."""

from pathlib import Path

import pytest

from config.temporal import SHARED, TemporalUnreachableError, address_of, connect, workflow_runner

NO_FILE = {"TEMPORAL_CONFIG_FILE": "/nonexistent/temporal.toml"}


def test_without_configuration_it_is_the_local_server() -> None:
    assert address_of(NO_FILE) == ("127.0.0.1:7233", "default")


def test_address_and_namespace_come_from_the_environment() -> None:
    environment = NO_FILE | {"TEMPORAL_ADDRESS": "t.example:7233", "TEMPORAL_NAMESPACE": "billing"}

    assert address_of(environment) == ("t.example:7233", "billing")


def test_a_profile_of_the_command_line_s_file_is_honoured(tmp_path: Path) -> None:
    file = tmp_path / "temporal.toml"
    file.write_text('[profile.cloud]\naddress = "c.example:7233"\nnamespace = "n"\n')

    environment = {"TEMPORAL_CONFIG_FILE": str(file), "TEMPORAL_PROFILE": "cloud"}

    assert address_of(environment) == ("c.example:7233", "n")


async def test_an_empty_api_key_does_not_turn_tls_on() -> None:
    client = await connect(NO_FILE | {"TEMPORAL_API_KEY": ""}, is_lazy=True)

    assert not client.service_client.config.tls


async def test_a_worker_s_connection_fails_at_once_when_nobody_is_there() -> None:
    with pytest.raises(TemporalUnreachableError, match=r"127\.0\.0\.1:9, namespace default"):
        await connect(NO_FILE | {"TEMPORAL_ADDRESS": "127.0.0.1:9"})


def test_the_pure_rooms_are_shared_by_all_workflow_instances() -> None:
    passed = workflow_runner().restrictions.passthrough_modules

    assert set(SHARED) <= passed
