"""The tax settings of a catalog file, and the rate table behind them."""

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
        rounding: Once per line, or once per rate.
        seller_country: Where the seller is established; nothing is collected if it is left out.
        also_collects_in: Further countries in which the seller is registered.
        one_stop_shop: Whether it collects in all of the European Union.
        rates: A rate table beside the catalog; the shipped one if it is left out.
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
        # A later rate has a code of its own: an invoice may give back time that was billed at the
        # earlier one, and must name both.
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
        catalog: The catalog file, which relative paths are beside; None for the shipped one.
        name: How messages call the catalog.

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
    """Return if the rate table knows every tax code, in whatever country; a typing error has no rate.

    Args:
        wanted: Key in the catalog and tax code.
        table: The table; one that collects nothing is never asked.
        name: How messages call the catalog.

    Raises:
        FileError: A code is unknown.
    """
    known = {code for _, code in table.rates}
    for key, code in wanted:
        if table.collects_in and code not in known:
            raise FileError(
                f"{name}: {key} = {code!r}: unknown; allowed: {', '.join(sorted(known))}"
            )
