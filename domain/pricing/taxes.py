"""Tax on invoice lines, from the rates that a tax port returned.

Prices are exclusive (tax comes on top) or inclusive (tax is contained). Tax is rounded per line or
once per group of lines with the same rates, half up in magnitude; the total is always the rounded
subtotal + the rounded tax. Each line's share of a group's tax is the difference of two roundings of
the running total, so that shares add up exactly, also when some lines are negative.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from math import lcm

from domain.money.money import Money, sum_money
from domain.money.rounding import Rounding, round_ratio


class TaxMode(StrEnum):
    """Whether the amounts of the lines contain their tax."""

    EXCLUSIVE = "exclusive"
    INCLUSIVE = "inclusive"


class TaxScope(StrEnum):
    """Where tax is rounded; company policy."""

    PER_LINE = "per_line"
    PER_GROUP = "per_group"


@dataclass(frozen=True, kw_only=True, slots=True)
class TaxPart:
    """Tax of one rate on one line, by the rate's code."""

    code: str
    amount: Money


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
    """A line and the rates that the tax port found for it; no rates means that no tax applies.

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
    groups = _Groups(is_kept=scope is TaxScope.PER_GROUP)
    parts_of = groups.on_top if mode is TaxMode.EXCLUSIVE else groups.contained
    taxed = [_taxed(line, parts_of(line), mode) for line in lines]
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


class _Groups:
    """Running totals of lines with the same rates; reset after every line unless they are kept."""

    def __init__(self, *, is_kept: bool) -> None:
        self._is_kept = is_kept
        self._taxable: dict[tuple[str, ...], Money] = {}
        self._given: dict[tuple[str, ...], tuple[Money, ...]] = {}

    def on_top(self, line: TaxableLine) -> tuple[TaxPart, ...]:
        """Return the taxes that come on top of a line; a group is all lines with one rate."""
        parts: list[TaxPart] = []
        for rate in line.rates:
            before, after = self._grown((rate.code,), line.amount)
            share = _on_top(rate, after)
            if not before.is_zero:
                share -= _on_top(rate, before)
            parts.append(TaxPart(code=rate.code, amount=share))
        return tuple(parts)

    def contained(self, line: TaxableLine) -> tuple[TaxPart, ...]:
        """Return the taxes that a line contains; a group is all lines with the same set of rates."""
        codes = tuple(rate.code for rate in line.rates)
        _, after = self._grown(codes, line.amount)
        zero = Money.zero(line.amount.currency)
        given = self._given.get(codes, (zero,) * len(codes))
        wanted = [
            due - so_far for due, so_far in zip(_contained(line.rates, after), given, strict=True)
        ]
        shares = _on_one_side(wanted, line.amount)
        if self._is_kept:
            self._given[codes] = tuple(map(Money.__add__, given, shares))
        return tuple(map(_tax_part, codes, shares))

    def _grown(self, group: tuple[str, ...], amount: Money) -> tuple[Money, Money]:
        before = self._taxable.get(group, Money.zero(amount.currency))
        if self._is_kept:
            self._taxable[group] = before + amount
        return before, before + amount


def _tax_part(code: str, amount: Money) -> TaxPart:
    return TaxPart(code=code, amount=amount)


def _on_top(rate: TaxRate, amount: Money) -> Money:
    numerator, denominator = rate.charged_ratio
    units = _rounded(amount.minor_units * numerator, denominator)
    return Money(minor_units=units, currency=amount.currency)


def _contained(rates: Sequence[TaxRate], amount: Money) -> Iterator[Money]:
    """Return how much of each rate's tax an amount of lines with these rates contains."""
    ratios = [rate.charged_ratio for rate in rates]
    common = lcm(*(denominator for _, denominator in ratios))
    parts = [numerator * common // denominator for numerator, denominator in ratios]
    whole = common + sum(parts)
    below, rounded_below = 0, 0
    for part in parts:
        below += part
        # Rounding the running sum of rates keeps net + taxes equal to the price.
        rounded = _rounded(amount.minor_units * below, whole)
        yield Money(minor_units=rounded - rounded_below, currency=amount.currency)
        rounded_below = rounded


def _on_one_side(shares: Sequence[Money], amount: Money) -> Sequence[Money]:
    """Return shares with the same sum, none of which has the opposite sign of the amount.

    The difference of two roundings may be one unit below zero; a line must not have a negative tax
    because of that.
    """
    sign = -1 if amount.is_negative else 1
    weights = [sign * share.minor_units for share in shares]
    if not weights or min(weights) >= 0:
        return shares
    total = sum_money(shares, amount.currency)
    return total.split([max(weight, 0) for weight in weights])


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
