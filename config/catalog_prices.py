"""Prices, intervals, features and discounts as they are written in a catalog file."""

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Final, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from domain.entitlements.grants import FeatureQuantity
from domain.money.currencies import exponent
from domain.money.money import Money
from domain.periods.periods import Interval, IntervalUnit
from domain.pricing.discounts import Discount
from domain.pricing.pricing import Price, PriceModel, Tier

_PLAIN: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?")
# Together these are fewer digits than the 28 of Python's default decimal precision.
_MOST_DIGITS: Final = 15
_MOST_PLACES: Final = 12
_MOST_UNITS: Final = 999


class Entry(BaseModel):
    """A table of a catalog file: strict, frozen, without unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def _number(value: object) -> Decimal:
    """Return the number of a text such as "0.0125".

    Raises:
        ValueError: The value is not such a text.
    """
    if isinstance(value, Decimal):
        return value
    if not isinstance(value, str) or _PLAIN.fullmatch(value) is None:
        raise ValueError("expected a number of 0 or more as text, such as '19.00'")
    whole, _, places = value.partition(".")
    if len(whole.lstrip("0")) > _MOST_DIGITS:
        raise ValueError(f"has more than {_MOST_DIGITS} digits before the point")
    if len(places.rstrip("0")) > _MOST_PLACES:
        raise ValueError(f"has more than {_MOST_PLACES} decimals")
    return Decimal(value)


def _name(value: str) -> str:
    if not value.isprintable() or value != value.strip():
        raise ValueError("expected a name on one line, without spaces around it")
    return value


def _currency(value: str) -> str:
    exponent(value)
    return value


def _interval(value: object) -> object:
    return {"unit": value} if isinstance(value, str) else value


Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
Currency = Annotated[str, AfterValidator(_currency)]
Number = Annotated[Decimal, BeforeValidator(_number)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100), AfterValidator(_name)]


class IntervalEntry(Entry):
    """A billing interval: every `count` units."""

    unit: Annotated[IntervalUnit, Field(strict=False)]
    count: int = Field(default=1, ge=1, le=_MOST_UNITS)

    def value(self) -> Interval:
        """Return the interval."""
        return Interval(unit=self.unit, count=self.count)


class FeatureEntry(Entry):
    """A feature that is granted; its quantity is granted once, or once per unit bought."""

    key: Key
    quantity: int = Field(ge=0)
    per_unit: bool = False

    def for_quantity(self, units: int) -> FeatureQuantity:
        """Return the quantity of the feature that these units grant."""
        factor = units if self.per_unit else 1
        return FeatureQuantity(key=self.key, quantity=self.quantity * factor)


class TierEntry(Entry):
    """A step of a graduated or volume price; the last one has no `up_to`."""

    up_to: int | None = Field(default=None, ge=1)
    unit_price: Number
    flat_fee: Number = Decimal(0)

    def value(self) -> Tier:
        """Return the tier."""
        up_to = None if self.up_to is None else Decimal(self.up_to)
        return Tier(up_to=up_to, unit_price=self.unit_price, flat_fee=self.flat_fee)


class AmountEntry(Entry):
    """A price in one currency.

    Attributes:
        model: How a quantity becomes an amount.
        unit_price: Price of a seat or a package, or the flat amount; in major units, as text.
        minimum: Minimum amount per interval; the difference is billed as a true-up.
    """

    currency: Currency
    model: Annotated[PriceModel, Field(strict=False)] = PriceModel.PER_SEAT
    unit_price: Number | None = None
    tiers: list[TierEntry] = Field(default_factory=list[TierEntry])
    package_size: int | None = Field(default=None, ge=1)
    included: int = Field(default=0, ge=0)
    minimum: Number | None = None

    @model_validator(mode="after")
    def _is_a_price(self) -> Self:
        """Check that the price is complete and fits its currency.

        Raises:
            ValueError: The price is incomplete or does not fit its currency.
        """
        has_tiers = self.model in {PriceModel.GRADUATED, PriceModel.VOLUME}
        if has_tiers and (not self.tiers or self.unit_price is not None):
            raise ValueError(f"model '{self.model}' needs tiers, and no unit_price")
        if not has_tiers and (self.tiers or self.unit_price is None):
            raise ValueError(f"model '{self.model}' needs unit_price, and no tiers")
        if (self.package_size is not None) != (self.model is PriceModel.PACKAGE):
            raise ValueError("package_size goes with model 'package', and only with it")
        if self.included and self.model is PriceModel.FLAT:
            raise ValueError("included goes with models that count units, not with 'flat'")
        # Only a tier may have a unit price with a fraction of a minor unit.
        for name, number in (("unit_price", self.unit_price), ("minimum", self.minimum)):
            if number is not None:
                _require_places(name, number, self.currency)
        self.value()
        return self

    def value(self) -> Price:
        """Return the price.

        Raises:
            ValueError: The values do not form a valid price.
        """
        minimum = self.minimum
        return Price(
            model=self.model,
            currency=self.currency,
            unit_price=self.unit_price,
            tiers=tuple(tier.value() for tier in self.tiers),
            package_size=None if self.package_size is None else Decimal(self.package_size),
            included=Decimal(self.included),
            minimum=None if minimum is None else Money.of_decimal(minimum, self.currency),
        )


class PriceEntry(AmountEntry):
    """A price in one currency for one interval."""

    interval: Annotated[IntervalEntry, BeforeValidator(_interval)]


class DiscountEntry(Entry):
    """A discount: percent or amount, for some periods, until a date; automatic or by coupon.

    Attributes:
        percent: Text such as "12.5".
        amount: Amount off each invoice, in major units of `currency`.
        periods: Number of paid periods for which it applies; all if left out.
        until: First day on which it no longer applies.
    """

    id: Key
    percent: Number | None = None
    amount: Number | None = None
    currency: Currency | None = None
    periods: int | None = Field(default=None, ge=1)
    until: date | None = None

    @model_validator(mode="after")
    def _is_a_discount(self) -> Self:
        """Check that the discount has exactly one of `percent` and `amount`.

        Raises:
            ValueError: It has neither or both, or an amount without a currency.
        """
        if (self.currency is None) != (self.amount is None):
            raise ValueError("amount and currency go together")
        if self.amount is not None and self.currency is not None:
            _require_places("amount", self.amount, self.currency)
        self.value()
        return self

    def value(self) -> Discount:
        """Return the discount.

        Raises:
            ValueError: The values do not form a valid discount.
        """
        off = None
        if self.amount is not None and self.currency is not None:
            off = Money.of_decimal(self.amount, self.currency)
        return Discount(
            discount_id=self.id,
            percent=self.percent,
            amount=off,
            periods=self.periods,
            until=self.until,
        )


def _require_places(name: str, number: Decimal, currency: str) -> None:
    # Trailing zeros count, as in `Money.parse`: the author of "28.000" yen may mean 28 thousand.
    digits = exponent(currency)
    places = number.as_tuple().exponent
    if isinstance(places, int) and -places > digits:
        raise ValueError(f"{name} has too many decimals: {currency} has {digits}")


def repeated(names: list[str]) -> str | None:
    """Return the first name that is there twice."""
    return next((name for index, name in enumerate(names) if name in names[:index]), None)
