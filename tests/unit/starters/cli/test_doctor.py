"""What the doctor finds, and how the command tells it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from config.settings import Settings
from starters.cli.app import APP
from starters.cli.doctor import Finding, examine


@pytest.fixture
def run() -> Callable[..., Any]:
    return lambda *arguments: CliRunner().invoke(APP, list(arguments))


@pytest.mark.parametrize(("is_ok", "status"), [(True, 0), (False, 1)])
def test_the_doctor_s_exit_code_tells_whether_all_is_well(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, is_ok: bool, status: int
) -> None:
    async def found(*_: object) -> list[Finding]:
        return [Finding(check="database", is_ok=is_ok, detail="[found]", advice="do this")]

    monkeypatch.setattr("starters.cli.doctor.examine", found)

    result = run("doctor")

    assert result.exit_code == status
    assert "[found]" in result.stdout
    assert json.loads(run("doctor", "--json").stdout)["database"]["is_ok"] is is_ok


async def test_the_doctor_says_what_to_do_when_nothing_runs(tmp_path: Path) -> None:
    nowhere = "http://127.0.0.1:9"
    settings = Settings(
        database_url=f"sqlite:///{tmp_path / 'none.db'}",
        stripe_api_base=nowhere,
        workday_url=nowhere,
        salesforce_url=nowhere,
        entitlements_url=nowhere,
        smtp_port=9,
    )
    environment = {
        "TEMPORAL_ADDRESS": "127.0.0.1:9",
        "PERENNIAL_API_URL": nowhere,
        "PERENNIAL_DATABSE_URL": "oops",
    }

    findings = {finding.check: finding for finding in await examine(settings, environment)}

    assert not any(finding.is_ok for finding in findings.values())
    assert all(finding.advice for finding in findings.values())
    assert "PERENNIAL_DATABSE_URL" in findings["environment"].detail
    assert (findings["database"].advice or "").startswith("perennial migrate")
    assert not (tmp_path / "none.db").exists()
    assert "127.0.0.1:9" in findings["Temporal"].detail
