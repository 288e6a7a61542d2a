"""What a quantity costs under the five price models, as components for invoice lines.

Every component is rounded once, half up, to the minor unit. Units that the price includes are free:
they are taken off the quantity first, and tiers and packages count what is left.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import ceil
from typing import Final

from domain.money.currencies import exponent
from domain.money.money import Money, sum_money
from domain.money.rounding import Rounding, round_ratio

UNIT_PRICE_PLACES: Final = 12


class PriceModel(StrEnum):
    """How a quantity becomes an amount."""

    FLAT = "flat"
    """One amount, whatever the quantity."""
    PER_SEAT = "per_seat"
    """Unit price times quantity."""
    GRADUATED = "graduated"
    """Every unit at the price of the tier it falls in."""
    VOLUME = "volume"
    """All units at the price of the tier that the last one falls in."""
    PACKAGE = "package"
    """Whole packages; a part of one counts as one."""


class ComponentKind(StrEnum):
    """What a component of a price is for."""

    UNITS = "units"
    TIER_FEE = "tier_fee"
    TRUE_UP = "true_up"


@dataclass(frozen=True, kw_only=True, slots=True)
class Tier:
    """A step of a graduated or volume price.

    Attributes:
        up_to: Last quantity in the tier, included; None for the last tier.
        unit_price: Major units, up to 12 decimals.
        flat_fee: Major units, once if the tier is used.
    """

    up_to: Decimal | None
    unit_price: Decimal
    flat_fee: Decimal = Decimal(0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Price:
    """A price for one interval in one currency.

    Attributes:
        model: How a quantity becomes an amount.
        currency: ISO 4217 code.
        unit_price: Major units, up to 12 decimals: the flat amount, or the price of a seat or of a
            package. None for tiers.
        tiers: For graduated and volume, in rising order, the last one without limit.
        package_size: Units in a package.
        included: Units that cost nothing, 0 or more.
        minimum: Least amount of the whole price before tax; the rest is a true-up component.

    Raises:
        ValueError: A field is missing, out of range or not of this model.
        UnknownCurrencyError: The currency is not in ISO 4217.
    """

    model: PriceModel
    currency: str
    unit_price: Decimal | None = None
    tiers: tuple[Tier, ...] = ()
    package_size: Decimal | None = None
    included: Decimal = Decimal(0)
    minimum: Money | None = None

    def __post_init__(self) -> None:
        exponent(self.currency)
        has_tiers = self.model in {PriceModel.GRADUATED, PriceModel.VOLUME}
        _require(bool(self.tiers) == has_tiers, f"{self.model}: tiers are for tiered models")
        _require((self.unit_price is None) == has_tiers, f"{self.model}: unit_price or tiers")
        is_package = self.model is PriceModel.PACKAGE
        _require((self.package_size is not None) == is_package, "package_size is for packages")
        _require(self.package_size is None or self.package_size > 0, "package_size must be above 0")
        is_count = self.included.is_finite() and self.included >= 0
        _require(is_count, f"included must be 0 or more, got {self.included}")
        _check_prices(self)
        _check_tiers(self.tiers)
        if self.minimum is not None:
            _require(self.minimum.currency == self.currency, "minimum is in another currency")


@dataclass(frozen=True, kw_only=True, slots=True)
class PricedComponent:
    """One part of a price, one invoice line.

    Attributes:
        kind: Units, a tier's fee or a true-up.
        quantity: Units billed: seats, units of the tier, or packages.
        unit_price: Major units, up to 12 decimals.
        amount: Quantity times unit price, rounded once.
    """

    kind: ComponentKind
    quantity: Decimal
    unit_price: Decimal
    amount: Money


@dataclass(frozen=True, kw_only=True, slots=True)
class Priced:
    """A priced quantity: its components and their sum; no components if nothing is due."""

    components: tuple[PricedComponent, ...]
    amount: Money


def price_quantity(price: Price, quantity: Decimal) -> Priced:
    """Return what a quantity costs for one interval.

    Args:
        price: The price.
        quantity: Units used or ordered, 0 or more, included ones too.

    Raises:
        ValueError: The quantity is negative or not a number.
    """
    _require(quantity.is_finite() and quantity >= 0, f"quantity must be 0 or more, got {quantity}")
    billable = _difference(quantity, min(price.included, quantity))
    components = _components(price, billable)
    total = sum_money((part.amount for part in components), price.currency)
    if price.minimum is not None and total < price.minimum:
        missing = price.minimum - total
        components = (*components, _true_up(missing))
        total = price.minimum
    return Priced(components=components, amount=total)


def _components(price: Price, billable: Decimal) -> tuple[PricedComponent, ...]:
    if price.model is PriceModel.FLAT:
        return (_component(price, Decimal(1), price.unit_price),)
    if not billable:
        return ()
    if price.model is PriceModel.GRADUATED:
        return _graduated(price, billable)
    if price.model is PriceModel.VOLUME:
        return _tier_components(price, _tier_of(price, billable), billable)
    size = price.package_size
    quantity = billable if size is None else Decimal(ceil(Fraction(billable) / Fraction(size)))
    return (_component(price, quantity, price.unit_price),)


def _tier_of(price: Price, quantity: Decimal) -> Tier:
    return next(tier for tier in price.tiers if tier.up_to is None or quantity <= tier.up_to)


def _graduated(price: Price, billable: Decimal) -> tuple[PricedComponent, ...]:
    components: list[PricedComponent] = []
    below = Decimal(0)
    for tier in price.tiers:
        top = billable if tier.up_to is None else min(tier.up_to, billable)
        components.extend(_tier_components(price, tier, _difference(top, below)))
        if top == billable:
            break
        below = top
    return tuple(components)


def _tier_components(price: Price, tier: Tier, quantity: Decimal) -> tuple[PricedComponent, ...]:
    units = _component(price, quantity, tier.unit_price)
    if not tier.flat_fee:
        return (units,)
    return (units, _component(price, Decimal(1), tier.flat_fee, ComponentKind.TIER_FEE))


def _component(
    price: Price,
    quantity: Decimal,
    unit_price: Decimal | None,
    kind: ComponentKind = ComponentKind.UNITS,
) -> PricedComponent:
    each = Decimal(0) if unit_price is None else unit_price
    # Whole numbers throughout: as exact as fractions, but faster.
    (count, count_of), (minor, minor_of) = quantity.as_integer_ratio(), each.as_integer_ratio()
    units = round_ratio(
        count * minor * 10 ** exponent(price.currency),
        count_of * minor_of,
        rounding=Rounding.HALF_UP,
    )
    amount = Money(minor_units=units, currency=price.currency)
    return PricedComponent(kind=kind, quantity=quantity, unit_price=each, amount=amount)


def _true_up(missing: Money) -> PricedComponent:
    return PricedComponent(
        kind=ComponentKind.TRUE_UP,
        quantity=Decimal(1),
        unit_price=missing.to_decimal(),
        amount=missing,
    )


def _difference(left: Decimal, right: Decimal) -> Decimal:
    """Return the exact difference of two quantities, whatever the decimal context's precision."""
    if not right:
        return left
    places = max(0, -_exponent_of(left), -_exponent_of(right))
    units = (Fraction(left) - Fraction(right)) * 10**places
    return Decimal(f"{units.numerator}E-{places}")


def _exponent_of(number: Decimal) -> int:
    digits = number.as_tuple().exponent
    return digits if isinstance(digits, int) else 0


def _check_prices(price: Price) -> None:
    prices = [number for tier in price.tiers for number in (tier.unit_price, tier.flat_fee)]
    if price.unit_price is not None:
        prices.append(price.unit_price)
    for number in prices:
        is_valid = number.is_finite() and number >= 0
        _require(is_valid, f"a price must be 0 or more, got {number}")
        places = -_exponent_of(number)
        _require(places <= UNIT_PRICE_PLACES, f"{number} has more than 12 decimals")


def _check_tiers(tiers: tuple[Tier, ...]) -> None:
    below = Decimal(0)
    for tier in tiers[:-1]:
        is_rising = tier.up_to is not None and tier.up_to > below
        _require(is_rising, f"tiers must rise from 0 and only the last be open: {tier.up_to}")
        below = tier.up_to or below
    _require(not tiers or tiers[-1].up_to is None, "the last tier must have no up_to")


def _require(condition: bool, message: str) -> None:  # noqa: FBT001 - reads as an assertion
    if not condition:
        raise ValueError(message)
