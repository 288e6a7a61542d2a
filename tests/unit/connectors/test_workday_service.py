"""Calls to a Workday tenant: bearer tokens and warnings."""

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
from connectors.workday.settings import OAuthClient, WorkdaySettings
from domain.failures import (
    CredentialsError,
    PerennialError,
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

    async def token(self, request: Request) -> Response:
        self.forms.append(dict(parse_qsl((await request.body()).decode())))
        if self.status != 200:
            return JSONResponse({"error": "invalid_grant"}, status_code=self.status)
        self.granted += 1
        self.valid = f"token-{self.granted}"
        return JSONResponse({"access_token": self.valid})

    async def call(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {self.valid}":
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


@pytest.mark.parametrize(
    ("status", "failure"),
    [(400, CredentialsError), (401, CredentialsError), (503, UnavailableError)],
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
