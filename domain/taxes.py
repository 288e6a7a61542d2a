"""Tax on invoice lines, from the rates that a tax port answered with.

Prices are exclusive (tax comes on top) or inclusive (tax is contained). Tax is rounded per line or
once per group of lines with the same rates, half up in magnitude; the total is always the rounded
subtotal + the rounded tax. Each line's share of a group's tax is the difference of two roundings of
the running total, so that shares add up exactly, also when some lines are negative.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from math import lcm

from domain.credit_notes import TaxPart
from domain.money import Money, sum_money
from domain.rounding import Rounding, round_ratio


class TaxMode(StrEnum):
    """Whether the amounts of the lines contain their tax."""

    EXCLUSIVE = "exclusive"
    INCLUSIVE = "inclusive"


class TaxScope(StrEnum):
    """Where tax is rounded; company policy."""

    PER_LINE = "per_line"
    PER_GROUP = "per_group"


@dataclass(frozen=True, kw_only=True, slots=True)
class TaxRate:
    """One rate of the rate table.

    Attributes:
        code: Key in the table, such as "de-standard"; unique per rate.
        name: What the invoice prints, such as "VAT 19 %".
        rate: Fraction, 0.19 for 19 %; 0 or more.
        is_reverse_charge: The buyer owes the tax (EU VAT Directive 2006/112, art. 196): the line is
            shown with its taxable amount and a tax of 0, whatever the rate.

    Raises:
        ValueError: The rate is negative.
    """

    code: str
    name: str
    rate: Decimal
    is_reverse_charge: bool = False

    def __post_init__(self) -> None:
        if not self.rate.is_finite() or self.rate < 0:
            raise ValueError(f"tax rate {self.code} must be 0 or more, got {self.rate}")

    @property
    def charged_ratio(self) -> tuple[int, int]:
        """The rate that the seller charges, as numerator and denominator."""
        return (0, 1) if self.is_reverse_charge else self.rate.as_integer_ratio()


@dataclass(frozen=True, kw_only=True, slots=True)
class TaxableLine:
    """A line and the rates that the tax port found for it; no rates means outside of tax.

    Attributes:
        line_id: Unique within the invoice.
        amount: After discount; without tax if prices are exclusive, with it if inclusive.
        rates: All rates that apply, such as state and county.
    """

    line_id: str
    amount: Money
    rates: tuple[TaxRate, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class TaxedLine:
    """A line split into its net amount and its share of each rate's tax."""

    line_id: str
    net: Money
    taxes: tuple[TaxPart, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class TaxTotal:
    """The tax of one rate: `amount` is the rounded tax on `taxable` (net)."""

    rate: TaxRate
    taxable: Money
    amount: Money


@dataclass(frozen=True, kw_only=True, slots=True)
class TaxedLines:
    """Lines and taxes of an invoice.

    Attributes:
        lines: One per line given, in the same order.
        totals: One per rate, in order of first appearance.
        subtotal: Sum of the net lines.
        tax: Sum of the totals.
    """

    lines: tuple[TaxedLine, ...]
    totals: tuple[TaxTotal, ...]
    subtotal: Money
    tax: Money

    @property
    def total(self) -> Money:
        """Rounded subtotal + rounded tax."""
        return self.subtotal + self.tax


def tax_lines(
    lines: Sequence[TaxableLine], *, currency: str, mode: TaxMode, scope: TaxScope
) -> TaxedLines:
    """Return the lines with their net amounts and taxes, and one total per rate.

    Args:
        lines: Lines of one invoice, all in the currency.
        currency: ISO 4217 code.
        mode: Whether the amounts contain tax.
        scope: Where tax is rounded.

    Raises:
        CurrencyMismatchError: A line is in another currency.
        ValueError: Two rates share a code, or two lines an id.
    """
    _check(lines)
    running: dict[tuple[str, tuple[str, ...]], Money] = {}
    taxed: list[TaxedLine] = []
    for line in lines:
        parts: list[TaxPart] = []
        for rate, share in _shares(line, mode):
            key = (rate.code, tuple(each.code for each in line.rates))
            group = key if mode is TaxMode.INCLUSIVE else (rate.code, ())
            before = Money.zero(currency)
            if scope is TaxScope.PER_GROUP:
                before = running.get(group, before)
            after = before + line.amount
            running[group] = after
            parts.append(TaxPart(code=rate.code, amount=share(after) - share(before)))
        taxed.append(_taxed(line, tuple(parts), mode))
    subtotal = sum_money((line.net for line in taxed), currency)
    totals = _totals(lines, taxed, currency)
    return TaxedLines(
        lines=tuple(taxed),
        totals=totals,
        subtotal=subtotal,
        tax=sum_money((total.amount for total in totals), currency),
    )


def rates_for(table: Mapping[str, TaxRate], codes: Sequence[str]) -> tuple[TaxRate, ...]:
    """Return the rates of a rate table by their codes.

    Raises:
        ValueError: The table has no such rate.
    """
    unknown = [code for code in codes if code not in table]
    if unknown:
        raise ValueError(f"no tax rate {unknown[0]!r} in the table: it has {sorted(table)}")
    return tuple(table[code] for code in codes)


def _shares(line: TaxableLine, mode: TaxMode) -> Iterator[tuple[TaxRate, Callable[[Money], Money]]]:
    """Return for each rate how much tax an amount of lines with these rates carries."""
    ratios = [rate.charged_ratio for rate in line.rates]
    common = lcm(*(denominator for _, denominator in ratios))
    parts = [numerator * common // denominator for numerator, denominator in ratios]
    whole = common + sum(parts)
    below = 0
    for rate, part in zip(line.rates, parts, strict=True):
        if mode is TaxMode.EXCLUSIVE:
            yield rate, _rounded_part(0, part, common)
        else:
            # Rounding the running sum of rates keeps net + taxes equal to the price.
            yield rate, _rounded_part(below, below + part, whole)
        below += part


def _rounded_part(low: int, high: int, whole: int) -> Callable[[Money], Money]:
    def part(amount: Money) -> Money:
        units = _rounded(amount.minor_units * high, whole)
        if low:
            units -= _rounded(amount.minor_units * low, whole)
        return Money(minor_units=units, currency=amount.currency)

    return part


def _rounded(numerator: int, denominator: int) -> int:
    return round_ratio(numerator, denominator, rounding=Rounding.HALF_UP)


def _taxed(line: TaxableLine, parts: tuple[TaxPart, ...], mode: TaxMode) -> TaxedLine:
    net = line.amount
    if mode is TaxMode.INCLUSIVE:
        net -= sum_money((part.amount for part in parts), line.amount.currency)
    return TaxedLine(line_id=line.line_id, net=net, taxes=parts)


def _totals(
    lines: Sequence[TaxableLine], taxed: Sequence[TaxedLine], currency: str
) -> tuple[TaxTotal, ...]:
    rates = {rate.code: rate for line in lines for rate in line.rates}
    zero = Money.zero(currency)
    taxable = dict.fromkeys(rates, zero)
    amounts = dict.fromkeys(rates, zero)
    for line in taxed:
        for part in line.taxes:
            taxable[part.code] += line.net
            amounts[part.code] += part.amount
    return tuple(
        TaxTotal(rate=rate, taxable=taxable[code], amount=amounts[code])
        for code, rate in rates.items()
    )


def _check(lines: Sequence[TaxableLine]) -> None:
    if len({line.line_id for line in lines}) != len(lines):
        raise ValueError("two lines of one invoice have the same line_id")
    by_code: dict[str, TaxRate] = {}
    for line in lines:
        if len({rate.code for rate in line.rates}) != len(line.rates):
            raise ValueError(f"line {line.line_id} names a tax rate twice")
        for rate in line.rates:
            if by_code.setdefault(rate.code, rate) != rate:
                raise ValueError(f"two different tax rates share the code {rate.code!r}")
