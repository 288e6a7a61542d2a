"""The catalog and policy files in force, and the terms that an order buys from them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Self

from config.catalog_lock import check_lock
from config.catalog_plans import AddOnEntry, CatalogDocument, OneOffEntry, PlanEntry
from config.catalog_prices import PriceEntry
from config.catalog_taxes import check_tax_codes, read_rates
from config.clock import utc_now
from config.files import file_name, read_model
from config.policy_file import read_policies
from domain.accounts import AccountProfile
from domain.catalog import Charge, PlanTerms
from domain.discounts import Discount
from domain.failures import RejectedError
from domain.grants import FeatureQuantity
from domain.orders import Order, PaymentKind
from domain.periods import zone_info
from domain.policies import SubscriptionPolicy
from domain.price_changes import version_on_sale
from domain.pricing import Price
from domain.tax_rules import TaxQuestion, TaxRates
from domain.taxes import TaxRate


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


class CatalogFile:
    """Plans and policies in force; fits the port `activities.ports.Catalog`.

    Args:
        document: A catalog that holds together.
        policy: The subscription policy.
        taxes: The tax port.
        clock: Decides which version is sold.
    """

    def __init__(
        self,
        document: CatalogDocument,
        policy: SubscriptionPolicy,
        taxes: TaxRates,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._document = document
        self._policy = policy
        self._taxes = taxes
        self._clock = clock
        self._add_ons = {add_on.id: add_on for add_on in document.add_ons}
        self._discounts = {entry.id: entry.value() for entry in document.discounts}

    @classmethod
    def load(
        cls,
        catalog: Path | None = None,
        policies: Path | None = None,
        *,
        clock: Callable[[], datetime] = utc_now,
    ) -> Self:
        """Return the catalog and policies of these files, the shipped ones if none is named.

        Raises:
            config.files.FileError: A file cannot be used.
        """
        document = read_model(CatalogDocument, catalog, default="catalog.toml")
        if catalog is not None:
            check_lock(document.plans, catalog)
        name = file_name(catalog, default="catalog.toml")
        taxes = read_rates(document.tax, catalog, name=name)
        check_tax_codes(document.tax_codes, taxes, name=name)
        return cls(document, read_policies(policies), taxes, clock)

    @property
    def plan_ids(self) -> tuple[str, ...]:
        """The plans that are sold, in the order of the file."""
        return tuple(dict.fromkeys(plan.id for plan in self._document.plans))

    def terms_of(
        self, order: Order, *, on: date | None = None, coupons: Sequence[str] = ()
    ) -> PlanTerms:
        """Return the terms that this order buys.

        Args:
            order: The order.
            on: Local date of the sale; today if it is left out.
            coupons: Discounts asked for beside those of the order and those that every sale gets.

        Raises:
            NotSoldError: Plan, currency, interval, quantity, add-on or coupon is not in the catalog.
        """
        day = on or self._clock().astimezone(zone_info(order.account.zone)).date()
        plan = self._version_sold(order.plan, day)
        sale = _Sale(order=order, on=day, taxes=self._taxes)
        if (
            plan.trial is not None
            and plan.trial.card
            and order.payment.kind is not PaymentKind.CARD
        ):
            raise NotSoldError("payment.kind", order.payment.kind.value, ["card"])
        plan_charge = sale.charge(plan, order.quantity, at="")
        add_ons = tuple(self._add_ons_of(plan, order))
        bought = PlanTerms(
            plan=plan.id,
            version=plan.version,
            name=plan.name,
            interval=order.interval,
            currency=order.currency,
            quantity=order.quantity,
            charges=(plan_charge, *sale.add_on_charges(add_ons)),
            features=_features([(plan, order.quantity), *add_ons]),
            one_off=tuple(sale.one_off(item) for item in plan.one_off),
            discounts=tuple(self._discounts_of(plan, order.currency, (*order.coupons, *coupons))),
            trial=None if plan.trial is None else plan.trial.value(),
        )
        return self._with_settings(bought)

    def policy_of(self, order: Order) -> SubscriptionPolicy:  # noqa: ARG002 - one policy for all so far
        """Return the subscription policy that applies to this order."""
        return self._policy

    def _with_settings(self, terms: PlanTerms) -> PlanTerms:
        proration, tax = self._document.proration, self._document.tax
        return replace(
            terms,
            alignment=proration.alignment,
            proration=proration.value(),
            on_change=proration.on_change,
            tax_mode=tax.prices,
            tax_scope=tax.rounding,
        )

    def _version_sold(self, plan: str, on: date) -> PlanEntry:
        by_version = {each.version: each for each in self._document.plans if each.id == plan}
        sold = version_on_sale([each.value() for each in by_version.values()], on)
        if sold is None:
            raise NotSoldError("plan", plan, self.plan_ids)
        return by_version[sold.version]

    def _add_ons_of(self, plan: PlanEntry, order: Order) -> Iterator[tuple[AddOnEntry, int]]:
        for number, item in enumerate(order.add_ons):
            if item.price_of not in plan.add_ons:
                raise NotSoldError(
                    f"add_ons.{number}.price_of", item.price_of, plan.add_ons or ["no add-ons"]
                )
            yield self._add_ons[item.price_of], item.quantity

    def _discounts_of(
        self, plan: PlanEntry, currency: str, coupons: Sequence[str]
    ) -> Iterator[Discount]:
        # An amount off exists in one currency: elsewhere nobody gets it, and nobody is promised it.
        allowed = [name for name in plan.coupons if self._is_given_in(name, currency)]
        for number, coupon in enumerate(coupons):
            if coupon not in allowed:
                raise NotSoldError(f"coupons.{number}", coupon, allowed or ["no coupons"])
        for name in dict.fromkeys([*plan.discounts, *coupons]):
            if self._is_given_in(name, currency):
                yield self._discounts[name]

    def _is_given_in(self, discount: str, currency: str) -> bool:
        off = self._discounts[discount].amount
        return off is None or off.currency == currency


@dataclass(frozen=True, kw_only=True, slots=True)
class _Sale:
    """What prices and taxes of one order depend on."""

    order: Order
    on: date
    taxes: TaxRates

    def charge(self, entry: AddOnEntry, quantity: int, *, at: str) -> Charge:
        if not 1 <= quantity <= entry.max_quantity:
            raise NotSoldError(f"{at}quantity", str(quantity), [f"1 to {entry.max_quantity}"])
        price = _price_of(entry, self.order, at)
        return self._charged(entry, price.value(), quantity)

    def add_on_charges(self, bought: Sequence[tuple[AddOnEntry, int]]) -> Iterator[Charge]:
        for number, (add_on, quantity) in enumerate(bought):
            yield self.charge(add_on, quantity, at=f"add_ons.{number}.")

    def one_off(self, item: OneOffEntry) -> Charge:
        price = next(each for each in item.prices if each.currency == self.order.currency)
        return self._charged(item, price.value(), self.order.quantity if item.per_unit else 1)

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


def _features(bought: Sequence[tuple[AddOnEntry, int]]) -> tuple[FeatureQuantity, ...]:
    """Return one entry per feature: limits of plan and add-ons add up."""
    limits: dict[str, int] = {}
    for entry, quantity in bought:
        for feature in entry.features:
            granted = feature.for_quantity(quantity)
            limits[granted.key] = limits.get(granted.key, 0) + granted.quantity
    return tuple(FeatureQuantity(key=key, quantity=limit) for key, limit in limits.items())


def _unique(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))
