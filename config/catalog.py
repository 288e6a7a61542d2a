"""The catalog and policy files: plans, prices, features and collection rules, as domain values."""

import re
from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from config.files import read_model
from domain.catalog import PlanTerms
from domain.failures import RejectedError
from domain.grants import FeatureQuantity
from domain.money import Money
from domain.orders import Order
from domain.periods import Interval, IntervalUnit
from domain.policies import CollectionPolicy, SubscriptionPolicy

_UNITS: Final = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_DURATION: Final = re.compile(r"([1-9][0-9]{0,5})([dhms])")


class NotSoldError(RejectedError):
    """The catalog does not sell this; the message is one line for people.

    Attributes:
        field: Path of the order's field that must change, as `plan` or `add_ons.0.price_of`.
        value: What the order says there.
        allowed: What it may say, or words for it.
    """

    def __init__(self, field: str, value: str, allowed: Iterable[str]) -> None:
        self.field = field
        self.value = value
        self.allowed = tuple(allowed)
        super().__init__(f"{field} {value!r} is not sold; allowed: {', '.join(self.allowed)}")


def _duration(value: object) -> object:
    """Return the span of a text such as "7d".

    Raises:
        ValueError: The text is no duration.
    """
    if isinstance(value, timedelta):
        return value
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("expected a duration such as '7d', '6h', '30m' or '5s'")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


Duration = Annotated[timedelta, BeforeValidator(_duration)]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class FeatureEntry(_Entry):
    """A feature that a plan grants; the quantity counts once, or once per unit bought."""

    key: Key
    quantity: int = Field(ge=0)
    per_unit: bool = False

    def for_quantity(self, units: int) -> FeatureQuantity:
        """Return what so many units of the plan grant."""
        factor = units if self.per_unit else 1
        return FeatureQuantity(key=self.key, quantity=self.quantity * factor)


class IntervalEntry(_Entry):
    """A billing interval: every `count` units."""

    unit: Annotated[IntervalUnit, Field(strict=False)]
    count: int = Field(default=1, ge=1)

    def value(self) -> Interval:
        """Return the interval."""
        return Interval(unit=self.unit, count=self.count)


class PriceEntry(_Entry):
    """The price of one unit for one interval, in major units, as text."""

    currency: str
    interval: IntervalEntry
    unit_price: str

    @model_validator(mode="after")
    def _is_an_amount(self) -> Self:
        """Check the amount against its currency.

        Raises:
            ValueError: Unknown currency, too many decimals, or a negative amount.
        """
        if Money.parse(self.unit_price, self.currency).is_negative:
            raise ValueError(f"unit_price {self.unit_price!r} must be 0 or more")
        return self


class PlanEntry(_Entry):
    """A plan, its features and its prices."""

    id: Key
    version: int = Field(ge=1)
    name: str = Field(min_length=1, max_length=100)
    max_quantity: int = Field(default=1_000_000, ge=1)
    features: list[FeatureEntry] = Field(min_length=1)
    prices: list[PriceEntry] = Field(min_length=1)

    @model_validator(mode="after")
    def _says_everything_once(self) -> Self:
        """Check that no feature and no price is there twice.

        Raises:
            ValueError: One is.
        """
        _refuse_repeats("feature", [feature.key for feature in self.features])
        _refuse_repeats(
            "price", [f"{price.currency} per {price.interval.value()}" for price in self.prices]
        )
        return self


class _CatalogDocument(_Entry):
    plans: list[PlanEntry] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_plans_once(self) -> Self:
        _refuse_repeats("plan", [plan.id for plan in self.plans])
        return self


class _CollectionEntry(_Entry):
    version: str = Field(min_length=1)
    retry_after: list[Duration]
    collect_for: Duration
    reread_every: Duration

    def value(self) -> CollectionPolicy:
        return CollectionPolicy(
            version=self.version,
            retry_after=tuple(self.retry_after),
            collect_for=self.collect_for,
            reread_every=self.reread_every,
        )


class _PolicyDocument(_Entry):
    legal_entity: str = Field(min_length=1)
    number_series: str = Field(pattern=r"^[A-Z0-9-]{1,16}$")
    first: _CollectionEntry
    renewal: _CollectionEntry


class CatalogFile:
    """Plans and policies in force; fits the port `activities.ports.Catalog`."""

    def __init__(self, plans: Iterable[PlanEntry], policy: SubscriptionPolicy) -> None:
        self._plans = {plan.id: plan for plan in plans}
        self._policy = policy

    @classmethod
    def load(cls, catalog: Path | None = None, policies: Path | None = None) -> Self:
        """Return the catalog and policies of these files, the shipped ones if none is named.

        Raises:
            config.files.FileError: A file cannot be used.
        """
        document = read_model(_CatalogDocument, catalog, default="catalog.toml")
        policy = read_model(_PolicyDocument, policies, default="policies.toml")
        return cls(
            document.plans,
            SubscriptionPolicy(
                first=policy.first.value(),
                renewal=policy.renewal.value(),
                legal_entity=policy.legal_entity,
                number_series=policy.number_series,
            ),
        )

    @property
    def plan_ids(self) -> tuple[str, ...]:
        """The plans that are sold, in the order of the file."""
        return tuple(self._plans)

    def terms_of(self, order: Order) -> PlanTerms:
        """Return the terms that this order buys.

        Raises:
            NotSoldError: Plan, currency, interval, quantity or add-on is not in the catalog.
        """
        plan = self._plans.get(order.plan)
        if plan is None:
            raise NotSoldError("plan", order.plan, self._plans)
        if order.add_ons:
            raise NotSoldError("add_ons.0.price_of", order.add_ons[0].price_of, ["no add-ons"])
        if not 1 <= order.quantity <= plan.max_quantity:
            raise NotSoldError("quantity", str(order.quantity), [f"1 to {plan.max_quantity}"])
        price = _price_of(plan, order)
        return PlanTerms(
            plan=plan.id,
            version=plan.version,
            name=plan.name,
            interval=order.interval,
            currency=order.currency,
            quantity=order.quantity,
            unit_price=Decimal(price.unit_price),
            features=tuple(feature.for_quantity(order.quantity) for feature in plan.features),
        )

    def policy_of(self, order: Order) -> SubscriptionPolicy:  # noqa: ARG002 - one policy for all so far
        """Return the subscription policy that applies to this order."""
        return self._policy


def _price_of(plan: PlanEntry, order: Order) -> PriceEntry:
    in_currency = [price for price in plan.prices if price.currency == order.currency]
    if not in_currency:
        raise NotSoldError("currency", order.currency, _unique(p.currency for p in plan.prices))
    for price in in_currency:
        if price.interval.value() == order.interval:
            return price
    raise NotSoldError(
        "interval", str(order.interval), _unique(str(p.interval.value()) for p in in_currency)
    )


def _unique(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))


def _refuse_repeats(what: str, names: list[str]) -> None:
    for index, name in enumerate(names):
        if name in names[:index]:
            raise ValueError(f"{what} {name!r} is there twice")
