"""Builders of terms, invoices and changes for tests of changes."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from domain.credits.credit_documents import CreditNoteDocument
from domain.invoicing.billing import billed_period_at, draft_for_period
from domain.invoicing.invoices import InvoiceDocument, InvoiceHeader, InvoiceNumber, issue
from domain.periods.periods import Interval, IntervalUnit
from domain.plan_changes.changes import TermsChange
from domain.pricing.on_change import ProrationBehaviour
from domain.pricing.pricing import Price, PriceModel
from domain.pricing.taxes import TaxRate
from domain.pricing.terms import Charge, PlanTerms

START = datetime(2026, 1, 1, tzinfo=UTC)
MIDDLE = datetime(2026, 1, 16, tzinfo=UTC)
MONTH, YEAR = Interval(unit=IntervalUnit.MONTH), Interval(unit=IntervalUnit.YEAR)
VAT = TaxRate(code="de-standard", name="VAT 19 %", rate=Decimal("0.19"))
HEADER = InvoiceHeader(
    invoice_id="change-1", subscription_id="sub-1", account_id="acme", legal_entity="ACME_DE"
)
NUMBER = InvoiceNumber(
    number="RE-1", issued_on=date(2026, 1, 1), due_on=date(2026, 1, 1), taken_at=START
)


def terms(seats: int = 5, price: str = "19.00", *rates: TaxRate, **more: Any) -> PlanTerms:
    per_seat = Price(model=PriceModel.PER_SEAT, currency="EUR", unit_price=Decimal(price))
    plain = PlanTerms(
        plan="team",
        version=1,
        name="Team",
        interval=MONTH,
        currency="EUR",
        quantity=seats,
        charges=(
            Charge(price_of="team", name="Team", price=per_seat, quantity=seats, tax_rates=rates),
        ),
        features=(),
    )
    return replace(plain, **more)


def billed_at(bought: PlanTerms, at: datetime) -> InvoiceDocument:
    period = billed_period_at(bought, start=START, zone="UTC", instant=at)
    header = replace(HEADER, invoice_id=f"sub-1-{period.n}")
    draft = draft_for_period(bought, header, billed=period, start=START, zone="UTC")
    return issue(draft, NUMBER)


def change(old: PlanTerms, new: PlanTerms, at: datetime = MIDDLE, **more: Any) -> TermsChange:
    plain = TermsChange(
        old=old,
        new=new,
        start=START,
        changed_at=at,
        zone="UTC",
        behaviour=ProrationBehaviour.INVOICE_NOW,
        invoices=(billed_at(old, at),),
    )
    return replace(plain, **more)


def rows(document: InvoiceDocument | CreditNoteDocument | None) -> list[tuple[str, str, str]]:
    assert document is not None
    return [
        (line.description, f"{line.amount.to_decimal()}", line.reason) for line in document.lines
    ]
