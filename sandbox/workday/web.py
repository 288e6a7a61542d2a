"""The simulated Workday over HTTP: the SOAP endpoint, its credentials, the page and the control endpoints."""

import hmac
from collections.abc import Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from sandbox.announcer import Announcer
from sandbox.pages import render
from sandbox.workday import tenant
from sandbox.workday.adjustments import submit_adjustment
from sandbox.workday.customers import submit_customer
from sandbox.workday.desk import Desk
from sandbox.workday.invoices import approve_invoice, cancel_invoice, submit_invoice
from sandbox.workday.payments import put_payment
from sandbox.workday.reads import get_customers, get_invoices, get_payments
from sandbox.workday.records import ADJUSTMENT, CUSTOMER, INVOICE, PAYMENT, SYSTEM, Records
from sandbox.workday.schema import check_contract
from sandbox.workday.soap import (
    VERSION,
    Element,
    Envelope,
    SoapFaultError,
    ValidationFaultError,
    answer,
    local_name,
    parse,
    processing_fault,
)
from sandbox.world import World

_OPERATIONS: dict[str, Callable[[Desk, Element], Element]] = {
    "Submit_Customer_Request": submit_customer,
    "Submit_Customer_Invoice_Request": submit_invoice,
    "Submit_Customer_Invoice_Adjustment_Request": submit_adjustment,
    "Cancel_Customer_Invoice_Request": cancel_invoice,
    "Put_Customer_Payment_Request": put_payment,
    "Get_Customers_Request": get_customers,
    "Get_Customer_Invoices_Request": get_invoices,
    "Get_Customer_Payments_Request": get_payments,
}
_SERVICE = "Revenue_Management"
_SHOWN = 100


def build_web(world: World) -> Starlette:
    """Return the app that serves everything below Workday's prefix."""
    web = _Workday(world)
    return Starlette(
        routes=[
            Route("/", web.page),
            Route("/ccx/service/{tenant}/{service}/{version}", web.call, methods=["POST"]),
            Route("/_control/emit", web.announcer.emit, methods=["POST"]),
            Route("/_control/approve/{invoice}", web.approve, methods=["POST"]),
        ]
    )


def operation_of(body: bytes) -> str:
    """Return the name of the requested operation, such as `Get_Customers`; empty if it cannot be read."""
    try:
        return local_name(parse(body).payload).removesuffix("_Request")
    except SoapFaultError:
        return ""


def fault_answer(status: int) -> Response:
    """Return a scripted failure in the form that Workday uses.

    401 means wrong credentials, 403 a missing permission, 409 another process that works on the same
    object, 429 a throttle, 500 a service that failed during processing; all others mean maintenance.
    """
    if status == 429:  # noqa: PLR2004 - Too Many Requests
        return PlainTextResponse("Too many requests", 429, headers={"Retry-After": "1"})
    fault = _SCRIPTED.get(status)
    if fault is not None:
        # A SOAP fault always has status 500.
        return fault().response()
    return PlainTextResponse("<html><body>Workday is unavailable</body></html>", status)


def _wrong_credentials() -> SoapFaultError:
    return SoapFaultError("Client.authenticationError", "invalid username or password")


_SCRIPTED: dict[int, Callable[[], SoapFaultError]] = {
    401: _wrong_credentials,
    403: lambda: processing_fault("The task submitted is not authorized."),
    409: lambda: ValidationFaultError(
        "A Customer Change Business Process Event is In-Progress."
        "  Cannot submit changes that impact this existing In-Progress event."
    ),
    500: lambda: processing_fault("Scripted fault: the task could not be completed."),
}


class _Workday:
    def __init__(self, world: World) -> None:
        self._world = world
        self._records = Records(store=world.store)
        settings = world.settings
        self.announcer = Announcer(
            world, SYSTEM, url=settings.erp_event_url, secret=settings.erp_event_secret
        )

    def _desk(self) -> Desk:
        return Desk(records=self._records, journal=self._world.journal, at=self._world.now())

    async def call(self, request: Request) -> Response:
        try:
            envelope = parse(await request.body())
            _check_address(request)
            _check_credentials(request, envelope)
            operation = _OPERATIONS.get(local_name(envelope.payload))
            if operation is None:
                raise _invalid_operation()
            check_contract(envelope.payload)
            tenant.check_references(envelope.payload)
            return answer(operation(self._desk(), envelope.payload))
        except SoapFaultError as fault:
            return fault.response()

    async def approve(self, request: Request) -> JSONResponse:
        invoice = approve_invoice(self._desk(), request.path_params["invoice"])
        if invoice is None:
            return JSONResponse({"error": "no such invoice"}, status_code=404)
        return JSONResponse(invoice)

    async def page(self, request: Request) -> Response:
        store, journal = self._world.store, self._world.journal
        return render(
            request,
            "workday.html",
            customers=store.newest(SYSTEM, CUSTOMER, _SHOWN),
            invoices=store.newest(SYSTEM, INVOICE, _SHOWN),
            adjustments=store.newest(SYSTEM, ADJUSTMENT, _SHOWN),
            payments=store.newest(SYSTEM, PAYMENT, _SHOWN),
            entries=journal.newest(SYSTEM, _SHOWN),
        )


def _invalid_operation() -> SoapFaultError:
    return SoapFaultError(
        "Client", "The web service or version is invalid for the requested operation"
    )


def _check_address(request: Request) -> None:
    path = request.path_params
    if path["service"] != _SERVICE or path["version"] != VERSION:
        raise _invalid_operation()


def _check_credentials(request: Request, envelope: Envelope) -> None:
    is_known = request.path_params["tenant"] == tenant.NAME and (
        _same(request.headers.get("authorization"), f"Bearer {tenant.BEARER_TOKEN}")
        or (_same(envelope.username, tenant.USERNAME) and _same(envelope.password, tenant.PASSWORD))
    )
    if not is_known:
        raise _wrong_credentials()


def _same(given: str | None, expected: str) -> bool:
    return given is not None and hmac.compare_digest(given.encode(), expected.encode())
