"""The entitlement connector against the sandbox's service."""

import dataclasses
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from connectors.entitlement_service import EntitlementSettings, RestEntitlementService
from domain.entitlements.grants import FeatureQuantity, Grant
from domain.entitlements.holds import Hold, HoldLevel
from domain.failures import (
    ConflictError,
    CredentialsError,
    OutcomeUnknownError,
    RejectedError,
    ThrottledError,
    UnavailableError,
)
from tests.unit.connectors.conftest import Sandbox

START = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)


@pytest_asyncio.fixture
async def service(
    entitlement_settings: EntitlementSettings,
) -> AsyncGenerator[RestEntitlementService]:
    connector = RestEntitlementService(entitlement_settings)
    yield connector
    await connector.aclose()


def grant(name: str, version: int = 1, seats: int = 5) -> Grant:
    return Grant(
        grant_id=f"sub-{name}-0001",
        version=version,
        account_id=f"acc-{name}",
        subscription_id=f"sub-{name}",
        features=(
            FeatureQuantity(key="seats", quantity=seats),
            FeatureQuantity(key="sso", quantity=0),
        ),
        starts_at=START,
        until=START + timedelta(days=60),
    )


def hold(name: str, version: int = 1, *, is_active: bool = True) -> Hold:
    return Hold(
        hold_id=f"sub-{name}-hold",
        version=version,
        account_id=f"acc-{name}",
        subscription_id=f"sub-{name}",
        is_active=is_active,
        reason="overdue",
        starts_at=START,
    )


async def test_a_grant_unlocks_what_it_names(service: RestEntitlementService, name: str):
    await service.put_grant(grant(name))
    access = await service.read_access(f"acc-{name}")
    assert access.account_id == f"acc-{name}"
    assert access.features == grant(name).features
    assert access.grants == (f"sub-{name}-0001",)
    assert access.holds == ()


async def test_an_account_without_grants_may_use_nothing(
    service: RestEntitlementService, name: str
):
    assert (await service.read_access(f"acc-{name}")).features == ()


async def test_the_same_grant_again_changes_nothing(
    service: RestEntitlementService, sandbox: Sandbox, name: str
):
    for _ in range(2):
        await service.put_grant(grant(name))
    written = [
        entry["action"]
        for entry in sandbox.journal("entitlements")
        if f"acc-{name}" in entry["summary"]
    ]
    assert written[0] == "grant.put"
    assert "grant.put" not in written[1:]


async def test_a_late_older_version_does_not_replace_a_newer_one(
    service: RestEntitlementService, name: str
):
    await service.put_grant(grant(name, version=2, seats=9))
    await service.put_grant(grant(name, version=1, seats=5))
    access = await service.read_access(f"acc-{name}")
    assert access.features[0].quantity == 9


async def test_the_same_version_with_other_content_is_a_conflict(
    service: RestEntitlementService, name: str
):
    await service.put_grant(grant(name))
    with pytest.raises(ConflictError):
        await service.put_grant(grant(name, seats=6))


async def test_a_hold_suspends_and_its_end_restores(service: RestEntitlementService, name: str):
    await service.put_grant(grant(name))
    await service.put_hold(hold(name))
    held = await service.read_access(f"acc-{name}")
    await service.put_hold(hold(name, version=2, is_active=False))
    restored = await service.read_access(f"acc-{name}")
    assert (held.features, held.holds) == ((), (f"sub-{name}-hold",))
    assert (restored.features, restored.holds) == (grant(name).features, ())


async def test_a_hold_that_is_only_partial_is_refused_before_it_is_sent(
    service: RestEntitlementService, name: str
):
    # Sent without its level it would lock the account.
    partial = dataclasses.replace(hold(name), level=HoldLevel.RESTRICTED)
    with pytest.raises(RejectedError, match="only restricted"):
        await service.put_hold(partial)
    await service.put_hold(hold(name))


async def test_a_grant_whose_answer_was_lost_stands_and_may_be_put_again(
    service: RestEntitlementService, sandbox: Sandbox, name: str
):
    sandbox.fault("entitlements", fault="lost_response", times=1)
    with pytest.raises(OutcomeUnknownError):
        await service.put_grant(grant(name))
    await service.put_grant(grant(name))
    assert (await service.read_access(f"acc-{name}")).grants == (f"sub-{name}-0001",)


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (400, RejectedError),
        (401, CredentialsError),
        (422, RejectedError),
        (429, ThrottledError),
        (500, OutcomeUnknownError),
        (503, UnavailableError),
    ],
)
async def test_an_error_status_is_one_failure(
    service: RestEntitlementService,
    sandbox: Sandbox,
    name: str,
    status: int,
    failure: type[Exception],
):
    sandbox.fault("entitlements", fault="status", status=status, times=1)
    with pytest.raises(failure) as raised:
        await service.put_grant(grant(name))
    assert type(raised.value) is failure


async def test_a_wrong_key_is_a_matter_of_credentials(
    entitlement_settings: EntitlementSettings, name: str
):
    connector = RestEntitlementService(dataclasses.replace(entitlement_settings, api_key="wrong"))
    with pytest.raises(CredentialsError):
        await connector.read_access(f"acc-{name}")
    await connector.aclose()


async def test_a_read_without_answer_is_merely_unavailable(
    service: RestEntitlementService, sandbox: Sandbox, name: str
):
    sandbox.fault("entitlements", fault="lost_response", times=1)
    with pytest.raises(UnavailableError):
        await service.read_access(f"acc-{name}")


async def test_an_id_with_a_slash_stays_one_part_of_the_address(
    service: RestEntitlementService, sandbox: Sandbox, name: str
):
    odd = dataclasses.replace(grant(name), account_id=f"a/b-{name}")
    with pytest.raises(RejectedError):
        # The sandbox routes by decoded path and finds nothing there, rather than another account.
        await service.put_grant(odd)
    assert (await service.read_access("a")).grants == ()
