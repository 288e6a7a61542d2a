"""The catalog and policy files, and the terms that an order gets from them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Self

from config.catalog_lock import check_lock
from config.catalog_plans import AddOnEntry, CatalogDocument, PlanEntry
from config.catalog_renewal import RenewalTerms, order_behind
from config.catalog_sale import NotSoldError, Sale, features_of
from config.catalog_taxes import check_tax_codes, read_rates
from config.clock import utc_now
from config.files import FileError, file_name, read_model
from config.policy_file import Seller, read_policies, read_seller
from domain.collection.policy import SubscriptionPolicy
from domain.parties.accounts import AccountProfile
from domain.parties.orders import Order, PaymentKind
from domain.periods.periods import zone_info
from domain.pricing.discounts import Discount
from domain.pricing.plan_versions import version_on_sale
from domain.pricing.tax_rules import RateTable
from domain.pricing.terms import PlanTerms

__all__ = ["CatalogFile", "NotSoldError"]


class CatalogFile:
    """The plans and policies of this process; implements the port `activities.ports.Catalog`.

    Args:
        document: A consistent catalog.
        policy: The subscription policy.
        taxes: The tax rates.
        seller: Our company.
        clock: Returns the current instant, which decides the version that is sold.
    """

    def __init__(
        self,
        document: CatalogDocument,
        policy: SubscriptionPolicy,
        taxes: RateTable,
        seller: Seller,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.seller = seller
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
        """Return the catalog and policies of these files; a file that is not named is the shipped one.

        Raises:
            config.files.FileError: A file cannot be used.
        """
        document = read_model(CatalogDocument, catalog, default="catalog.toml")
        if catalog is not None:
            check_lock(document.plans, catalog)
        name = file_name(catalog, default="catalog.toml")
        taxes = read_rates(document.tax, catalog, name=name)
        check_tax_codes(document.tax_codes, taxes, name=name)
        return cls(document, read_policies(policies), taxes, read_seller(policies), clock)

    def check_seller(self) -> None:
        """Check that the seller has what the tax settings require on invoices; called before the first sale.

        Raises:
            FileError: The seller's country differs from the tax settings, or its VAT id is missing.
        """
        tax = self._document.tax
        if tax.seller_country not in {None, self.seller.party.country}:
            raise FileError(
                f"policies: seller.country = {self.seller.party.country!r}, but the catalog says "
                f"tax.seller_country = {tax.seller_country!r}"
            )
        if self.seller.party.vat_id is None and self._taxes.may_reverse_charge():
            raise FileError(
                "policies: seller.vat_id is missing: buyers in other EU countries may owe the tax themselves"
            )

    @property
    def plan_ids(self) -> tuple[str, ...]:
        """The plans that are sold, in the order of the file."""
        return tuple(dict.fromkeys(plan.id for plan in self._document.plans))

    def terms_of(
        self,
        order: Order,
        *,
        on: date | None = None,
        coupons: Sequence[str] = (),
        version: int | None = None,
    ) -> PlanTerms:
        """Return the terms that this order buys.

        Args:
            order: The order.
            on: Local date of the sale; today if it is left out.
            coupons: Coupons in addition to those of the order and the discounts that every sale gets.
            version: Version of the plan that the account already has; the one on sale if left out.

        Raises:
            NotSoldError: Plan, currency, interval, quantity, add-on or coupon is not in the catalog.
        """
        day = on or self._clock().astimezone(zone_info(order.account.zone)).date()
        plan = self._version_sold(order.plan, day, version)
        sale = Sale(order=order, on=day, taxes=self._taxes)
        _require_card(plan, order)
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
            features=features_of([(plan, order.quantity), *add_ons]),
            one_off=tuple(sale.one_off(item) for item in plan.one_off),
            discounts=tuple(self._discounts_of(plan, order.currency, (*order.coupons, *coupons))),
            trial=None if plan.trial is None else plan.trial.value(),
        )
        return self._with_settings(bought)

    def terms_for_period(self, terms: PlanTerms, account: AccountProfile, *, on: date) -> PlanTerms:
        """Return the terms that an existing subscription pays in its period that begins on a day.

        A new version of its plan counts if it applies to existing subscriptions by then and sells
        the same interval, currency and quantity. Add-ons and discounts stay as they were bought.
        Tax rates are those of the day.

        Args:
            terms: The terms so far.
            account: The account that pays.
            on: Local date on which the period begins.
        """
        renewal = RenewalTerms(
            versions={each.version: each for each in self._versions_of(terms.plan)},
            add_ons=self._add_ons,
            sale=Sale(order=order_behind(terms, account), on=on, taxes=self._taxes),
        )
        return renewal.of(terms)

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

    def _versions_of(self, plan: str) -> list[PlanEntry]:
        return [each for each in self._document.plans if each.id == plan]

    def _version_sold(self, plan: str, on: date, version: int | None) -> PlanEntry:
        by_version = {each.version: each for each in self._versions_of(plan)}
        if version is not None and version in by_version:
            return by_version[version]
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
            if item.price_of in [earlier.price_of for earlier in order.add_ons[:number]]:
                # Two lines of one add-on could exceed its maximum quantity.
                raise NotSoldError(
                    f"add_ons.{number}.price_of", item.price_of, ["each add-on once"]
                )
            yield self._add_ons[item.price_of], item.quantity

    def _discounts_of(
        self, plan: PlanEntry, currency: str, coupons: Sequence[str]
    ) -> Iterator[Discount]:
        # An amount off exists in one currency only: a sale in another currency does not offer or give it.
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


def _require_card(plan: PlanEntry, order: Order) -> None:
    needs_card = plan.trial is not None and plan.trial.card
    if needs_card and order.payment.kind is not PaymentKind.CARD:
        raise NotSoldError("payment.kind", order.payment.kind.value, ["card"])
