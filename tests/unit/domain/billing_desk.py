"""Builders of prices, charges, terms and drafts for tests of billing."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from domain.entitlements.grants import FeatureQuantity
from domain.invoicing.billing import billed_period, draft_for_period
from domain.invoicing.invoices import InvoiceDocument, InvoiceHeader
from domain.money.money import Money
from domain.periods.periods import Interval, IntervalUnit
from domain.pricing.pricing import Price, PriceModel
from domain.pricing.taxes import TaxRate
from domain.pricing.terms import Charge, PlanTerms

START = datetime(2026, 1, 16, tzinfo=UTC)
VAT = TaxRate(code="de-standard", name="VAT 19 %", rate=Decimal("0.19"))
REVERSE = TaxRate(code="rc", name="Reverse charge", rate=Decimal(0), is_reverse_charge=True)
HEADER = InvoiceHeader(
    invoice_id="sub-1-0001",
    subscription_id="sub-1",
    account_id="acme",
    legal_entity="ACME_DE",
    purchase_order="PO 7",
)
MONTH = Interval(unit=IntervalUnit.MONTH)


def eur(text: str) -> Money:
    return Money.parse(text, "EUR")


def per_seat(text: str = "19.00", **more: Any) -> Price:
    return Price(model=PriceModel.PER_SEAT, currency="EUR", unit_price=Decimal(text), **more)


def charge(
    price: Price | None = None, quantity: int = 5, name: str = "Team", **more: Any
) -> Charge:
    return Charge(
        price_of=name.lower(), name=name, price=price or per_seat(), quantity=quantity, **more
    )


def terms(*charges: Charge, **more: Any) -> PlanTerms:
    plain = PlanTerms(
        plan="team",
        version=1,
        name="Team",
        interval=MONTH,
        currency="EUR",
        quantity=5,
        charges=charges or (charge(),),
        features=(FeatureQuantity(key="seats", quantity=5),),
    )
    return replace(plain, **more)


def draft(bought: PlanTerms, n: int = 0, *, start: datetime = START) -> InvoiceDocument:
    billed = billed_period(bought, start=start, zone="UTC", n=n)
    return draft_for_period(bought, HEADER, billed=billed, start=start, zone="UTC")


def rows(document: InvoiceDocument) -> list[tuple[str, str, str]]:
    return [(line.description, str(line.amount), line.reason) for line in document.lines]
