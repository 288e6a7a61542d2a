"""Our documents as Workday's fields: dates, taxes and what is refused before it is sent."""

import dataclasses
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from lxml import etree

from connectors.workday.documents import amount, invoice_fields
from connectors.workday.envelopes import all_at, request_element, text_at
from connectors.workday.settings import UsernameToken, WorkdayMapping, WorkdaySettings
from domain.effects.outbox import PostErpInvoice
from domain.failures import RejectedError
from domain.invoicing.invoices import InvoiceLine
from domain.money.money import Money
from domain.parties.orders import PaymentKind
from domain.periods.periods import Period
from domain.pricing.taxes import TaxPart
from tests.unit.connectors.conftest import MAPPING, document, line, tax, usd

LINE = "Customer_Invoice_Line_Replacement_Data"
SETTINGS = WorkdaySettings(
    address="http://127.0.0.1:9",
    tenant="t",
    credentials=UsernameToken(username="u", password="p"),
    mapping=MAPPING,
)


def sent_invoice(*lines: InvoiceLine, zone: str = "UTC", **changes: Any) -> etree._Element:
    effect = PostErpInvoice(
        document=document("x", lines=lines, **changes), payment_kind=PaymentKind.CARD, zone=zone
    )
    fields = invoice_fields(effect, SETTINGS)
    return request_element("Submit_Customer_Invoice_Request", fields, version="v")[1]


def test_the_last_day_of_a_period_is_the_one_before_the_next_begins():
    data = sent_invoice(line())
    assert (text_at(data, "From_Date"), text_at(data, "To_Date")) == ("2026-11-01", "2026-11-30")
    assert text_at(data, f"{LINE}/From_Date") == "2026-11-01"
    assert text_at(data, f"{LINE}/To_Date") == "2026-11-30"


@pytest.mark.parametrize(
    ("zone", "start", "end"),
    [
        # Midnights of the first of November and of December there.
        ("Europe/Berlin", "2026-10-31T23:00", "2026-11-30T23:00"),
        ("America/Los_Angeles", "2026-11-01T07:00", "2026-12-01T08:00"),
        ("Pacific/Auckland", "2026-10-31T11:00", "2026-11-30T11:00"),
    ],
)
def test_the_days_of_a_period_are_those_of_the_account(zone: str, start: str, end: str):
    month = Period(
        start=datetime.fromisoformat(f"{start}+00:00"), end=datetime.fromisoformat(f"{end}+00:00")
    )
    data = sent_invoice(line(period=month), zone=zone)
    assert (text_at(data, "From_Date"), text_at(data, "To_Date")) == ("2026-11-01", "2026-11-30")
    assert text_at(data, f"{LINE}/From_Date") == "2026-11-01"
    assert text_at(data, f"{LINE}/To_Date") == "2026-11-30"


def test_a_period_within_one_day_has_no_span_in_the_header():
    start = datetime(2026, 11, 1, 12, tzinfo=UTC)
    data = sent_invoice(line(period=Period(start=start, end=start + timedelta(seconds=5))))
    assert (text_at(data, "From_Date"), text_at(data, "To_Date")) == ("", "")
    assert text_at(data, f"{LINE}/From_Date") == "2026-11-01"
    assert text_at(data, f"{LINE}/To_Date") == "2026-11-01"


def test_lines_of_different_rates_carry_their_own_tax():
    data = sent_invoice(
        line(4900, taxes=(TaxPart(code="vat-19", amount=usd(931)),)),
        line(4900, line_id="free", taxes=(TaxPart(code="zero", amount=usd(0)),)),
        tax_lines=(tax(931), tax(0)),
    )
    taxes = [text_at(each, "Calculated_Tax_Amount") for each in all_at(data, LINE)]
    assert taxes == ["9.31", "0.00"]


@pytest.mark.parametrize(
    ("quantity", "unit_price", "is_sent"),
    [
        ("1", "49.00", True),
        ("3.5", "14.00", True),
        # Half a month; a price and a quantity with more decimals than Workday keeps.
        ("1", "98.00", False),
        ("490000000", "0.0000001", False),
        ("0.0001", "490000", False),
    ],
)
def test_quantity_and_unit_cost_are_sent_only_if_workday_would_come_to_the_same_amount(
    quantity: str, unit_price: str, is_sent: bool
):
    data = sent_invoice(line(4900, quantity=Decimal(quantity), unit_price=Decimal(unit_price)))
    assert text_at(data, f"{LINE}/Extended_Amount") == "49.00"
    assert bool(text_at(data, f"{LINE}/Quantity")) is is_sent
    assert bool(text_at(data, f"{LINE}/Unit_Cost")) is is_sent


def test_an_amount_with_four_decimals_is_refused():
    with pytest.raises(RejectedError, match="three decimals"):
        amount(Money(minor_units=12345, currency="CLF"))


def test_a_payment_kind_without_terms_is_refused():
    mapping = WorkdayMapping(
        payment_terms={}, payment_types={}, default_revenue_category="S", customer_category="C"
    )
    settings = dataclasses.replace(SETTINGS, mapping=mapping)
    effect = PostErpInvoice(document=document("x"), payment_kind=PaymentKind.CARD)
    with pytest.raises(RejectedError, match="payment terms is configured for card"):
        invoice_fields(effect, settings)
