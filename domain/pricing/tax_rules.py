"""Which tax rates apply to a sale: a small port, and the rate table that ships behind it.

A seller collects tax in its own country and in others where it is registered, at the rate of the buyer's
country. Between two EU countries a buyer with a VAT id owes the tax itself (reverse charge, VAT
Directive 2006/112, articles 44 and 196). Everywhere else nothing is collected. States and cities with
taxes of their own (United States, Canada, Brazil) need a tax service behind the same port.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, Protocol

from domain.pricing.taxes import TaxRate

STANDARD: Final = "standard"
REVERSE_CHARGE: Final = TaxRate(
    code="eu-reverse-charge",
    name="Reverse charge, VAT Directive art. 196",
    rate=Decimal(0),
    is_reverse_charge=True,
)
# The one country whose VAT ids do not begin with its ISO code.
_VAT_PREFIXES: Final = {"GR": "EL"}


@dataclass(frozen=True, kw_only=True, slots=True)
class TaxQuestion:
    """The facts that decide the tax of a line.

    Attributes:
        tax_code: Kind of thing sold, such as "standard" or "reduced".
        country: Of the buyer, ISO 3166-1 alpha-2.
        vat_id: Of the buyer; None for a consumer.
        on: Tax point, as a local date.
    """

    tax_code: str
    country: str
    vat_id: str | None
    on: date


class TaxRates(Protocol):
    """The tax port: a rate table, or a tax service."""

    def rates_for(self, question: TaxQuestion) -> tuple[TaxRate, ...]:
        """Return all rates that apply; none means that no tax applies."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class DatedRate:
    """A rate of the table; `since` is the first day on which it applies."""

    rate: TaxRate
    since: date = date.min


@dataclass(frozen=True, kw_only=True, slots=True)
class RateTable:
    """Rates by country, and where the seller collects them; fits `TaxRates`.

    Attributes:
        seller_country: Where the seller is established; None if it has no establishment that collects tax.
        collects_in: Countries whose tax the seller collects, its own included.
        eu: Member states of the European Union.
        rates: (country, tax code) -> rates in ascending order of their dates.
    """

    seller_country: str | None
    collects_in: frozenset[str]
    eu: frozenset[str]
    rates: Mapping[tuple[str, str], tuple[DatedRate, ...]]

    def rates_for(self, question: TaxQuestion) -> tuple[TaxRate, ...]:
        """Return the rate of the buyer's country, reverse charge, or none.

        A country without a rate of its own for the tax code uses its standard rate.
        """
        if self._is_reverse_charge(question):
            return (REVERSE_CHARGE,)
        if question.country not in self.collects_in:
            return ()
        country = question.country
        dated = self.rates.get((country, question.tax_code), ())
        dated = dated or self.rates.get((country, STANDARD), ())
        in_force = [each.rate for each in dated if each.since <= question.on]
        return tuple(in_force[-1:])

    def may_reverse_charge(self) -> bool:
        """Return whether some buyer may owe the tax itself, so that invoices need the seller's VAT id."""
        return self.seller_country in self.eu or bool(self.collects_in & self.eu)

    def _is_reverse_charge(self, question: TaxQuestion) -> bool:
        country, seller = question.country, self.seller_country
        if country not in self.eu or country == seller:
            return False
        has_vat_id = is_vat_id_of(question.vat_id, country)
        return has_vat_id and (seller in self.eu or country in self.collects_in)


def is_vat_id_of(vat_id: str | None, country: str) -> bool:
    """Return whether the text looks like a VAT id of this EU country; only VIES can confirm it."""
    if vat_id is None:
        return False
    prefix = _VAT_PREFIXES.get(country, country)
    plain = vat_id.replace(" ", "").upper()
    return plain.startswith(prefix) and plain.removeprefix(prefix).isalnum()
