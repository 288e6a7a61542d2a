"""The tax settings of a catalog file, and the rate table that they use."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from config.catalog_prices import Entry, Key, Name, Number
from config.files import FileError, read_model
from domain.pricing.tax_rules import STANDARD, DatedRate, RateTable
from domain.pricing.taxes import TaxMode, TaxRate, TaxScope

Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]


class TaxEntry(Entry):
    """Whether and how tax is added.

    Attributes:
        prices: Whether the prices of the catalog contain tax.
        rounding: Whether tax is rounded once per line, or once per rate.
        seller_country: Where the seller is established and collects tax; left out if it collects none.
        also_collects_in: Further countries in which the seller is registered.
        one_stop_shop: Whether the seller collects tax in the whole European Union.
        rates: Path of a rate table, relative to the catalog file; the shipped table if it is left out.
    """

    prices: Annotated[TaxMode, Field(strict=False)] = TaxMode.EXCLUSIVE
    rounding: Annotated[TaxScope, Field(strict=False)] = TaxScope.PER_LINE
    seller_country: Country | None = None
    also_collects_in: list[Country] = Field(default_factory=list[Country])
    one_stop_shop: bool = False
    rates: str | None = Field(default=None, min_length=1)


class _RateEntry(Entry):
    country: Country
    code: Key = STANDARD
    name: Name = "VAT"
    rate: Annotated[Number, Field(le=1)]
    since: date = date.min

    def value(self, *, is_first: bool) -> DatedRate:
        percent = f"{(self.rate * 100).normalize():f}"
        # A later rate gets its own code: an invoice may credit time that was billed at the earlier rate,
        # and must then name both rates.
        code = f"{self.country.lower()}-{self.code}" + ("" if is_first else f"-{self.since}")
        rate = TaxRate(code=code, name=f"{self.name} {percent} %", rate=self.rate)
        return DatedRate(rate=rate, since=self.since)


class _RatesDocument(Entry):
    as_of: date
    eu: list[Country] = Field(min_length=1)
    rates: list[_RateEntry] = Field(min_length=1)

    @model_validator(mode="after")
    def _says_everything_once(self) -> Self:
        known: set[tuple[str, str, date]] = set()
        for number, entry in enumerate(self.rates):
            if (key := (entry.country, entry.code, entry.since)) in known:
                raise ValueError(f"rates[{number}]: {entry.country} {entry.code} is there twice")
            known.add(key)
        return self


def read_rates(tax: TaxEntry, catalog: Path | None, *, name: str) -> RateTable:
    """Return the rate table that the tax settings of a catalog ask for.

    Args:
        tax: The settings.
        catalog: The catalog file, whose folder relative paths start from; None for the shipped one.
        name: Name of the catalog in messages.

    Raises:
        FileError: The table cannot be used, or lacks a country in which tax is collected.
    """
    path = None if tax.rates is None else (catalog or Path()).parent / tax.rates
    document = read_model(_RatesDocument, path, default="tax_rates.toml")
    rates: dict[tuple[str, str], tuple[DatedRate, ...]] = {}
    for entry in sorted(document.rates, key=lambda entry: entry.since):
        key = entry.country, entry.code
        earlier = rates.get(key, ())
        rates[key] = (*earlier, entry.value(is_first=not earlier))
    collects_in = {*tax.also_collects_in, *(document.eu if tax.one_stop_shop else ())}
    if tax.seller_country is not None:
        collects_in.add(tax.seller_country)
    for country in sorted(collects_in):
        if (country, STANDARD) not in rates:
            raise FileError(
                f"{name}: tax: tax is collected in {country}, which has no standard rate in the "
                "rate table"
            )
    return RateTable(
        seller_country=tax.seller_country,
        collects_in=frozenset(collects_in),
        eu=frozenset(document.eu),
        rates=rates,
    )


def check_tax_codes(wanted: Iterable[tuple[str, str]], table: RateTable, *, name: str) -> None:
    """Check that the rate table has every tax code in at least one country, so that typing errors are found.

    Args:
        wanted: Keys of the catalog with their tax codes.
        table: The rate table; if tax is collected nowhere, every code is accepted.
        name: Name of the catalog in messages.

    Raises:
        FileError: A code is unknown.
    """
    known = {code for _, code in table.rates}
    for key, code in wanted:
        if table.collects_in and code not in known:
            raise FileError(
                f"{name}: {key} = {code!r}: unknown; allowed: {', '.join(sorted(known))}"
            )
