"""Calls to a Workday tenant: bearer tokens and warnings."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from decimal import Decimal
from urllib.parse import parse_qsl

import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.workday.envelopes import (
    SOAP,
    WD,
    Fields,
    Ref,
)
from connectors.workday.service import WorkdayService
from connectors.workday.settings import OAuthClient, UsernameToken, WorkdaySettings
from domain.failures import (
    CredentialsError,
    OutcomeUnknownError,
    PerennialError,
    RejectedError,
    ThrottledError,
    UnavailableError,
)
from tests.unit.connectors.conftest import MAPPING


def soap(inside: str) -> bytes:
    return (
        f'<?xml version="1.0"?><e:Envelope xmlns:e="{SOAP}" xmlns:wd="{WD}">'
        f"<e:Body>{inside}</e:Body></e:Envelope>"
    ).encode()


def fault(code: str, said: str, detail: str = "") -> bytes:
    return soap(
        f"<e:Fault><faultcode>e:{code}</faultcode><faultstring>{said}</faultstring>"
        f"<detail>{detail}</detail></e:Fault>"
    )


class OAuthTenant:
    """A tenant behind OAuth: it grants numbered tokens and accepts only the latest."""

    def __init__(self) -> None:
        self.granted = 0
        self.valid = ""
        self.forms: list[dict[str, str]] = []
        self.status = 200
        self.grant: object = ...
        # Refuses only when so many wait for it.
        self.crowd = asyncio.Barrier(1)

    async def token(self, request: Request) -> Response:
        self.forms.append(dict(parse_qsl((await request.body()).decode())))
        if self.status != 200:
            return JSONResponse({"error": "invalid_grant"}, status_code=self.status)
        if self.grant is not ...:
            return JSONResponse(self.grant)
        self.granted += 1
        self.valid = f"token-{self.granted}"
        return JSONResponse({"access_token": self.valid})

    async def call(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {self.valid}":
            await self.crowd.wait()
            body = fault("Client.authenticationError", "invalid username or password")
            return Response(body, status_code=500, media_type="text/xml")
        return Response(soap("<wd:Get_Customers_Response/>"), media_type="text/xml")


@pytest.fixture
def oauth_tenant() -> OAuthTenant:
    return OAuthTenant()


@pytest_asyncio.fixture
async def oauth_service(oauth_tenant: OAuthTenant) -> AsyncGenerator[WorkdayService]:
    service = WorkdayService(
        WorkdaySettings(
            address="http://workday",
            tenant="acme",
            credentials=OAuthClient(
                token_address="http://workday/token",
                client_id="c",
                client_secret="s",
                refresh_token="r",
            ),
            mapping=MAPPING,
        )
    )
    app = Starlette(
        routes=[
            Route("/token", oauth_tenant.token, methods=["POST"]),
            Route(
                "/ccx/service/acme/Revenue_Management/v39.2", oauth_tenant.call, methods=["POST"]
            ),
        ]
    )
    await service._client.aclose()
    service._client = httpx.AsyncClient(transport=httpx.ASGITransport(app))
    yield service
    await service.aclose()


async def test_one_bearer_token_serves_many_calls(
    oauth_service: WorkdayService, oauth_tenant: OAuthTenant
):
    for _ in range(3):
        await oauth_service.call("Get_Customers", {})
    assert oauth_tenant.forms == [{"grant_type": "refresh_token", "refresh_token": "r"}]


async def test_an_expired_bearer_token_is_replaced_once(
    oauth_service: WorkdayService, oauth_tenant: OAuthTenant
):
    await oauth_service.call("Get_Customers", {})
    oauth_tenant.valid = "somebody else's"
    await oauth_service.call("Get_Customers", {})
    assert oauth_tenant.granted == 2


async def test_calls_whose_token_expired_together_share_the_new_one(
    oauth_service: WorkdayService, oauth_tenant: OAuthTenant
):
    await oauth_service.call("Get_Customers", {})
    oauth_tenant.valid, oauth_tenant.crowd = "somebody else's", asyncio.Barrier(5)
    await asyncio.gather(*(oauth_service.call("Get_Customers", {}) for _ in range(5)))
    assert oauth_tenant.granted == 2


@pytest.mark.parametrize("body", [None, [], "token", {}, {"access_token": None}, ["access_token"]])
async def test_a_grant_without_token_is_a_matter_of_credentials(
    oauth_service: WorkdayService, oauth_tenant: OAuthTenant, body: object
):
    oauth_tenant.grant = body
    with pytest.raises(CredentialsError):
        await oauth_service.call("Get_Customers", {})


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (400, CredentialsError),
        (401, CredentialsError),
        (429, ThrottledError),
        (503, UnavailableError),
    ],
)
async def test_a_token_that_is_not_granted_is_one_failure(
    oauth_service: WorkdayService,
    oauth_tenant: OAuthTenant,
    status: int,
    failure: type[PerennialError],
):
    oauth_tenant.status = status
    with pytest.raises(failure):
        await oauth_service.call("Get_Customers", {})


async def test_a_warning_in_an_answer_is_logged(
    workday_settings: WorkdaySettings, name: str, caplog: pytest.LogCaptureFixture
):
    service = WorkdayService(workday_settings)
    fields: Fields = {
        "Customer_Payment_Data": {
            "Customer_Payment_for_Invoices_Reference_ID": f"on-account-{name}",
            "Company_Reference": Ref(kind="Company_Reference_ID", value="PERENNIAL_US"),
            "Payment_Currency_Reference": Ref(kind="Currency_ID", value="USD"),
            "Payment_Date": "2026-11-22",
            "Payment_Type_Reference": Ref(kind="Payment_Type_ID", value="Bank_Transfer"),
            "Payment_Amount": Decimal(1),
        }
    }
    with caplog.at_level(logging.WARNING):
        await service.call("Put_Customer_Payment", fields)
    await service.aclose()
    assert "not applied to any invoice" in caplog.text


async def answered(operation: str, status: int, content: bytes, **headers: str) -> None:
    """Call a tenant that gives this answer to everything."""
    service = WorkdayService(
        WorkdaySettings(
            address="http://workday",
            tenant="acme",
            credentials=UsernameToken(username="u", password="p"),
            mapping=MAPPING,
        )
    )
    await service.aclose()

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(status, content=content, headers=headers)

    service._client = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    try:
        await service.call(operation, {})
    finally:
        await service.aclose()


HTML = b"<!doctype html><html><body>We will be back soon</body></html>"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        HTML,
        b"<html><body><p>well formed</p></body></html>",
        soap("<wd:Get_Customers_Response/>")[:-9],
        soap(""),
        soap("<wd:Get_Customer_Payments_Response/>"),
        soap("<Get_Customers_Response/>"),
        soap("<wd:Get_Customers_Response/>").replace(b"?><e:", b"?><!DOCTYPE x><e:", 1),
    ],
)
async def test_a_success_that_is_no_answer_of_the_operation_tells_nothing(content: bytes):
    with pytest.raises(OutcomeUnknownError):
        await answered("Submit_Customer", 200, content)
    with pytest.raises(UnavailableError):
        await answered("Get_Customers", 200, content)


@pytest.mark.parametrize(
    ("status", "content", "failure"),
    [
        (200, fault("Client.validationError", "no"), RejectedError),
        (500, HTML, OutcomeUnknownError),
        (500, soap("<wd:Submit_Customer_Response/>"), OutcomeUnknownError),
        (503, HTML, UnavailableError),
        (429, b"", ThrottledError),
        (401, b'{"error": "invalid_token"}', CredentialsError),
        (302, b"", UnavailableError),
        (404, HTML, RejectedError),
    ],
)
async def test_the_body_is_read_before_the_status(
    status: int, content: bytes, failure: type[PerennialError]
):
    with pytest.raises(failure, match="Workday"):
        await answered("Submit_Customer", status, content)


async def test_a_processing_fault_of_a_read_is_merely_unavailable():
    detail = (
        "<wd:Processing_Fault><wd:Detail_Message>gave up</wd:Detail_Message></wd:Processing_Fault>"
    )
    with pytest.raises(UnavailableError):
        await answered("Get_Customers", 500, fault("Server", "Processing error", detail))
