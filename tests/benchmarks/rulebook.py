"""How many prorations with their invoices one core computes in a second of its time.

Each round prorates a change of seats in mid-month (credit and charge, with tax, discount and their
invoice) and bills a whole period. `python -m tests.benchmarks.rulebook` prints the rates.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from time import process_time
from typing import Final

from domain.invoicing.billing import billed_period, draft_for_period
from domain.invoicing.invoices import InvoiceHeader
from domain.periods.periods import Interval, IntervalUnit, Period
from domain.periods.proration import ProrationReason, prorate
from domain.plan_changes.changes import TermsChange, change_documents
from domain.pricing.discounts import Discount
from domain.pricing.on_change import ProrationBehaviour
from domain.pricing.pricing import Price, PriceModel
from domain.pricing.taxes import TaxRate
from domain.pricing.terms import Charge, PlanTerms
from tests.benchmarks.report import Budget, Measurement

_LEAST: Final = 10_000
_BUDGETED: Final = "proration_and_invoice"
_ZONE: Final = "Europe/Berlin"
_START: Final = datetime(2026, 1, 1, tzinfo=UTC)
_HEADER: Final = InvoiceHeader(
    invoice_id="bench-1", subscription_id="bench", account_id="bench", legal_entity="BENCH"
)
_VAT: Final = TaxRate(code="de-standard", name="VAT 19 %", rate=Decimal("0.19"))
_LAUNCH: Final = Discount(discount_id="launch", percent=Decimal(10), periods=3)


def measure() -> list[Measurement]:
    """Return the rates as rows of the benchmark's table; one of them has a budget."""
    rates = rates_of_rulebook()
    return [
        Measurement(
            what=f"rulebook: {name.replace('_', ' ')}",
            ours=rate,
            unit="a second",
            budget=Budget(limit=_LEAST, is_floor=True) if name == _BUDGETED else None,
            note="one core; discount, tax and, for changes, credit lines included",
        )
        for name, rate in rates.items()
    ]


def rates_of_rulebook(*, rounds: int = 2000, repeats: int = 5) -> dict[str, float]:
    """Return computations per second of processor time by name, the best of some repeats."""
    work = {
        "prorations": _prorate,
        "invoices": _invoice,
        "proration_and_invoice": _prorate_and_invoice,
        "change_documents": _change,
    }
    return {name: _rate(each, rounds, repeats) for name, each in work.items()}


def _prorate(number: int) -> None:
    at = _START + timedelta(days=1 + number % 29)
    prorate(
        rule=_OLD.proration,
        rate=_PAID.subtotal,
        span=Period(start=at, end=_PERIOD.period.end),
        whole=_PERIOD.period,
        zone=_ZONE,
        interval=_OLD.interval,
        reason=ProrationReason.REMAINING_TIME,
    )


def _invoice(number: int) -> None:
    billed = billed_period(_OLD, start=_START, zone=_ZONE, n=number % 24)
    draft = draft_for_period(_OLD, _HEADER, billed=billed, start=_START, zone=_ZONE)
    if draft.total.is_zero:
        raise AssertionError


def _prorate_and_invoice(number: int) -> None:
    _prorate(number)
    _invoice(number)


def _change(number: int) -> None:
    asked = TermsChange(
        old=_OLD,
        new=_NEW,
        start=_START,
        changed_at=_START + timedelta(days=1 + number % 29),
        zone=_ZONE,
        behaviour=ProrationBehaviour.INVOICE_NOW,
        invoices=(_PAID,),
    )
    change_documents(asked, _HEADER)


def _rate(work: Callable[[int], None], rounds: int, repeats: int) -> float:
    rates: list[float] = []
    for _ in range(repeats):
        begin = process_time()
        for number in range(rounds):
            work(number)
        rates.append(rounds / (process_time() - begin))
    return round(max(rates))


def _terms(seats: int) -> PlanTerms:
    price = Price(model=PriceModel.PER_SEAT, currency="EUR", unit_price=Decimal("19.00"))
    team = Charge(price_of="team", name="Team", price=price, quantity=seats, tax_rates=(_VAT,))
    plain = PlanTerms(
        plan="team",
        version=1,
        name="Team",
        interval=Interval(unit=IntervalUnit.MONTH),
        currency="EUR",
        quantity=seats,
        charges=(team,),
        features=(),
    )
    return replace(plain, discounts=(_LAUNCH,))


_OLD: Final = _terms(5)
_NEW: Final = _terms(8)
_PERIOD: Final = billed_period(_OLD, start=_START, zone=_ZONE, n=0)
_PAID: Final = draft_for_period(_OLD, _HEADER, billed=_PERIOD, start=_START, zone=_ZONE)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(rates_of_rulebook(), indent=2) + "\n")
