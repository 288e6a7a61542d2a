"""The prices, tax rates and features that an order gets from the entries of a catalog."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from config.catalog_plans import AddOnEntry, OneOffEntry
from config.catalog_prices import PriceEntry
from domain.entitlements.grants import FeatureQuantity
from domain.failures import RejectedError
from domain.parties.accounts import AccountProfile
from domain.parties.orders import Order
from domain.pricing.pricing import Price
from domain.pricing.tax_rules import TaxQuestion, TaxRates
from domain.pricing.taxes import TaxRate
from domain.pricing.terms import Charge


class NotSoldError(RejectedError):
    """The catalog does not sell what the order asks for; the message is one readable line.

    Attributes:
        field: Path of the order's field that must change, such as `plan` or `add_ons.0.price_of`.
        value: The value in the order.
        allowed: The allowed values, or a description of them.
    """

    def __init__(self, field: str, value: str, allowed: Iterable[str]) -> None:
        self.field = field
        self.value = value
        self.allowed = tuple(allowed)
        super().__init__(f"{field} {value!r} is not sold; allowed: {', '.join(self.allowed)}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Sale:
    """The facts on which prices and taxes of one order depend."""

    order: Order
    on: date
    taxes: TaxRates

    def charge(self, entry: AddOnEntry, quantity: int, *, at: str) -> Charge:
        """Return the charge of a plan or an add-on.

        Args:
            entry: The plan or add-on of the catalog.
            quantity: Units bought.
            at: Path prefix of the item in the order, for messages: "" or "add_ons.0.".

        Raises:
            NotSoldError: Quantity, currency or interval is not sold.
        """
        if not 1 <= quantity <= entry.max_quantity:
            raise NotSoldError(f"{at}quantity", str(quantity), [f"1 to {entry.max_quantity}"])
        price = _price_of(entry, self.order, at)
        return self._charged(entry, price.value(), quantity)

    def add_on_charges(self, bought: Sequence[tuple[AddOnEntry, int]]) -> Iterator[Charge]:
        """Return the charges of add-ons, in the order in which they were bought.

        Raises:
            NotSoldError: Quantity, currency or interval is not sold.
        """
        for number, (add_on, quantity) in enumerate(bought):
            yield self.charge(add_on, quantity, at=f"add_ons.{number}.")

    def one_off(self, item: OneOffEntry) -> Charge:
        """Return the charge of something that is billed once."""
        price = next(each for each in item.prices if each.currency == self.order.currency)
        return self._charged(item, price.value(), self.order.quantity if item.per_unit else 1)

    def rated(self, charge: Charge, tax_code: str | None) -> Charge:
        """Return a charge with the tax rates of the day; unchanged if its tax code is not known."""
        if tax_code is None:
            return charge
        return replace(charge, tax_rates=self._rates(self.order.account, tax_code))

    def _charged(self, entry: AddOnEntry | OneOffEntry, price: Price, quantity: int) -> Charge:
        return Charge(
            price_of=entry.id,
            name=entry.name,
            price=price,
            quantity=quantity,
            tax_rates=self._rates(self.order.account, entry.tax_code),
        )

    def _rates(self, account: AccountProfile, tax_code: str) -> tuple[TaxRate, ...]:
        return self.taxes.rates_for(
            TaxQuestion(
                tax_code=tax_code, country=account.country, vat_id=account.vat_id, on=self.on
            )
        )


def _price_of(entry: AddOnEntry, order: Order, at: str) -> PriceEntry:
    in_currency = [price for price in entry.prices if price.currency == order.currency]
    if not in_currency:
        raise NotSoldError(
            f"{at}currency", order.currency, _unique(p.currency for p in entry.prices)
        )
    for price in in_currency:
        if price.interval.value() == order.interval:
            return price
    raise NotSoldError(
        f"{at}interval", str(order.interval), _unique(str(p.interval.value()) for p in in_currency)
    )


def features_of(bought: Sequence[tuple[AddOnEntry, int]]) -> tuple[FeatureQuantity, ...]:
    """Return one entry per feature: limits of plan and add-ons add up."""
    limits: dict[str, int] = {}
    for entry, quantity in bought:
        for feature in entry.features:
            granted = feature.for_quantity(quantity)
            limits[granted.key] = limits.get(granted.key, 0) + granted.quantity
    return tuple(FeatureQuantity(key=key, quantity=limit) for key, limit in limits.items())


def _unique(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))
