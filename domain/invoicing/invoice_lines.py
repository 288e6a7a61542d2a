"""From charges to the lines of an invoice: price, discount, proration, tax, in this order.

Each step is rounded once, half up, to the minor unit. A discount is computed for the whole period and
prorated with it, so that an amount off shrinks with the part that is billed.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from domain.invoicing.invoices import InvoiceLine, TaxLine
from domain.money.money import Money
from domain.periods.periods import Period, zone_info
from domain.periods.proration import Prorated
from domain.pricing.discounts import DiscountedLine, LineAmount, discount_lines
from domain.pricing.pricing import ComponentKind, PricedComponent, price_quantity
from domain.pricing.taxes import TaxableLine, TaxedLine, TaxRate, TaxTotal, tax_lines
from domain.pricing.terms import Charge, PlanTerms

ProratePart = Callable[[Money], Prorated]
"""Takes the amount of a whole period and returns the part that is billed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LinePlan:
    """A line before discount, proration and tax.

    Attributes:
        price_of: Id in the catalog.
        description: What customers read.
        component: Quantity, unit price and amount of the whole period.
        period: The span the line pays for; None for one-off charges.
        reason: Why the line is there.
        rates: Tax rates that apply.
        part: How the part of a whole period is computed; None to bill all of it.
    """

    price_of: str
    description: str
    component: PricedComponent
    period: Period | None
    reason: str
    rates: tuple[TaxRate, ...]
    part: ProratePart | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class BilledLines:
    """Lines and the tax lines that go with them."""

    lines: tuple[InvoiceLine, ...]
    tax_lines: tuple[TaxLine, ...]


def plan_lines(
    charges: Iterable[Charge],
    *,
    period: Period | None,
    zone: str,
    reason: str,
    part: ProratePart | None = None,
) -> tuple[LinePlan, ...]:
    """Return one line per component of each charge, at least one per charge."""
    return tuple(
        LinePlan(
            price_of=charge.price_of,
            description=_description(charge, component, period, zone),
            component=component,
            period=period,
            reason=reason,
            rates=charge.tax_rates,
            part=part,
        )
        for charge in charges
        for component in _components(charge)
    )


def free_line(charge: Charge, *, period: Period, zone: str, reason: str) -> LinePlan:
    """Return the line of a charge that costs nothing for a period, such as a trial."""
    return LinePlan(
        price_of=charge.price_of,
        description=f"{charge.name}, {span_text(period, zone)}",
        component=_nothing(charge),
        period=period,
        reason=reason,
        rates=charge.tax_rates,
    )


def bill_lines(
    plans: Sequence[LinePlan],
    terms: PlanTerms,
    *,
    invoice_id: str,
    discount_period: int,
    on: date,
    first: int = 1,
) -> BilledLines:
    """Return the lines of an invoice with their taxes, in the order of the plans.

    Args:
        plans: Lines to print.
        terms: Discounts and tax settings.
        invoice_id: Prefix of the ids of the lines.
        discount_period: Number of the period for discounts, 0 for the first paid one.
        on: Local date on which the period starts.
        first: Number of the first line, 1 or more.
    """
    wholes = [
        LineAmount(line_id=f"{invoice_id}-{number}", amount=plan.component.amount)
        for number, plan in enumerate(plans, start=first)
    ]
    discounted = discount_lines(wholes, terms.discounts, period_number=discount_period, on=on)
    parts = [
        None if plan.part is None else plan.part(line.amount)
        for plan, line in zip(plans, discounted, strict=True)
    ]
    taxed = tax_lines(
        tuple(map(_taxable, plans, discounted, parts)),
        currency=terms.currency,
        mode=terms.tax_mode,
        scope=terms.tax_scope,
    )
    return BilledLines(
        lines=tuple(map(_line, plans, discounted, parts, taxed.lines)),
        tax_lines=tuple(map(_tax_line, taxed.totals)),
    )


def join_tax_lines(groups: Iterable[Sequence[TaxLine]]) -> tuple[TaxLine, ...]:
    """Return one tax line per rate, the sum of those given, in order of first appearance."""
    joined: dict[tuple[str, Decimal], TaxLine] = {}
    for line in (line for group in groups for line in group):
        # A tax service may keep a code when its rate changes; two rates are never one line.
        key = line.code, line.rate
        known = joined.get(key)
        joined[key] = line if known is None else _sum(known, line)
    return tuple(joined.values())


def numbered_lines(billed: BilledLines, invoice_id: str) -> BilledLines:
    """Return the lines with ids made of the invoice's id and their position; credits refer to these ids."""
    named = {
        line.line_id: f"{invoice_id}-{number}"
        for number, line in enumerate(billed.lines, start=1)
        if line.credit_of is None
    }
    lines = (
        replace(
            line,
            line_id=f"{invoice_id}-{number}",
            # A line that waited may have been credited before it got its position.
            credit_of=named.get(line.credit_of or "", line.credit_of),
        )
        for number, line in enumerate(billed.lines, start=1)
    )
    return replace(billed, lines=tuple(lines))


def span_text(period: Period, zone: str) -> str:
    """Return the span as local dates, the second one excluded."""
    tz = zone_info(zone)
    start, end = period.start.astimezone(tz), period.end.astimezone(tz)
    return f"{start:%Y-%m-%d} to {end:%Y-%m-%d}"


def _components(charge: Charge) -> tuple[PricedComponent, ...]:
    priced = price_quantity(charge.price, Decimal(charge.quantity))
    return priced.components or (_nothing(charge),)


def _nothing(charge: Charge) -> PricedComponent:
    return PricedComponent(
        kind=ComponentKind.UNITS,
        quantity=Decimal(charge.quantity),
        unit_price=Decimal(0),
        amount=Money.zero(charge.price.currency),
    )


def _description(
    charge: Charge, component: PricedComponent, period: Period | None, zone: str
) -> str:
    words = [charge.name]
    if period is not None:
        words.append(span_text(period, zone))
    if component.kind is ComponentKind.TIER_FEE:
        words.append("fee of the tier")
    elif component.kind is ComponentKind.TRUE_UP:
        words.append("true-up to the minimum")
    elif charge.price.included:
        words.append(f"beyond {min(charge.price.included, Decimal(charge.quantity))} included")
    return ", ".join(words)


def _taxable(plan: LinePlan, line: DiscountedLine, part: Prorated | None) -> TaxableLine:
    amount = line.amount if part is None else part.amount
    return TaxableLine(line_id=line.line_id, amount=amount, rates=plan.rates)


def _line(
    plan: LinePlan, discounted: DiscountedLine, part: Prorated | None, taxed: TaxedLine
) -> InvoiceLine:
    return InvoiceLine(
        line_id=discounted.line_id,
        price_of=plan.price_of,
        description=plan.description,
        quantity=plan.component.quantity,
        unit_price=plan.component.unit_price,
        amount=taxed.net,
        period=plan.period,
        reason=plan.reason,
        factor=None if part is None else part.factor,
        list_amount=plan.component.amount,
        discounts=discounted.applied,
        prorated=part,
        taxes=taxed.taxes,
    )


def _tax_line(total: TaxTotal) -> TaxLine:
    return TaxLine(
        name=total.rate.name,
        rate=total.rate.rate,
        taxable=total.taxable,
        amount=total.amount,
        code=total.rate.code,
        is_reverse_charge=total.rate.is_reverse_charge,
    )


def _sum(left: TaxLine, right: TaxLine) -> TaxLine:
    return TaxLine(
        name=left.name,
        rate=left.rate,
        taxable=left.taxable + right.taxable,
        amount=left.amount + right.amount,
        code=left.code,
        is_reverse_charge=left.is_reverse_charge,
    )
