"""Subtotal, tax and total of a document with lines: an invoice or a credit note."""

from abc import ABC
from typing import Generic, Protocol, TypeVar

from domain.money.money import Money, sum_money


class HasAmount(Protocol):
    """Something with an amount of money."""

    @property
    def amount(self) -> Money:
        """The amount, in the document's currency."""
        ...


LineT = TypeVar("LineT", bound=HasAmount)
TaxLineT = TypeVar("TaxLineT", bound=HasAmount)


class DocumentTotals(ABC, Generic[LineT, TaxLineT]):
    """The totals of a document. A dataclass that extends it declares these three fields."""

    __slots__ = ()

    currency: str
    lines: tuple[LineT, ...]
    tax_lines: tuple[TaxLineT, ...]

    @property
    def subtotal(self) -> Money:
        """Sum of the rounded lines, before tax."""
        return sum_money((line.amount for line in self.lines), self.currency)

    @property
    def tax(self) -> Money:
        """Sum of the rounded tax lines."""
        return sum_money((line.amount for line in self.tax_lines), self.currency)

    @property
    def total(self) -> Money:
        """What the document asks for or gives back: rounded subtotal + rounded tax."""
        return self.subtotal + self.tax
