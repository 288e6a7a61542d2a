"""Credit notes: the only way to correct an issued invoice.

A part is credited with the same part of its tax. The tax is the difference of two roundings of the
running total, so that any sequence of partial notes, down to the last cent, adds up to exactly the
tax that was charged and never to more.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.money.money import Money, sum_money
from domain.money.rounding import Rounding, round_ratio
from domain.pricing.taxes import TaxPart


class OverCreditError(ValueError):
    """More was to be credited than the invoice has left; never worth a retry."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Credited:
    """What credit notes took off a line: net, and tax by rate."""

    net: Money
    taxes: tuple[TaxPart, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class IssuedLine:
    """A line of an issued invoice, as far as a credit note needs to know it.

    Attributes:
        line_id: Unique within the invoice.
        net: Before tax, after discount.
        taxes: Its share of each rate's tax.
        credited: What earlier credit notes took off it.
    """

    line_id: str
    net: Money
    taxes: tuple[TaxPart, ...] = ()
    credited: tuple[Credited, ...] = ()

    @property
    def net_left(self) -> Money:
        """What may still be credited before tax."""
        return self.net - sum_money((note.net for note in self.credited), self.net.currency)

    def tax_left(self, code: str) -> Money:
        """Return what may still be credited of one rate's tax."""
        charged = sum_money(
            (tax.amount for tax in self.taxes if tax.code == code), self.net.currency
        )
        parts = (tax.amount for note in self.credited for tax in note.taxes if tax.code == code)
        return charged - sum_money(parts, self.net.currency)

    @property
    def gross_left(self) -> Money:
        """What may still be credited with tax."""
        left = (self.tax_left(tax.code) for tax in self.taxes)
        return self.net_left + sum_money(left, self.net.currency)


@dataclass(frozen=True, kw_only=True, slots=True)
class CreditNoteLine:
    """What a credit note takes off one line; all amounts are 0 or more for a normal line."""

    line_id: str
    net: Money
    taxes: tuple[TaxPart, ...]

    @property
    def tax(self) -> Money:
        """The tax of all rates."""
        return sum_money((part.amount for part in self.taxes), self.net.currency)

    @property
    def gross(self) -> Money:
        """Net and tax."""
        return self.net + self.tax

    @property
    def as_credited(self) -> Credited:
        """The net amount and its taxes, to be kept with the invoice line."""
        return Credited(net=self.net, taxes=self.taxes)


def credit_line(line: IssuedLine, net: Money) -> CreditNoteLine:
    """Return the credit of a net amount of one line, with the same part of its tax.

    Args:
        line: The line, with what was credited so far.
        net: Before tax, more than 0.

    Raises:
        OverCreditError: The line has less than that left.
        ValueError: The amount is not positive.
    """
    if net <= Money.zero(line.net.currency):
        raise ValueError(f"a credit must be more than 0, got {net}")
    if net > line.net_left:
        raise OverCreditError(f"{net} to credit on line {line.line_id}: {line.net_left} is left")
    taxes = tuple(TaxPart(code=tax.code, amount=_tax_for(line, tax, net)) for tax in line.taxes)
    return CreditNoteLine(line_id=line.line_id, net=net, taxes=taxes)


def credit_whole(lines: Sequence[IssuedLine]) -> tuple[CreditNoteLine, ...]:
    """Return the credit of everything that is left; lines with nothing left are not mentioned."""
    notes = (
        CreditNoteLine(
            line_id=line.line_id,
            net=line.net_left,
            taxes=tuple(
                TaxPart(code=tax.code, amount=line.tax_left(tax.code)) for tax in line.taxes
            ),
        )
        for line in lines
    )
    return tuple(note for note in notes if not (note.net.is_zero and note.tax.is_zero))


def credit_gross(lines: Sequence[IssuedLine], gross: Money) -> tuple[CreditNoteLine, ...]:
    """Return the credit of an amount with tax, spread over the lines by what each has left.

    Args:
        lines: Of one invoice. Its credit lines get no credit, but they reduce what can be credited.
        gross: With tax, more than 0.

    Raises:
        OverCreditError: The lines have less than that left.
        ValueError: The amount is not positive.
    """
    if gross <= Money.zero(gross.currency):
        raise ValueError(f"a credit must be more than 0, got {gross}")
    left = sum_money((line.gross_left for line in lines), gross.currency)
    if gross > left:
        raise OverCreditError(f"{gross} to credit: {left} is left")
    charged = [line for line in lines if not line.gross_left.is_negative]
    shares = gross.split([line.gross_left.minor_units for line in charged])
    return tuple(
        _credit_share(line, share)
        for line, share in zip(charged, shares, strict=True)
        if not share.is_zero
    )


def _tax_for(line: IssuedLine, tax: TaxPart, net: Money) -> Money:
    left = line.tax_left(tax.code)
    net_so_far = line.net - line.net_left + net
    tax_so_far = _part(tax.amount, net_so_far, line.net)
    return _between(tax_so_far - (tax.amount - left), Money.zero(net.currency), left)


def _credit_share(line: IssuedLine, gross: Money) -> CreditNoteLine:
    zero = Money.zero(gross.currency)
    tax_left = line.gross_left - line.net_left
    line_gross = line.net + sum_money((tax.amount for tax in line.taxes), gross.currency)
    gross_so_far = line_gross - line.gross_left + gross
    wanted = _part(line.net, gross_so_far, line_gross) - (line.net - line.net_left)
    net = _between(wanted, max(gross - tax_left, zero), min(gross, line.net_left))
    if not line.taxes:
        return CreditNoteLine(line_id=line.line_id, net=net, taxes=())
    parts = (gross - net).split([line.tax_left(tax.code).minor_units for tax in line.taxes])
    taxes = tuple(
        TaxPart(code=tax.code, amount=part) for tax, part in zip(line.taxes, parts, strict=True)
    )
    return CreditNoteLine(line_id=line.line_id, net=net, taxes=taxes)


def _part(amount: Money, numerator: Money, denominator: Money) -> Money:
    units = round_ratio(
        amount.minor_units * numerator.minor_units,
        denominator.minor_units,
        rounding=Rounding.HALF_UP,
    )
    return Money(minor_units=units, currency=amount.currency)


def _between(amount: Money, lowest: Money, highest: Money) -> Money:
    return max(lowest, min(amount, highest))
