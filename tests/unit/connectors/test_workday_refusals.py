"""A Workday tenant that does not serve us: overloaded, in maintenance, or set up differently."""

import dataclasses

import pytest

from connectors.workday.erp import WorkdayErp
from connectors.workday.settings import UsernameToken, WorkdaySettings
from domain.failures import (
    CredentialsError,
    OutcomeUnknownError,
    RejectedError,
    ThrottledError,
    UnavailableError,
)
from tests.unit.connectors.conftest import Sandbox, account


@pytest.mark.parametrize(
    ("status", "failure"),
    [(429, ThrottledError), (500, OutcomeUnknownError), (503, UnavailableError)],
)
async def test_a_failing_tenant_is_one_failure(
    workday_settings: WorkdaySettings,
    sandbox: Sandbox,
    name: str,
    status: int,
    failure: type[Exception],
):
    erp = WorkdayErp(workday_settings)
    sandbox.fault("workday", fault="status", status=status, times=1)
    with pytest.raises(failure) as raised:
        await erp.ensure_customer(account(name), currency="USD")
    await erp.aclose()
    assert type(raised.value) is failure


async def test_a_wrong_password_is_a_matter_of_credentials(
    workday_settings: WorkdaySettings, name: str
):
    token = UsernameToken(username="isu_perennial@perennial", password="wrong")
    erp = WorkdayErp(dataclasses.replace(workday_settings, credentials=token))
    with pytest.raises(CredentialsError):
        await erp.ensure_customer(account(name), currency="USD")
    await erp.aclose()


async def test_a_version_that_the_tenant_does_not_serve_is_refused(
    workday_settings: WorkdaySettings, name: str
):
    erp = WorkdayErp(dataclasses.replace(workday_settings, version="v99.0"))
    with pytest.raises(RejectedError, match="version is invalid"):
        await erp.ensure_customer(account(name), currency="USD")
    await erp.aclose()
