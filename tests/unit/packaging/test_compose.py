"""docker-compose.yml against the Compose Specification's schema, and against what it must promise."""

import hashlib
import json
import re
import subprocess
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any, Final, cast

import pytest
import yaml
from jsonschema import Draft202012Validator

from config.settings import Settings, unknown_variables
from tests.architecture.tree import ROOT

HERE: Final = Path(__file__).parent
TEXT: Final = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
COMPOSE: Final = cast("dict[str, Any]", yaml.safe_load(TEXT))
SERVICES: Final = cast("dict[str, dict[str, Any]]", COMPOSE["services"])
ONE_SHOTS: Final = {
    name
    for service in SERVICES.values()
    for name, condition in service.get("depends_on", {}).items()
    if condition["condition"] == "service_completed_successfully"
}
OURS: Final = {name for name, found in SERVICES.items() if found["image"] == "perennial:local"}


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return json.loads((HERE / "compose-spec.json").read_text(encoding="utf-8"))


def errors(schema: dict[str, Any], compose: dict[str, Any]) -> list[str]:
    found = cast("Any", Draft202012Validator(schema)).iter_errors(compose)
    return [f"{list(error.absolute_path)}: {error.message}" for error in found]


def test_the_schema_is_the_unchanged_one_that_the_notice_names():
    digest = hashlib.sha256((HERE / "compose-spec.json").read_bytes()).hexdigest()
    assert digest in (HERE / "compose-spec.NOTICE").read_text(encoding="utf-8")


def test_the_file_follows_the_compose_specification(schema: dict[str, Any]):
    assert errors(schema, COMPOSE) == []


def test_a_misspelt_key_and_an_unknown_condition_are_found(schema: dict[str, Any]):
    misspelt = deepcopy(COMPOSE)
    misspelt["services"]["api"]["helthcheck"] = {}
    assert errors(schema, misspelt)
    unknown = deepcopy(COMPOSE)
    unknown["services"]["api"]["depends_on"]["setup"]["condition"] = "service_done"
    assert errors(schema, unknown)


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_a_health_check_or_runs_once(name: str):
    assert ("healthcheck" in SERVICES[name]) != (name in ONE_SHOTS)


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_waits_only_for_what_can_become_true(name: str):
    for needed, how in SERVICES[name].get("depends_on", {}).items():
        once = how["condition"] == "service_completed_successfully"
        assert ("healthcheck" in SERVICES[needed]) != once


@pytest.mark.parametrize("name", SERVICES)
def test_an_image_is_built_here_or_pinned_to_a_full_version(name: str):
    service = SERVICES[name]
    assert "build" in service or re.search(r":\d+\.\d+(\.\d+)?(-|$)", service["image"])


@pytest.mark.parametrize("name", SERVICES)
def test_a_port_is_published_on_this_machine_only(name: str):
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", []))


def test_no_secret_has_a_default():
    assert not re.search(r"\$\{[A-Z_]*(PASSWORD|KEYS?|SECRET)(:?-|\})", TEXT)


@pytest.mark.parametrize("name", sorted(OURS))
def test_our_services_use_only_settings_that_exist(name: str):
    environment = cast("dict[str, str]", SERVICES[name]["environment"])
    assert unknown_variables(environment, known=frozenset()) == ()


@pytest.mark.parametrize("name", sorted(OURS))
def test_our_settings_are_valid_once_the_variables_are_filled_in(name: str):
    given = cast("dict[str, str]", SERVICES[name]["environment"])
    filled = {
        key: re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", re.sub(r"\$\{\w+:\?[^}]*\}", "x", value))
        for key, value in given.items()
    }
    settings = Settings.from_env(filled)
    assert settings.database_url == "postgresql+asyncpg://perennial:x@postgres:5432/perennial"
    assert settings.stripe_api_base == "http://sandbox:8090/stripe"
    assert settings.plain_http_hosts == ("sandbox",)


@pytest.mark.parametrize("name", sorted(OURS))
def test_a_command_of_our_image_exists(name: str):
    service = SERVICES[name]
    assert perennial_knows(service["command"][0])
    check = service.get("healthcheck", {}).get("test", [])
    if check[1:2] == ["perennial"]:
        assert perennial_knows(check[2])


def test_a_command_that_does_not_exist_is_found():
    assert perennial_knows()
    assert not perennial_knows("planted")


def perennial_knows(*command: str) -> bool:
    script = "import sys; sys.argv[0] = 'perennial'; from starters.cli.app import main; main()"
    line = [sys.executable, "-c", script, *command, "--help"]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, check=False, timeout=60)
    return done.returncode == 0


def test_a_script_keeps_its_variables_from_compose():
    for config in COMPOSE["configs"].values():
        assert not re.search(r"(?<!\$)\$(?!\$)", config["content"])
