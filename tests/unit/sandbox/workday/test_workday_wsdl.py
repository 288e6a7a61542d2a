"""Our schema, requests and answers against Workday's own contract, if somebody has it.

The file is Workday's and not ours to hand on: `WORKDAY_WSDL=/path/to/Revenue_Management.wsdl` names a copy.
"""

import os
from collections.abc import Generator
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
from lxml import etree

from connectors.workday.documents import (
    customer_fields,
    customer_ref,
    invoice_fields,
    invoice_ref,
    payment_fields,
    payment_ref,
)
from connectors.workday.envelopes import Fields, request_element
from connectors.workday.settings import UsernameToken, WorkdaySettings
from domain.effects.outbox import PostErpInvoice, PostErpPayment
from domain.parties.orders import PaymentKind
from domain.periods.periods import Period
from tests.unit.connectors.conftest import MAPPING, account, day, document, line, tax, usd
from tests.unit.sandbox.workday.conftest import NAMESPACES, Caller, Requests

XSD = "{http://www.w3.org/2001/XMLSchema}"
WD = "urn:com.workday/bsvc"
OURS = Path("sandbox/workday/revenue_management.xsd")
WSDL = os.environ.get("WORKDAY_WSDL", "")
NEEDS_WSDL = pytest.mark.skipif(not WSDL, reason="WORKDAY_WSDL names no contract")

SETTINGS = WorkdaySettings(
    address="http://workday",
    tenant="t",
    credentials=UsernameToken(username="u", password="p"),
    mapping=MAPPING,
)
DEMO_PERIOD = Period(
    start=datetime(2026, 11, 1, 12, tzinfo=UTC), end=datetime(2026, 11, 1, 12, 0, 5, tzinfo=UTC)
)
INVOICES = [
    document("plain", tax_lines=(tax(),), purchase_order="PO 7"),
    document("demo", lines=(line(period=DEMO_PERIOD),)),
    document("one-off", lines=(line(period=None, quantity=Decimal("0.333")),)),
    document("discounted", lines=(line(), line(-4900, line_id="credit"))),
    document("dinar", currency="KWD", lines=(line(12345, "KWD"),)),
]


@cache
def contract() -> etree._Element:
    """Return the schema inside the WSDL."""
    found = etree.parse(WSDL).find(f".//{XSD}schema")
    assert found is not None
    return found


@cache
def validator() -> etree.XMLSchema:
    return etree.XMLSchema(etree.fromstring(etree.tostring(contract())))


def offences(element: etree._Element) -> list[str]:
    """Return what Workday's own schema finds wrong with an element."""
    alone = etree.fromstring(etree.tostring(element, with_tail=False))
    return [] if validator().validate(alone) else [str(validator().error_log)]


def our_requests() -> Generator[tuple[str, Fields, bool]]:
    yield "Submit_Customer", customer_fields(account("a"), currency="EUR", settings=SETTINGS), False
    for invoice in INVOICES:
        effect = PostErpInvoice(document=invoice, payment_kind=PaymentKind.TRANSFER)
        yield "Submit_Customer_Invoice", invoice_fields(effect, SETTINGS), True
    payment = PostErpPayment(
        payment_id="pi_1",
        invoice_number="INV-1",
        account_id="acc-1",
        legal_entity="acme-us",
        payment_kind=PaymentKind.CARD,
        amount=usd(4900),
        paid_on=day(),
    )
    yield "Put_Customer_Payment", payment_fields(payment, SETTINGS), True
    yield "Cancel_Customer_Invoice", {"Customer_Invoice_Reference": invoice_ref("INV-1")}, False
    for operation, name, reference in (
        ("Get_Customers", "Customer_Reference", customer_ref("acc-1")),
        ("Get_Customer_Invoices", "Customer_Invoice_Reference", invoice_ref("INV-1")),
        ("Get_Customer_Payments", "Customer_Payment_Reference", payment_ref("pi_1")),
    ):
        yield operation, {"Request_References": {name: reference}}, False


def built() -> list[etree._Element]:
    return [
        request_element(f"{operation}_Request", fields, version="v39.2", is_add_only=is_add_only)
        for operation, fields, is_add_only in our_requests()
    ]


@NEEDS_WSDL
def test_what_we_send_is_valid_by_workdays_own_contract() -> None:
    assert [said for request in built() for said in offences(request)] == []


@pytest.mark.parametrize("number", range(len(built())))
def test_what_we_send_is_valid_by_our_own_schema(number: int) -> None:
    ours = etree.XMLSchema(etree.parse(OURS))
    assert ours.validate(etree.fromstring(etree.tostring(built()[number]))), ours.error_log


@NEEDS_WSDL
def test_every_type_of_id_that_we_send_is_one_that_the_reference_takes() -> None:
    taken: set[tuple[str, str]] = set()
    for node in contract().iter(f"{XSD}element"):
        kind = (node.get("type") or "").removeprefix("wd:").removesuffix("ObjectType")
        path = f"{XSD}simpleType[@name='{kind}ReferenceEnumeration']"
        for value in contract().iterfind(f"{path}//{{{WD}}}enumeration"):
            taken.add((node.get("name", ""), value.get("value", "")))
    sent = {
        (etree.QName(parent).localname, identifier.get(f"{{{WD}}}type", ""))
        for request in built()
        for identifier in request.iter(f"{{{WD}}}ID")
        if (parent := identifier.getparent()) is not None
    }
    assert sent - taken == set()


@NEEDS_WSDL
async def test_what_the_played_workday_answers_is_valid_by_the_contract(
    workday_caller: Caller, requests: type[Requests]
) -> None:
    for body in (
        requests.customer(),
        requests.invoice(),
        requests.invoice("INV-2", submit=False),
        requests.payment(amount="100.00"),
        requests.credit(),
        requests.read_invoices("INV-1", "INV-2"),
        requests.read_customer("Customer_ID", "acc-1"),
        requests.read_payment("pay-1"),
        requests.cancel("INV-2"),
        requests.invoice(),
    ):
        reply = await workday_caller.send(body)
        answer = reply.root.find("soap:Body", NAMESPACES)
        assert answer is not None
        if reply.status == 200:
            assert offences(answer[0]) == []
        else:
            detail = answer.find(".//detail")
            assert detail is not None
            assert offences(detail[0]) == []


@NEEDS_WSDL
def test_what_our_schema_takes_is_valid_by_the_contract() -> None:
    ours = etree.XMLSchema(etree.parse(OURS))
    for body in (
        Requests.customer(),
        Requests.invoice(),
        Requests.payment(),
        Requests.credit(),
        Requests.cancel(),
        Requests.read_invoices("INV-1"),
        Requests.read_customer("Customer_ID", "acc-1"),
        Requests.read_payment("pay-1"),
    ):
        within = etree.fromstring(f'<x xmlns:wd="{WD}">{body}</x>')[0]
        request = etree.fromstring(etree.tostring(within, with_tail=False))
        assert ours.validate(request), ours.error_log
        assert offences(request) == []
