"""A caller that gives up leaves its exchange to end by itself, so that no connection is lost to the pool."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from connectors.entitlement_service import EntitlementSettings, RestEntitlementService
from connectors.salesforce.session import SalesforceSession
from connectors.salesforce.settings import SalesforceSettings
from connectors.stripe.provider import StripePayments
from connectors.stripe.settings import StripeSettings
from connectors.to_its_end import to_its_end
from connectors.workday.service import WorkdayService
from connectors.workday.settings import UsernameToken, WorkdayMapping, WorkdaySettings
from domain.failures import UnavailableError


def entitlements() -> Awaitable[object]:
    settings = EntitlementSettings(base_address="http://other", api_key="k")
    return RestEntitlementService(settings).read_access("acme")


def stripe() -> Awaitable[object]:
    settings = StripeSettings(api_key="sk_test_x", base_address="http://other")
    return StripePayments(settings).read_provider_invoice("in_1")


def salesforce() -> Awaitable[object]:
    settings = SalesforceSettings(login_address="http://other", client_id="c", client_secret="s")
    return SalesforceSession(settings).composite([])


def workday() -> Awaitable[object]:
    settings = WorkdaySettings(
        address="http://other",
        tenant="acme",
        credentials=UsernameToken(username="u", password="p"),
        mapping=WorkdayMapping(
            companies={},
            payment_terms={},
            payment_types={},
            revenue_categories={},
            default_revenue_category="r",
            customer_category="c",
            email_usage="BUSINESS",
        ),
    )
    return WorkdayService(settings).call("Get_Customers", {})


@pytest.mark.parametrize("call", [entitlements, stripe, salesforce, workday])
async def test_an_exchange_ends_although_its_caller_gave_up(
    call: Callable[[], Awaitable[object]], monkeypatch: pytest.MonkeyPatch
):
    has_begun, may_end, has_ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def slow(_: object, request: httpx.Request) -> httpx.Response:
        has_begun.set()
        await may_end.wait()
        has_ended.set()
        return httpx.Response(503, request=request)

    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", slow)
    caller = asyncio.ensure_future(call())
    await has_begun.wait()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    may_end.set()
    await asyncio.wait_for(has_ended.wait(), 5)


async def test_a_failure_that_nobody_waits_for_is_not_reported_as_lost():
    reports: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reports.append(context))
    may_end = asyncio.Event()

    async def failing() -> None:
        await may_end.wait()
        raise UnavailableError("down")

    caller = asyncio.create_task(to_its_end(failing()))
    await asyncio.sleep(0)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    may_end.set()
    for _ in range(3):
        await asyncio.sleep(0)
    assert reports == []


async def test_the_result_and_the_failure_reach_the_caller():
    async def answering() -> str:
        return "done"

    async def failing() -> str:
        raise UnavailableError("down")

    assert await to_its_end(answering()) == "done"
    with pytest.raises(UnavailableError):
        await to_its_end(failing())
