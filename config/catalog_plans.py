"""Plans, add-ons, one-off charges and settings as they are written in a catalog file."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Annotated, Self

from pydantic import Field, model_validator

from config.catalog_prices import (
    AmountEntry,
    DiscountEntry,
    Entry,
    FeatureEntry,
    Key,
    Name,
    PriceEntry,
    repeated,
)
from config.catalog_taxes import TaxEntry
from domain.periods.alignment import Alignment
from domain.periods.proration import Convention, ProrationRule
from domain.pricing.on_change import ProrationBehaviour
from domain.pricing.plan_versions import ForExisting, PlanVersion
from domain.pricing.tax_rules import STANDARD
from domain.pricing.terms import Trial


class TrialEntry(Entry):
    """A free trial at the start; `card = false` allows it without a payment method."""

    days: int = Field(ge=1, le=366)
    card: bool = True

    def value(self) -> Trial:
        """Return the trial."""
        return Trial(days=self.days, needs_card=self.card)


class OneOffEntry(Entry):
    """Something that is billed once, with the first paid period; `per_unit` counts the plan's units."""

    id: Key
    name: Name
    per_unit: bool = False
    tax_code: Key = STANDARD
    prices: list[AmountEntry] = Field(min_length=1)

    @model_validator(mode="after")
    def _has_one_price_per_currency(self) -> Self:
        _refuse_repeats("price", (price.currency for price in self.prices))
        return self


class AddOnEntry(Entry):
    """Something that is billed with a plan every interval."""

    id: Key
    name: Name
    max_quantity: int = Field(default=1_000_000, ge=1)
    tax_code: Key = STANDARD
    features: list[FeatureEntry] = Field(default_factory=list[FeatureEntry])
    prices: list[PriceEntry] = Field(min_length=1)

    @model_validator(mode="after")
    def _says_everything_once(self) -> Self:
        """Check that no feature and no price is there twice.

        Raises:
            ValueError: A feature or a price is there twice.
        """
        _refuse_repeats("feature", (feature.key for feature in self.features))
        _refuse_repeats(
            "price", (f"{price.currency} per {price.interval.value()}" for price in self.prices)
        )
        return self


class PlanEntry(AddOnEntry):
    """A version of a plan: features, prices, and the subscriptions and dates for which it applies.

    Attributes:
        add_ons: Add-ons that may be bought with it.
        discounts: Discounts that every new sale gets.
        coupons: Discounts that a sale gets on request.
        sold_from: First day on which this version is sold.
        existing: What it means for subscriptions of older versions.
        existing_from: With `from_date`: first day on which a period may begin under it.
    """

    version: int = Field(ge=1)
    features: list[FeatureEntry] = Field(min_length=1)
    add_ons: list[Key] = Field(default_factory=list[Key])
    one_off: list[OneOffEntry] = Field(default_factory=list[OneOffEntry])
    trial: TrialEntry | None = None
    discounts: list[Key] = Field(default_factory=list[Key])
    coupons: list[Key] = Field(default_factory=list[Key])
    sold_from: date = date.min
    existing: Annotated[ForExisting, Field(strict=False)] = ForExisting.NEW_ONLY
    existing_from: date | None = None

    @model_validator(mode="after")
    def _is_a_version(self) -> Self:
        """Check the dates of the price change, and that no one-off charge is there twice.

        Raises:
            ValueError: A date is missing or not wanted, or something is there twice.
        """
        self.value()
        _refuse_repeats("one-off charge", (item.id for item in self.one_off))
        return self

    @property
    def label(self) -> str:
        """Name of this version, such as "team@2"."""
        return f"{self.id}@{self.version}"

    def value(self) -> PlanVersion:
        """Return the version number and the dates from which it applies.

        Raises:
            ValueError: A date is missing or not wanted.
        """
        return PlanVersion(
            version=self.version,
            sold_from=self.sold_from,
            existing=self.existing,
            existing_from=self.existing_from,
        )


class ProrationEntry(Entry):
    """How partial periods are billed, for the whole catalog."""

    convention: Annotated[Convention, Field(strict=False)] = Convention.DAY_9DP_HALF_UP
    fixed_days: int = Field(default=30, ge=1, le=366)
    on_change: Annotated[ProrationBehaviour, Field(strict=False)] = ProrationBehaviour.INVOICE_NOW
    alignment: Annotated[Alignment, Field(strict=False)] = Alignment.ANNIVERSARY

    def value(self) -> ProrationRule:
        """Return the rule."""
        return ProrationRule(convention=self.convention, fixed_days=self.fixed_days)


class CatalogDocument(Entry):
    """A whole catalog file."""

    proration: ProrationEntry = ProrationEntry()
    tax: TaxEntry = TaxEntry()
    discounts: list[DiscountEntry] = Field(default_factory=list[DiscountEntry])
    add_ons: list[AddOnEntry] = Field(default_factory=list[AddOnEntry])
    plans: list[PlanEntry] = Field(min_length=1)

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        """Check names across tables.

        Raises:
            ValueError: A name is there twice, or refers to nothing in the catalog.
        """
        _refuse_repeats("discount", (discount.id for discount in self.discounts))
        _refuse_repeats("add-on", (add_on.id for add_on in self.add_ons))
        _refuse_repeats("plan", (plan.label for plan in self.plans))
        add_ons = [add_on.id for add_on in self.add_ons]
        one_off = dict.fromkeys(item.id for plan in self.plans for item in plan.one_off)
        plans = dict.fromkeys(plan.id for plan in self.plans)
        _refuse_repeats("id", [*add_ons, *plans, *one_off])
        discounts = [discount.id for discount in self.discounts]
        for number, plan in enumerate(self.plans):
            _require_known(f"plans[{number}].add_ons", plan.add_ons, add_ons)
            _require_known(f"plans[{number}].discounts", plan.discounts, discounts)
            _require_known(f"plans[{number}].coupons", plan.coupons, discounts)
            _require_one_off_currencies(f"plans[{number}].one_off", plan)
            _require_later(f"plans[{number}].sold_from", plan, self.plans)
        return self

    @property
    def tax_codes(self) -> Iterator[tuple[str, str]]:
        """Keys and tax codes of everything that is sold."""
        for number, add_on in enumerate(self.add_ons):
            yield f"add_ons[{number}].tax_code", add_on.tax_code
        for number, plan in enumerate(self.plans):
            yield f"plans[{number}].tax_code", plan.tax_code
            for position, item in enumerate(plan.one_off):
                yield f"plans[{number}].one_off[{position}].tax_code", item.tax_code


def _refuse_repeats(what: str, names: Iterable[str]) -> None:
    twice = repeated(list(names))
    if twice is not None:
        raise ValueError(f"{what} {twice!r} is there twice")


def _require_known(key: str, names: list[str], known: list[str]) -> None:
    for name in names:
        if name not in known:
            raise ValueError(f"{key} = {name!r}: unknown; allowed: {', '.join(known) or 'none'}")


def _require_later(key: str, plan: PlanEntry, plans: Iterable[PlanEntry]) -> None:
    # If a later version is sold from the same or an earlier day, the earlier version is never sold.
    for earlier in plans:
        is_before = earlier.id == plan.id and earlier.version < plan.version
        if is_before and plan.sold_from <= earlier.sold_from:
            since = "" if earlier.sold_from == date.min else f", sold from {earlier.sold_from}"
            raise ValueError(
                f"{key}: version {plan.version} of plan {plan.id!r} needs a date after that of "
                f"version {earlier.version}{since}"
            )


def _require_one_off_currencies(key: str, plan: PlanEntry) -> None:
    wanted = dict.fromkeys(price.currency for price in plan.prices)
    for number, item in enumerate(plan.one_off):
        has = {price.currency for price in item.prices}
        missing = [currency for currency in wanted if currency not in has]
        if missing:
            raise ValueError(
                f"{key}[{number}].prices: {missing[0]} is missing; the plan is sold in "
                f"{', '.join(wanted)}"
            )
